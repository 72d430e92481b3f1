import type { JsonObject } from '../../domain/json.ts';
import {
  authBefore,
  readAuthBefore,
  usesApplication,
  withoutSignIn,
} from '../../domain/setup/auth-before.ts';
import { authAbilities, withSignIn } from '../../domain/setup/auth-values.ts';
import { credentialSecretName, prefixedGroup } from '../../domain/setup/naming.ts';
import { isOtherChange } from '../../domain/setup/other-changes.ts';
import type { InstalledRelease } from '../../ports/releases.ts';
import { changeAuth, undoAuthChange } from '../release/change-auth.ts';
import type { ReleaseWork } from '../release/release-work.ts';
import { type Step, type StepRun, textFrom } from '../requests/step.ts';
import { clientIdOf } from './credential.ts';
import { type Provable, provableOf } from './provable.ts';
import type { SetupJob } from './systems.ts';

/** Tells K10 to sign people in through Entra. */
export function releaseStep(job: SetupJob): Step {
  return {
    name: 'release',
    title: 'Helm upgrade',
    needs: ['acceptance', ...job.spec.levels.map(({ level }) => `bindings:${level}`)],
    async apply(run) {
      const noted = (values: JsonObject, revision: number) => noteBefore(job, run, values, revision);
      if ((await job.systems.cluster.findReleaseManager()) !== undefined) {
        const installed = await job.systems.releases.find();
        if (installed !== undefined) await run.remember(noted(installed.values, installed.revision));
        return restartIfNew(job, run, 'left to the one who keeps the release');
      }
      return changeAuth(workOn(job), run, {
        wanted: (values, authKeys) => plannedValues(job, provableOf(job, run), { values, authKeys }),
        // Helm restarts nothing when only the content of the named Secret is new.
        unchanged: (revision) =>
          run.recall('upgrading') === revision
            ? Promise.resolve(`revision ${revision}`)
            : restartIfNew(job, run, `revision ${revision}`),
        remembers: noted,
      });
    },
    undo: (run) =>
      undoAuthChange(workOn(job), run, {
        rebuild: (now) => {
          const before = readAuthBefore(run.recall('authBefore'));
          return before && withoutSignIn(now, before, undefined);
        },
      }),
  };
}

/** The release that this is about. */
export function workOn({ request, spec: { release, namespace }, systems }: SetupJob): ReleaseWork {
  const approved = request.plan?.changes.filter(isOtherChange) ?? [];
  return { requestId: request.id, release, namespace, approved, systems };
}

// A tear-down puts it back, perhaps long after Helm has dropped the revision.
function noteBefore({ spec }: SetupJob, run: StepRun, values: JsonObject, revision: number): JsonObject {
  const ours = { clientId: clientIdOf(run), secretName: credentialSecretName(spec.release) };
  return usesApplication(values, ours) ? {} : { authBefore: { ...authBefore(values, revision) } };
}

async function restartIfNew(job: SetupJob, run: StepRun, said: string): Promise<string> {
  const keyId = textFrom(run.recallFrom('credential', 'keyId'));
  if (run.recallFrom('credential', 'adding') !== true || keyId === undefined) return said;
  const names = await job.systems.cluster.restartReaders(credentialSecretName(job.spec.release), keyId);
  return names.length === 0 ? said : `${said}, restarted ${names.join(', ')}`;
}

/** The values that K10 should have, with the credentials as this chart takes them. */
export async function plannedValues(
  job: SetupJob,
  { clientId, groupIds }: Provable,
  { values, authKeys }: Pick<InstalledRelease, 'values' | 'authKeys'>,
): Promise<JsonObject> {
  const { spec, systems } = job;
  const abilities = authAbilities(authKeys, values);
  const groups = spec.levels.map(({ level }) =>
    prefixedGroup(spec.signIn.groupPrefix, groupIds[level] ?? ''),
  );
  const secretName = credentialSecretName(spec.release);
  if (abilities.knowsSecretReference) {
    return withSignIn(values, spec, abilities, { clientSecretName: secretName }, groups);
  }
  const secret = await systems.cluster.readClientSecret(secretName);
  const clientSecret = secret?.reveal() ?? '';
  return withSignIn(values, spec, abilities, { clientID: clientId, clientSecret }, groups);
}
