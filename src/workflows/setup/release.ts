import { authAbilities, authDifferences, withSignIn } from '../../domain/auth-values.ts';
import { asKastellanError, KastellanError, LATER } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { credentialSecretName } from '../../domain/naming.ts';
import type { DeploymentState, InstalledRelease } from '../../ports.ts';
import { type Step, type StepRun, textFrom } from '../step.ts';
import { clientIdOf } from './credential.ts';
import { likelyCause } from './likely-cause.ts';
import type { SetupJob } from './systems.ts';

/**
 * `helm upgrade` at the installed chart version with nothing changed but `auth`. An upgrade that fails is taken back at
 * once, so that the dashboard works as before, and says in K10's own words why it failed.
 */
export function releaseStep(job: SetupJob): Step {
  const { releases, cluster, upgradeTimeout } = job.systems;
  return {
    name: 'release',
    title: 'Helm upgrade',
    needs: ['acceptance', ...job.spec.levels.map(({ level }) => `bindings:${level}`)],
    async apply(run) {
      if ((await cluster.findKeeper()) !== undefined) return 'left to the one who keeps the release';
      const installed = await unlocked(job, run, await requireRelease(job));
      const values = await releases.userValues();
      const planned = await plannedValues(job, clientIdOf(run), values);
      if (authDifferences(values, planned).length === 0 && installed.status === 'deployed') {
        return restartIfNew(job, run, installed.revision);
      }
      if (typeof run.recall('before') !== 'number') await run.remember({ before: installed.revision });
      await run.remember({ upgrading: installed.revision + 1 });
      const { revision } = await watching(job, run, () =>
        releases.upgrade({
          chartVersion: installed.chartVersion,
          values: planned,
          timeoutMs: upgradeTimeout,
          signal: run.signal,
        }),
      ).catch((thrown: unknown) => takeBack(job, run, thrown));
      return `revision ${revision}`;
    },
    async undo(run) {
      const before = run.recall('before');
      if (typeof before !== 'number') return 'was not changed';
      // A pending revision of ours is what Helm has to go back from: without it, Helm would not know what to take away.
      const installed = notSomebodyElses(job, run, await requireRelease(job));
      const [now, then] = await Promise.all([releases.userValues(), releases.userValues(before)]);
      if (authDifferences(now, then).length === 0 && installed.status === 'deployed')
        return `as revision ${before}`;
      const isOurs = installed.revision === run.recall('upgrading');
      await run.remember({ upgrading: installed.revision + 1 });
      const back = isOurs
        ? () => releases.rollback(before, upgradeTimeout)
        : () =>
            // Going back to the revision would throw away what others changed since.
            releases.upgrade({
              chartVersion: installed.chartVersion,
              values: withAuthOf(now, then),
              timeoutMs: upgradeTimeout,
              signal: run.signal,
            });
      const { revision } = await watching(job, run, back);
      return `${isOurs ? '' : 'auth '}as revision ${before}, now ${revision}`;
    },
  };
}

// Helm restarts nothing when only the content of the named Secret is new.
async function restartIfNew(job: SetupJob, run: StepRun, revision: number): Promise<string> {
  const keyId = textFrom(run.recallFrom('credential', 'keyId'));
  const isNew = run.recallFrom('credential', 'adding') === true && run.recall('upgrading') !== revision;
  if (!isNew || keyId === undefined) return `revision ${revision}`;
  const names = await job.systems.cluster.restartReaders(credentialSecretName(job.spec.release), keyId);
  return `revision ${revision}, restarted ${names.join(', ')}`;
}

function withAuthOf(now: JsonObject, then: JsonObject): JsonObject {
  const { auth: _ours, ...others } = now;
  return then['auth'] === undefined ? others : { ...others, auth: then['auth'] };
}

async function requireRelease(job: SetupJob): Promise<InstalledRelease> {
  const installed = await job.systems.releases.find();
  if (installed !== undefined) return installed;
  throw new KastellanError({
    code: 'setup.release-missing',
    message: `The Helm release ${job.spec.release} is not there any more.`,
    hint: 'Somebody uninstalled K10 meanwhile.',
  });
}

// A revision that a killed run of this very step left pending blocks Helm for ever; anybody else's is respected.
async function unlocked(job: SetupJob, run: StepRun, installed: InstalledRelease): Promise<InstalledRelease> {
  notSomebodyElses(job, run, installed);
  if (!installed.status.startsWith('pending-')) return installed;
  await job.systems.releases.clearPending(installed.revision);
  return requireRelease(job);
}

