import { asKastellanError, KastellanError, LATER } from '../../domain/errors.ts';
import { applicationKey, credentialDisplayName, credentialSecretName } from '../../domain/setup/naming.ts';
import type { ObservedApplication, ObservedSecret } from '../../domain/setup/setup.ts';
import { secretEnd, secretInUse, secretLifetimeDays } from '../../domain/setup/setup-plan.ts';
import type { Step, StepRun } from '../requests/step.ts';
import { required } from './groups.ts';
import type { SetupJob } from './systems.ts';

/**
 * Adds a client secret in Entra and writes it to the Kubernetes Secret, in one step: Entra shows the value once only,
 * so a secret whose value did not reach the cluster is removed by its key id and made anew.
 * Its work throws KastellanError `setup.application-missing`.
 */
export function credentialStep(job: SetupJob): Step {
  const { cluster } = job.systems;
  const secretName = credentialSecretName(job.spec.release);
  return {
    name: 'credential',
    title: `Kubernetes Secret ${secretName}`,
    needs: ['application'],
    async apply(run) {
      const application = await findApplication(job);
      const inUse = await usableSecret(job, application);
      if (inUse === undefined) {
        const overwritten = await isOverwriting(job, run, secretName);
        await run.remember({ adding: true, ...(overwritten && { overwritten: true }) });
        await issueSecret(job, run, application, secretName);
      } else {
        await run.remember({ keyId: inUse.keyId, endsAt: inUse.endsAt });
      }
      return undefined;
    },
    async undo(run) {
      if (run.recall('adding') !== true) return 'was there before, stays';
      const overwritten = run.recall('overwritten') === true;
      if (!overwritten) await cluster.deleteCredential(secretName);
      await withdrawSecret(job);
      return overwritten ? 'removed; the Kubernetes Secret held one that was of no use before' : 'removed';
    },
  };
}

/**
 * Removes from Entra what `issueSecret` added for this request, and nothing else.
 * @throws KastellanError which names what is still there: the step is named after the Kubernetes Secret
 */
export async function withdrawSecret(job: SetupJob): Promise<void> {
  const { directory } = job.systems;
  const displayName = credentialDisplayName(job.request.cluster, job.request.id);
  try {
    const application = await directory.findApplication(applicationKey(job.request.cluster));
    if (application !== undefined) await removeOrphans(job, application, displayName);
  } catch (thrown) {
    const { code, message, hint, retry } = asKastellanError(thrown);
    throw new KastellanError({
      code,
      message: `The client secret ${displayName} is still in Entra. ${message}`,
      ...(hint !== undefined && { hint }),
      retry,
      cause: thrown,
    });
  }
}

/**
 * The cluster's app registration.
 * @throws KastellanError `setup.application-missing`
 */
export async function findApplication(job: SetupJob): Promise<ObservedApplication> {
  const application = await job.systems.directory.findApplication(applicationKey(job.request.cluster));
  if (application !== undefined) return application;
  throw new KastellanError({
    code: 'setup.application-missing',
    message: 'The app registration cannot be read back from Entra yet.',
    hint: 'Entra shows new objects after a while; somebody may also have deleted it.',
    retry: LATER,
  });
}

async function usableSecret(
  job: SetupJob,
  application: ObservedApplication,
): Promise<ObservedSecret | undefined> {
  const credential = await job.systems.cluster.readCredential(credentialSecretName(job.spec.release));
  return secretInUse({ application, credential }, job.systems.clock.now());
}

// Only secrets that this very request named: whatever else the application has belongs to somebody else.
async function removeOrphans(
  job: SetupJob,
  application: ObservedApplication,
  displayName: string,
): Promise<void> {
  for (const secret of application.secrets.filter((candidate) => candidate.displayName === displayName)) {
    await job.systems.directory.removeSecret(application.objectId, secret.keyId);
  }
}

async function isOverwriting(job: SetupJob, run: StepRun, secretName: string): Promise<boolean> {
  return (
    run.recall('adding') !== true && (await job.systems.cluster.readCredential(secretName)) !== undefined
  );
}

/**
 * Adds a client secret in Entra, named after this request, and writes it to a Kubernetes Secret. What an interrupted run
 * has added is removed first: nobody knows its value any more. Remembers `keyId` and `endsAt`.
 */
export async function issueSecret(
  job: SetupJob,
  run: StepRun,
  application: ObservedApplication,
  secretName: string,
): Promise<void> {
  const { directory, cluster, clock } = job.systems;
  const displayName = credentialDisplayName(job.request.cluster, job.request.id);
  const [policy] = await Promise.all([
    directory.secretPolicy(application.objectId),
    removeOrphans(job, application, displayName),
  ]);
  const days = secretLifetimeDays(job.spec, { secretPolicy: policy });
  const made = await directory.addSecret(application.objectId, {
    displayName,
    endsAt: secretEnd(clock.now(), days),
  });
  await cluster.writeCredential(secretName, {
    clientId: application.clientId,
    keyId: made.keyId,
    endsAt: made.endsAt,
    secret: made.secret,
  });
  await run.remember({ keyId: made.keyId, endsAt: made.endsAt });
}

/** The application's client ID. */
export function clientIdOf(run: StepRun): string {
  return required(run, 'application', 'clientId');
}
