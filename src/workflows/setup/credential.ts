import { setTimeout as sleep } from 'node:timers/promises';
import { KastellanError, LATER } from '../../domain/errors.ts';
import { applicationKey, credentialDisplayName, credentialSecretName } from '../../domain/naming.ts';
import type { Secret } from '../../domain/secret.ts';
import type { ObservedApplication, ObservedSecret } from '../../domain/setup.ts';
import { secretEnd, secretLifetimeDays } from '../../domain/setup-plan.ts';
import { type Step, type StepRun, textFrom } from '../step.ts';
import { required } from './groups.ts';
import type { SetupJob } from './systems.ts';

// Entra's sign-in service learns of a new secret within seconds; four minutes is far beyond what was ever seen.
const ACCEPTANCE_POLLS = 120;
const POLL_MS = 2_000;

/**
 * Adds a client secret in Entra and writes it to the Kubernetes Secret, in one step: Entra shows the value once only,
 * so a secret whose value did not reach the cluster is removed by its key id and made anew.
 */
export function credentialStep(job: SetupJob): Step {
  const { directory, cluster } = job.systems;
  const secretName = credentialSecretName(job.spec.release);
  const displayName = credentialDisplayName(job.request.cluster, job.request.id);
  return {
    name: 'credential',
    title: 'Client secret',
    needs: ['service-principal'],
    async apply(run) {
      const application = await findApplication(job);
      const inUse = await usableSecret(job, application);
      if (inUse === undefined) {
        await removeOrphans(job, application, displayName);
        await issueSecret(job, run, application, displayName);
      } else {
        await run.remember({ keyId: inUse.keyId, endsAt: inUse.endsAt });
      }
      return waitUntilAccepted(job, run, application.clientId);
    },
    async undo(run) {
      if (run.recall('adding') !== true) return 'was there before, stays';
      const application = await directory.findApplication(applicationKey(job.request.cluster));
      if (application !== undefined) await removeOrphans(job, application, displayName);
      if (run.recall('overwritten') === true)
        return 'removed; the Kubernetes Secret held one that was of no use before';
      await cluster.deleteCredential(secretName);
      return 'removed';
    },
  };
}

async function findApplication(job: SetupJob): Promise<ObservedApplication> {
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
  const stored = await job.systems.cluster.readCredential(credentialSecretName(job.spec.release));
  if (stored === undefined || !stored.hasSecret || stored.clientId !== application.clientId) return undefined;
  const secret = application.secrets.find(({ keyId }) => keyId === stored.keyId);
  return secret !== undefined && Date.parse(secret.endsAt) > job.systems.clock.now().getTime()
    ? secret
    : undefined;
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

async function issueSecret(
  job: SetupJob,
  run: StepRun,
  application: ObservedApplication,
  displayName: string,
): Promise<void> {
  const { directory, cluster, clock } = job.systems;
  const secretName = credentialSecretName(job.spec.release);
  const overwritten =
    (await cluster.readCredential(secretName)) !== undefined && run.recall('adding') !== true;
  const policy = await directory.secretPolicy();
  const days = secretLifetimeDays(job.spec, { secretPolicy: policy });
  await run.remember({ adding: true, ...(overwritten && { overwritten: true }) });
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

async function waitUntilAccepted(job: SetupJob, run: StepRun, clientId: string): Promise<string> {
  const secret = await storedSecret(job);
  const began = job.systems.clock.now().getTime();
  for (let poll = 0; poll < ACCEPTANCE_POLLS; poll += 1) {
    const answer = await job.systems.signIn.tryClientSecret(job.spec.providerUrl, clientId, secret);
    const seconds = Math.round((job.systems.clock.now().getTime() - began) / 1_000);
    if (answer.accepted) return seconds < 1 ? 'accepted by Entra' : `accepted by Entra after ${seconds} s`;
    run.report(`Entra does not accept it yet (${answer.code}), ${seconds} s`);
    await sleep(POLL_MS, undefined, { signal: run.signal });
  }
  throw new KastellanError({
    code: 'setup.secret-not-accepted',
    message: 'Entra did not accept the new client secret within four minutes.',
    hint: 'Entra sometimes needs longer: retry from here in a few minutes.',
  });
}

async function storedSecret(job: SetupJob): Promise<Secret> {
  const secret = await job.systems.cluster.readClientSecret(credentialSecretName(job.spec.release));
  if (secret !== undefined) return secret;
  throw new KastellanError({
    code: 'setup.credential-missing',
    message: `The Kubernetes Secret ${credentialSecretName(job.spec.release)} is not there any more.`,
    hint: 'Somebody deleted it meanwhile; retry from here makes a new one.',
    retry: LATER,
  });
}

/** ISO time at which the secret ends that the credential step found or made. */
export function secretEndOf(run: StepRun): string | undefined {
  return textFrom(run.recallFrom('credential', 'endsAt'));
}

/** The application's client ID. */
export function clientIdOf(run: StepRun): string {
  return required(run, 'application', 'clientId');
}