function notSomebodyElses(job: SetupJob, run: StepRun, installed: InstalledRelease): InstalledRelease {
  const isPending = installed.status.startsWith('pending-');
  if (!isPending || run.recall('upgrading') === installed.revision) return installed;
  throw new KastellanError({
    code: 'helm.locked',
    message: `Somebody else's Helm operation is under way on ${job.spec.release} (revision ${installed.revision}, ${installed.status}).`,
    hint: `If nobody is at work there: helm rollback ${job.spec.release} ${installed.revision - 1} -n ${job.spec.namespace}`,
    retry: LATER,
  });
}

/** The values K10 should have, with the credentials as this chart takes them. */
export async function plannedValues(
  job: SetupJob,
  clientId: string,
  values: JsonObject,
): Promise<JsonObject> {
  const abilities = authAbilities(await job.systems.releases.allValues());
  const secretName = credentialSecretName(job.spec.release);
  if (abilities.knowsSecretReference) {
    return withSignIn(values, job.spec, abilities, { clientSecretName: secretName });
  }
  const secret = await job.systems.cluster.readClientSecret(secretName);
  const clientSecret = secret?.reveal() ?? '';
  return withSignIn(values, job.spec, abilities, { clientID: clientId, clientSecret });
}

/** Does something long while K10's Deployments are told by name. */
async function watching<T>(job: SetupJob, run: StepRun, act: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, run.signal]);
  const watch = job.systems.cluster
    .watchDeployments((deployments) => run.report(summarise(deployments)), signal)
    // Not being able to watch must not stop what is being watched.
    .catch(() => undefined);
  try {
    return await act();
  } finally {
    over.abort();
    await watch;
  }
}

/** `gateway ready, auth-svc starting, 4 to go`. */
export function summarise(deployments: readonly DeploymentState[]): string {
  const waiting = deployments.filter(({ ready }) => !ready);
  const ready = deployments.filter((deployment) => deployment.ready);
  if (waiting.length === 0) return `all ${deployments.length} Deployments ready`;
  const named = [
    ...ready.slice(-2).map(({ name }) => `${name} ready`),
    ...waiting.slice(0, 3).map(({ name, status }) => `${name} ${status}`),
  ];
  return `${named.join(', ')}, ${waiting.length} to go`;
}

async function takeBack(job: SetupJob, run: StepRun, thrown: unknown): Promise<never> {
  run.signal.throwIfAborted();
  const error = asKastellanError(thrown);
  const { releases, cluster } = job.systems;
  const installed = await releases.find();
  const before = run.recall('before');
  const isOurs = error.code !== 'helm.locked' && installed?.revision === run.recall('upgrading');
  if (typeof before !== 'number' || installed === undefined || !isOurs) throw error;
  const stuck = (await cluster.listDeployments()).filter(({ ready }) => !ready);
  const words = await Promise.all(stuck.slice(0, 3).map(({ name }) => cluster.diagnose(name)));
  run.report(`did not succeed; going back to revision ${before}`);
  // Why the upgrade failed must not get lost behind a second failure.
  const back = await goBack(job, run, before, installed.revision).then(
    () => `Helm is back at revision ${before}; the dashboard works as before.`,
    (problem: unknown) =>
      `Going back to revision ${before} failed, too: ${asKastellanError(problem).message}`,
  );
  throw new KastellanError({
    code: error.code,
    message: `${stuck[0] === undefined ? error.message : `${stuck[0].name} did not become ready.`} ${words.join(' ')} ${back}`,
    ...hintOf(words.join(' '), error),
    cause: error,
  });
}

// After an upgrade that broke off in the middle, Helm's first way back can stumble over an object that the upgrade had
// removed already; the second finds nothing to remove any more.
async function goBack(job: SetupJob, run: StepRun, to: number, from: number): Promise<void> {
  const { releases, upgradeTimeout } = job.systems;
  const attempt = async (revision: number): Promise<void> => {
    // A rollback that is killed locks the release as an upgrade does, and has to be known as ours.
    await run.remember({ upgrading: revision });
    await releases.rollback(to, upgradeTimeout);
  };
  await attempt(from + 1).catch(() => attempt(from + 2));
}

function hintOf(words: string, { hint }: KastellanError): { hint?: string } {
  const fitting = likelyCause(words) ?? hint;
  return fitting === undefined ? {} : { hint: fitting };
}
