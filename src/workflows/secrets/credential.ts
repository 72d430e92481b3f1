import { KastellanError } from '../../domain/errors.ts';
import { keyToRemove } from '../../domain/secrets/rotation-plan.ts';
import { credentialSecretName, nextSecretName, previousSecretName } from '../../domain/setup/naming.ts';
import { type Step, type StepRun, textFrom } from '../requests/step.ts';
import { untilAccepted } from '../setup/acceptance.ts';
import { findApplication, issueSecret, withdrawSecret } from '../setup/credential.ts';
import { required } from '../setup/groups.ts';
import type { SetupJob } from '../setup/systems.ts';
import { holdsOwn } from './observe.ts';

/**
 * Adds a client secret in Entra and lays it down beside the one in use, where K10 does not look.
 * Its work throws KastellanError `rotation.secret-in-use`.
 */
export function newSecretStep(job: SetupJob): Step {
  const { cluster } = job.systems;
  const { release } = job.spec;
  const next = nextSecretName(release);
  return {
    name: 'credential',
    title: 'New client secret',
    needs: [],
    async apply(run) {
      const application = await findApplication(job);
      await run.remember({ clientId: application.clientId });
      const waiting = await cluster.readCredential(next);
      if (waiting === undefined || !holdsOwn(job, application, waiting)) {
        await issueSecret(job, run, application, next);
        return undefined;
      }
      // An interrupted run has laid it down already.
      const endsAt = application.secrets.find(({ keyId }) => keyId === waiting.keyId)?.endsAt ?? '';
      await run.remember({ keyId: waiting.keyId ?? '', endsAt });
      return undefined;
    },
    async undo(run) {
      const keyId = textFrom(run.recall('keyId'));
      const [inUse, waiting] = await Promise.all([
        cluster.readCredential(credentialSecretName(release)),
        cluster.readCredential(next),
      ]);
      if (keyId !== undefined && inUse?.keyId === keyId) throw stillInUse(credentialSecretName(release));
      await withdrawSecret(job);
      if (waiting !== undefined && (keyId === undefined || waiting.keyId === keyId))
        await cluster.deleteCredential(next);
      return 'removed';
    },
  };
}

/** Waits until Entra takes the new secret, before K10 sees it. */
export function newAcceptanceStep(job: SetupJob): Step {
  return {
    name: 'acceptance',
    title: 'Accepted by Entra',
    needs: ['credential'],
    apply: (run) =>
      untilAccepted(job, run, required(run, 'credential', 'clientId'), nextSecretName(job.spec.release)),
  };
}

/**
 * Removes the old secret, by the key ID that people approved and no other; there is no way back after that.
 * Its work throws KastellanError `rotation.secret-changed`.
 */
export function oldSecretStep(job: SetupJob): Step {
  const { cluster, directory } = job.systems;
  const { release } = job.spec;
  return {
    name: 'retire',
    title: 'Old client secret',
    needs: ['proof'],
    async apply(run) {
      const inUse = await cluster.readCredential(credentialSecretName(release));
      const newKey = newKeyOf(run);
      if (inUse?.keyId !== newKey) throw changedMeanwhile(credentialSecretName(release));
      const oldKey = job.request.plan === undefined ? undefined : keyToRemove(job.request.plan);
      if (oldKey !== undefined && oldKey !== newKey) {
        const application = await findApplication(job);
        await directory.removeSecret(application.objectId, oldKey);
      }
      await cluster.deleteCredential(previousSecretName(release));
      await cluster.deleteCredential(nextSecretName(release));
      return oldKey === undefined ? 'none that Kastellan may remove' : 'removed';
    },
  };
}

/** The key ID of the new secret. */
export function newKeyOf(run: StepRun): string {
  return required(run, 'credential', 'keyId');
}

function stillInUse(secretName: string): KastellanError {
  return new KastellanError({
    code: 'rotation.secret-in-use',
    message: `The Kubernetes Secret ${secretName} still holds the new client secret, so that one stays in Entra.`,
    hint: 'Ask for another rotation with /kasten rotate: it replaces this one.',
  });
}

function changedMeanwhile(secretName: string): KastellanError {
  return new KastellanError({
    code: 'rotation.secret-changed',
    message: `Somebody changed the Kubernetes Secret ${secretName} meanwhile, so no client secret was removed.`,
    hint: 'Look who writes to it. Roll back, or ask anew with /kasten rotate.',
  });
}
