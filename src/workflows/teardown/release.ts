import { isJsonObject, type JsonObject, objectAt } from '../../domain/json.ts';
import { usesApplication, withoutSignIn } from '../../domain/setup/auth-before.ts';
import { applicationKey, credentialSecretName } from '../../domain/setup/naming.ts';
import { changeAuth, undoAuthChange } from '../release/change-auth.ts';
import type { ReleaseWork } from '../release/release-work.ts';
import type { Step } from '../requests/step.ts';
import { workOn as workOnSetup } from '../setup/release.ts';
import { valuesBefore } from './observe.ts';
import { setupOf, type TeardownJob } from './systems.ts';

/** Lets K10 sign people in as it did before set-up. */
export function releaseStep(job: TeardownJob): Step {
  const { releases, cluster } = job.systems;
  return {
    name: 'release',
    title: 'Helm upgrade',
    needs: [],
    async apply(run) {
      if ((await cluster.findReleaseManager()) !== undefined) return 'left to the one who keeps the release';
      if ((await releases.find()) === undefined) return 'K10 is not there any more';
      return changeAuth(workOn(job), run, {
        wanted: (values) => restoredValues(job, values),
        unchanged: async (revision) => `revision ${revision}`,
      });
    },
    undo: (run) => undoAuthChange(workOn(job), run, { mend: (values) => withCurrentSecret(job, values) }),
  };
}

function workOn(job: TeardownJob): ReleaseWork {
  return workOnSetup(setupOf(job));
}

// Values that do not name Kastellan's application stay as they are.
async function restoredValues(job: TeardownJob, values: JsonObject): Promise<JsonObject> {
  const { spec, systems, request } = job;
  const application = await systems.directory.findApplication(applicationKey(request.cluster));
  const secretName = credentialSecretName(spec.setup.release);
  if (!usesApplication(values, { clientId: application?.clientId, secretName })) return values;
  return withoutSignIn(values, spec.before, await valuesBefore(job)).values;
}

// Where the chart wants the secret in its values, the one of then is gone by now: going back made a new one.
async function withCurrentSecret({ spec, systems }: TeardownJob, values: JsonObject): Promise<JsonObject> {
  const auth = objectAt(values, 'auth');
  const { oidcAuth } = auth;
  if (!isJsonObject(oidcAuth) || typeof oidcAuth['clientSecret'] !== 'string') return values;
  const secret = await systems.cluster.readClientSecret(credentialSecretName(spec.setup.release));
  if (secret === undefined) return values;
  return { ...values, auth: { ...auth, oidcAuth: { ...oidcAuth, clientSecret: secret.reveal() } } };
}
