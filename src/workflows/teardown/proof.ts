import { setTimeout as sleep } from 'node:timers/promises';
import { KastellanError } from '../../domain/errors.ts';
import type { Sign } from '../../domain/requests/plan.ts';
import type { Proof } from '../../domain/requests/request.ts';
import { authDifferences } from '../../domain/setup/auth-values.ts';
import {
  applicationKey,
  dashboardAddress,
  K10_ROLES,
  type K10Role,
  prefixedGroup,
  redirectUri,
} from '../../domain/setup/naming.ts';
import { type Step, type StepRun, textFrom } from '../requests/step.ts';
import { sampleRight } from '../setup/level-rights.ts';
import { proved } from '../setup/proof.ts';
import { listK10Bindings, observeGroup } from './observe.ts';
import type { TeardownJob } from './systems.ts';

// The API server learns of a deleted binding within moments; half a minute is far beyond that.
const MAX_TRIES = 30;
const POLL_MS = 1_000;

/**
 * Looks from the outside whether Kastellan's sign-in is gone: nothing is called done because an API said 204.
 * Its work throws KastellanError `teardown.not-proved`.
 */
export function proofStep(job: TeardownJob, needs: readonly string[]): Step {
  return {
    name: 'proof',
    title: 'Proof',
    needs,
    async apply(run) {
      const proofs = await proveTornDown(job, await whatWas(job, run), run.signal);
      await run.remember({ proofs: proofs.map((proof) => ({ ...proof })) });
      const failed = proofs.filter(({ holds }) => !holds);
      if (failed.length === 0) return `${proofs.length} of ${proofs.length} hold`;
      throw new KastellanError({
        code: 'teardown.not-proved',
        message: `Everything was carried out, but this does not hold: ${failed.map(({ name, detail }) => `${name} (${detail})`).join('; ')}.`,
        hint: 'Mend what is named and retry from here: only the proof runs again. Or roll back.',
      });
    },
  };
}

/** What there was before, by the ids that are needed to see that it is gone. */
interface Gone {
  readonly clientId: string | undefined;
  readonly groups: readonly {
    readonly level: string;
    readonly objectId: string;
    readonly deleted: boolean;
  }[];
}

async function whatWas(job: TeardownJob, run: StepRun): Promise<Gone> {
  const groups = job.spec.levels.map(async (level) => {
    const deleted = textFrom(run.recallFrom(`group:${level.level}`, 'groupId'));
    if (deleted !== undefined) return [{ level: level.level, objectId: deleted, deleted: true }];
    const [found] = await observeGroup(job, level);
    return found === undefined ? [] : [{ level: level.level, objectId: found.objectId, deleted: false }];
  });
  const application = await job.systems.directory.findApplication(applicationKey(job.request.cluster));
  return {
    clientId: application?.clientId ?? textFrom(run.recallFrom('application', 'clientId')),
    groups: (await Promise.all(groups)).flat(),
  };
}

async function proveTornDown(job: TeardownJob, was: Gone, signal: AbortSignal): Promise<Proof[]> {
  const inCluster = job.spec.gone === true ? [] : await proveCluster(job, was, signal);
  return Promise.all([...inCluster, ...proveEntra(job, was)]);
}

async function proveCluster(
  job: TeardownJob,
  { clientId, groups }: Gone,
  signal: AbortSignal,
): Promise<Promise<Proof>[]> {
  const { releases, cluster } = job.systems;
  const [installed, managedBy] = await Promise.all([releases.find(), cluster.findReleaseManager()]);
  const shut = job.spec.remove.includes('bindings')
    ? await Promise.all(
        groups.map(async (group) => ((await isLetInByOthers(job, group.objectId)) ? [] : [group])),
      )
    : [];
  return [
    ...(clientId === undefined || (installed === undefined && managedBy === undefined)
      ? []
      : [proved('dashboard no longer redirects with this app', () => proveDoor(job, clientId))]),
    ...(installed === undefined || managedBy !== undefined
      ? []
      : [proved('values as planned', () => proveValues(job))]),
    ...shut
      .flat()
      .map(({ level, objectId }) =>
        proved(`${level} group has no rights in K10 any more`, () => proveNoRights(job, objectId, signal)),
      ),
  ];
}

function proveEntra(job: TeardownJob, { groups }: Gone): Promise<Proof>[] {
  const { directory } = job.systems;
  return [
    ...(isPlanned(job, 'application', '-') ? [proved('app is gone', () => proveNoApplication(job))] : []),
    ...(isPlanned(job, 'application', '~')
      ? [proved('app has no redirect to this K10', () => proveLetGo(job))]
      : []),
    ...groups
      .filter(({ deleted }) => deleted)
      .map(({ level, objectId }) =>
        proved(`${level} group is gone`, async () =>
          (await directory.findGroup({ objectId })) === undefined ? undefined : 'Entra still shows it',
        ),
      ),
  ];
}

function isPlanned({ request }: TeardownJob, id: string, sign: Sign): boolean {
  return request.plan?.changes.some((change) => change.id === id && change.sign === sign) === true;
}

async function proveDoor({ spec, systems }: TeardownJob, clientId: string): Promise<string | undefined> {
  const answer = await systems.signIn.dashboardRedirect(dashboardAddress(spec.setup));
  if (!answer.redirected) return answer.broken ? answer.detail : undefined;
  return answer.clientId === clientId ? 'it still does' : undefined;
}

// Compared with what people approved, and not with what would be planned now.
async function proveValues({ request, systems }: TeardownJob): Promise<string | undefined> {
  const planned = request.plan?.changes.find(({ id }) => id === 'release')?.differences ?? [];
  const values = authDifferences({}, await systems.releases.userValues());
  const now = new Map(values.map(({ path, after }) => [path, after]));
  const different = planned.filter(({ path, after }) => now.get(path) !== after);
  return different.length === 0 ? undefined : `different: ${different.map(({ path }) => path).join(', ')}`;
}

// A binding of somebody else's that lets the group in was in the plan: it stays, and so do the rights it gives.
async function isLetInByOthers(job: TeardownJob, groupId: string): Promise<boolean> {
  const subject = prefixedGroup(job.spec.setup.signIn.groupPrefix, groupId);
  const bindings = await listK10Bindings(job);
  return bindings.some(({ groups, managedByKastellan }) => !managedByKastellan && groups.includes(subject));
}

async function proveNoRights(
  { spec: { setup }, systems }: TeardownJob,
  groupId: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const group = prefixedGroup(setup.signIn.groupPrefix, groupId);
  const checks = (Object.keys(K10_ROLES) as K10Role[]).map((role) => sampleRight(role, setup.namespace));
  for (let attempt = 1; ; attempt += 1) {
    const answers = await systems.cluster.groupMay(group, checks);
    const held = checks.find((_check, index) => answers[index] === true);
    if (held === undefined) return undefined;
    if (attempt >= MAX_TRIES) return `${group} may still ${held.verb} ${held.resource}`;
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function proveNoApplication({ request, systems }: TeardownJob): Promise<string | undefined> {
  const found = await systems.directory.findApplication(applicationKey(request.cluster));
  return found === undefined ? undefined : 'Entra still shows it';
}

async function proveLetGo({ request, spec, systems }: TeardownJob): Promise<string | undefined> {
  const found = await systems.directory.findApplication(applicationKey(request.cluster));
  const uri = redirectUri(spec.setup);
  return found?.settings.redirectUris.includes(uri) === true ? `it still has ${uri}` : undefined;
}
