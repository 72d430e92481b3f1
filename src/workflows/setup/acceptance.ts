import { setTimeout as sleep } from 'node:timers/promises';
import { KastellanError } from '../../domain/errors.ts';
import type { Secret } from '../../domain/secret.ts';
import { credentialSecretName } from '../../domain/setup/naming.ts';
import type { Step, StepRun } from '../requests/step.ts';
import { clientIdOf } from './credential.ts';
import type { SetupJob } from './systems.ts';

// Entra's sign-in service learns of a new secret within seconds; four minutes is far beyond what was ever seen.
const PATIENCE_MS = 240_000;
const POLL_MS = 1_000;

/**
 * Waits until Entra takes the client secret, so that K10 is not restarted with one that signs nobody in. Entra takes
 * none before the enterprise application is there; making both goes on side by side.
 * Its work throws KastellanError `setup.credential-missing`, `setup.secret-not-accepted`.
 */
export function acceptanceStep(job: SetupJob): Step {
  return {
    name: 'acceptance',
    title: 'Client secret',
    needs: ['credential', 'service-principal'],
    apply: (run) => untilAccepted(job, run, clientIdOf(run), credentialSecretName(job.spec.release)),
  };
}

/**
 * Waits until Entra takes the client secret that a Kubernetes Secret holds.
 * @returns how long that took, in words
 * @throws KastellanError `setup.secret-not-accepted`, `setup.credential-missing`
 */
export async function untilAccepted(
  job: SetupJob,
  run: StepRun,
  clientId: string,
  secretName: string,
): Promise<string> {
  const { signIn, clock } = job.systems;
  const secret = await storedSecret(job, secretName);
  const began = clock.now().getTime();
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += POLL_MS) {
    const answer = await signIn.tryClientSecret(job.spec.providerUrl, clientId, secret);
    const seconds = Math.round((clock.now().getTime() - began) / 1_000);
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

async function storedSecret(job: SetupJob, name: string): Promise<Secret> {
  const secret = await job.systems.cluster.readClientSecret(name);
  if (secret !== undefined) return secret;
  throw new KastellanError({
    code: 'setup.credential-missing',
    message: `The Kubernetes Secret ${name} is not there any more.`,
    hint: 'Somebody deleted it meanwhile. Roll back and ask anew: that makes a new one.',
  });
}
