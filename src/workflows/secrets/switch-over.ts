import { asKastellanError, KastellanError } from '../../domain/errors.ts';
import { type JsonObject, objectAt } from '../../domain/json.ts';
import { credentialSecretName, nextSecretName, previousSecretName } from '../../domain/setup/naming.ts';
import type { ObservedCredential } from '../../domain/setup/setup.ts';
import { changeAuth, undoAuthChange } from '../release/change-auth.ts';
import { untilReady } from '../release/rollout.ts';
import type { Step, StepRun } from '../requests/step.ts';
import { findApplication } from '../setup/credential.ts';
import { required } from '../setup/groups.ts';
import { workOn } from '../setup/release.ts';
import type { SetupJob } from '../setup/systems.ts';
import { newKeyOf } from './credential.ts';

/**
 * Brings the new secret to K10: into the Kubernetes Secret, and by a restart of just the Deployments that read it; or, with
 * a chart that knows no reference, into the values. What was there is kept beside it. Where K10 does not come up, the
 * old secret is put back at once.
 * Its work throws KastellanError `rotation.no-way-back`.
 */
export function switchOverStep(job: SetupJob): Step {
  return {
    name: 'switch-over',
    title: `Kubernetes Secret ${credentialSecretName(job.spec.release)} and restart`,
    needs: ['acceptance'],
    async apply(run) {
      await putIn(job, run);
      try {
        return isInline(job) ? await upgrade(job, run) : await restart(job, run, newKeyOf(run));
      } catch (thrown) {
        throw await takenBack(job, run, thrown);
      }
    },
    async undo(run) {
      await requireWayBack(job, run);
      if (isInline(job)) await undoAuthChange(workOn(job), run);
      return putBack(job, run);
    },
  };
}

async function putIn(job: SetupJob, run: StepRun): Promise<void> {
  const { cluster } = job.systems;
  const { release } = job.spec;
  const name = credentialSecretName(release);
  const current = await cluster.readCredential(name);
  if (current?.keyId === newKeyOf(run)) return;
  if (current !== undefined) await cluster.copyCredential(name, previousSecretName(release));
  await cluster.copyCredential(nextSecretName(release), name);
}

async function restart(job: SetupJob, run: StepRun, mark: string): Promise<string> {
  const names = await job.systems.cluster.restartReaders(credentialSecretName(job.spec.release), mark);
  await untilReady(job.systems, run, ({ name }) => names.includes(name));
  return `restarted ${names.join(', ')}`;
}

async function upgrade(job: SetupJob, run: StepRun): Promise<string> {
  const clientID = required(run, 'credential', 'clientId');
  const secret = await job.systems.cluster.readClientSecret(credentialSecretName(job.spec.release));
  const clientSecret = secret?.reveal() ?? '';
  const said = await changeAuth(workOn(job), run, {
    wanted: async (values) => withCredential(values, { clientID, clientSecret }),
    unchanged: async (revision) => `revision ${revision}`,
  });
  await untilReady(job.systems, run, () => true);
  return said;
}

/** The values with nothing changed but the credential that stands in them. */
export function withCredential(
  values: JsonObject,
  credential: { readonly clientID?: string; readonly clientSecret: string },
): JsonObject {
  const auth = objectAt(values, 'auth');
  return { ...values, auth: { ...auth, oidcAuth: { ...objectAt(auth, 'oidcAuth'), ...credential } } };
}

// Only a problem that no later try will mend is a reason to go back: each way costs K10 a restart.
async function takenBack(job: SetupJob, run: StepRun, thrown: unknown): Promise<KastellanError> {
  run.signal.throwIfAborted();
  const error = asKastellanError(thrown);
  if (error.retry.when === 'later') return error;
  run.report('did not succeed; putting the old secret back');
  const words = await requireWayBack(job, run)
    .then(() => putBack(job, run))
    .then(
      () => 'The old secret is in place again, and K10 works with it as before.',
      (problem: unknown) => goingBackFailed(asKastellanError(problem)),
    );
  run.signal.throwIfAborted();
  const { code, message, hint } = error;
  return new KastellanError({
    code,
    message: `${message} ${words}`,
    ...(hint !== undefined && { hint }),
    cause: error,
  });
}

function goingBackFailed({ code, message }: KastellanError): string {
  return code === 'setup.not-ready'
    ? `The old secret is in place again and good, but K10 is not ready with it either: ${message}`
    : `Putting the old secret back did not get through: ${message}`;
}

/**
 * Puts back what was there before and restarts those who may have read the new secret.
 * @returns what was done, in words
 */
async function putBack(job: SetupJob, run: StepRun): Promise<string> {
  const { cluster } = job.systems;
  const { release } = job.spec;
  const [name, previous] = [credentialSecretName(release), previousSecretName(release)];
  const newKey = newKeyOf(run);
  const [current, before] = await Promise.all([
    cluster.readCredential(name),
    cluster.readCredential(previous),
  ]);
  // The one from before is kept from just before the first change until all is as it was.
  if (before === undefined) return 'was not changed';
  if (current?.keyId === newKey) await cluster.copyCredential(previous, name);
  // A mark of its own: pods may have read the new secret without having been restarted for it.
  const said = isInline(job) ? 'put back' : await restart(job, run, `before ${newKey}`);
  await cluster.deleteCredential(previous);
  return said;
}

/** @throws KastellanError `rotation.no-way-back` where K10 has the new secret and the old one signs nobody in any more */
async function requireWayBack(job: SetupJob, run: StepRun): Promise<void> {
  const { cluster, clock } = job.systems;
  const { release } = job.spec;
  const current = await cluster.readCredential(credentialSecretName(release));
  if (current?.keyId !== newKeyOf(run)) return;
  const before = await cluster.readCredential(previousSecretName(release));
  if (before === undefined || !(await isGood(job, before, clock.now()))) {
    throw new KastellanError({
      code: 'rotation.no-way-back',
      message: 'The old client secret is gone from Entra or has ended: K10 keeps the new one.',
      hint: 'Ask for another rotation with /kasten rotate if this one must go.',
    });
  }
}

// A secret that was put in by hand has no key ID to compare with, so it is accepted.
async function isGood(job: SetupJob, { keyId }: ObservedCredential, now: Date): Promise<boolean> {
  if (keyId === undefined) return true;
  const { secrets } = await findApplication(job);
  const endsAt = secrets.find((secret) => secret.keyId === keyId)?.endsAt;
  return endsAt !== undefined && Date.parse(endsAt) > now.getTime();
}

// What people approved says how K10 gets the secret.
function isInline({ request }: SetupJob): boolean {
  return request.plan?.changes.some(({ id }) => id === 'release') ?? false;
}
