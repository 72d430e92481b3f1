import type { Json } from '../../domain/json.ts';
import {
  applicationKey,
  credentialSecretName,
  nextSecretName,
  previousSecretName,
  type RoleName,
} from '../../domain/setup/naming.ts';
import { ownSecrets, removalDecision } from '../../domain/teardown/entra-removals.ts';
import { type Step, type StepRun, textFrom } from '../requests/step.ts';
import { credentialStep } from '../setup/credential.ts';
import { listK10Bindings, readOwnCredential } from './observe.ts';
import { setupOf, type TeardownJob } from './systems.ts';

/** Deletes the bindings that Kastellan made to K10's roles; any other stays. */
export function bindingsStep(job: TeardownJob): Step {
  const { cluster } = job.systems;
  return {
    name: 'bindings',
    title: 'Bindings',
    // The end of a grant may empty a binding: one that is deleted meanwhile would be made anew by that.
    needs: ['grants'],
    async apply(run) {
      const ours = (await listK10Bindings(job)).filter(({ managedByKastellan }) => managedByKastellan);
      const known = deletedBefore(run);
      const all = [
        ...known,
        ...ours.filter(
          (one) => !known.some((other) => other.name === one.name && other.role.kind === one.role.kind),
        ),
      ];
      await run.remember({
        deleted: all.map(({ name, role, groups }) => ({ name, role: { ...role }, groups })),
      });
      for (const { name, role } of ours) await cluster.deleteBinding(name, role);
      return all.length === 0 ? 'there were none' : all.map(({ name }) => name).join(', ');
    },
    async undo(run) {
      const deleted = deletedBefore(run);
      for (const { name, role, groups } of deleted) {
        const [group] = groups;
        // A binding that was suspended before is suspended again.
        if (group === undefined) await cluster.suspendBinding(name, role);
        else await cluster.applyBinding(name, role, group);
      }
      return deleted.length === 0 ? 'none was deleted' : `${deleted.length} are there again`;
    },
  };
}

interface Deleted {
  readonly name: string;
  readonly role: RoleName;
  readonly groups: readonly string[];
}

// Written by this very step, so its shape is known.
function deletedBefore(run: StepRun): Deleted[] {
  const deleted: Json | undefined = run.recall('deleted');
  return Array.isArray(deleted) ? (deleted as unknown as Deleted[]) : [];
}

/**
 * Deletes the Kubernetes Secret, and the client secret where its application stays: with its application it goes by
 * itself. Nobody can read a client secret again, so the way back makes a new one.
 */
export function credentialRemovalStep(job: TeardownJob): Step {
  const { cluster, directory } = job.systems;
  const secretName = credentialSecretName(job.spec.setup.release);
  const findApplication = () => directory.findApplication(applicationKey(job.request.cluster));
  return {
    name: 'credential',
    title: `Kubernetes Secret ${secretName}`,
    needs: ['rollout'],
    async apply(run) {
      const [application, stored] = await Promise.all([findApplication(), readOwnCredential(job)]);
      if (stored !== undefined) {
        await run.remember({ had: true, ...(stored.keyId !== undefined && { hadKeyId: stored.keyId }) });
        await cluster.deleteCredential(secretName);
      }
      // What a rotation that never came to its end has laid down beside it.
      const { release } = job.spec.setup;
      for (const name of [nextSecretName(release), previousSecretName(release)])
        await cluster.deleteCredential(name);
      if (
        application === undefined ||
        removalDecision(job.request.cluster, job.spec, application) === 'removed'
      )
        return stored === undefined ? 'was not there' : undefined;
      const keyId = textFrom(run.recall('hadKeyId'));
      for (const secret of ownSecrets(job.request.cluster, application, keyId))
        await directory.removeSecret(application.objectId, secret.keyId);
      return 'removed in Entra, too';
    },
    async undo(run) {
      if (run.recall('had') !== true) return 'was not there';
      await credentialStep(setupOf(job)).apply(run);
      const [application, old] = [await findApplication(), textFrom(run.recall('hadKeyId'))];
      if (application !== undefined && old !== undefined && old !== run.recall('keyId'))
        await directory.removeSecret(application.objectId, old);
      return 'there again, with a new client secret';
    },
  };
}
