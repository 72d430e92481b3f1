import { asKastellanError, KastellanError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { usesApplication } from '../../domain/setup/auth-before.ts';
import {
  applicationKey,
  credentialSecretName,
  K10_ROLES,
  type K10Role,
  prefixedGroup,
  roleName,
} from '../../domain/setup/naming.ts';
import type { ObservedCredential } from '../../domain/setup/setup.ts';
import type {
  ObservedGone,
  ObservedInEntra,
  ObservedTeardown,
  ObservedTeardownGroup,
  TeardownSpec,
} from '../../domain/teardown/teardown.ts';
import type { Binding } from '../../ports/cluster.ts';
import { findUnfinished } from '../release/unfinished.ts';
import { findChosenOrMade } from '../setup/find-made-group.ts';
import { redirectsWith } from '../setup/observe.ts';
import { setupOf, type TeardownJob } from './systems.ts';

/**
 * Looks at everything a tear-down touches, side by side, and changes nothing.
 * @throws KastellanError where there is nothing to look at: the cluster or Entra does not answer
 */
export async function observeTeardown(job: TeardownJob): Promise<ObservedTeardown> {
  const { cluster } = job.systems;
  await cluster.ping();
  const [found, credential, all, deployments, runningActions] = await Promise.all([
    observeEntra(job),
    readOwnCredential(job),
    listK10Bindings(job),
    cluster.listDeployments(),
    cluster.countRunningActions(),
  ]);
  const subjects = found.groups.map(({ objectId }) =>
    prefixedGroup(job.spec.setup.signIn.groupPrefix, objectId),
  );
  return {
    ...found,
    credential,
    bindings: all.filter(({ managedByKastellan }) => managedByKastellan),
    otherBindings: all.filter(
      (binding) => !binding.managedByKastellan && binding.groups.some((group) => subjects.includes(group)),
    ),
    release: await observeRelease(job, found.application?.clientId),
    deployments: deployments.map(({ name }) => name),
    runningActions,
  };
}

/**
 * Looks at what a cluster that is said to be gone has left in Entra. A cluster that answers, or a K10 that still sends
 * people to the application, stands in the way: it is not gone.
 * @throws KastellanError where Entra does not answer
 */
export async function observeGone(job: TeardownJob): Promise<ObservedGone> {
  const [found, problem] = await Promise.all([observeEntra(job), silenceOf(job)]);
  const { application, obstacles } = found;
  const isUsed = application !== undefined && (await redirectsWith(setupOf(job), application.clientId));
  const signs = [
    ...(problem === undefined ? ['Its Kubernetes API answers.'] : []),
    ...(isUsed ? [`Its dashboard, ${job.spec.setup.origin}, sends people to sign in with this app.`] : []),
  ];
  return {
    ...found,
    problem: problem ?? '',
    obstacles: [
      ...obstacles,
      ...(signs.length === 0
        ? []
        : [
            {
              code: 'teardown.not-gone',
              message: `${job.request.cluster} is not gone. ${signs.join(' ')}`,
              hint: 'Ask again with /kasten teardown and leave the field for a cluster that is gone empty.',
            },
          ]),
    ],
  };
}

// A refusal is an answer, too.
async function silenceOf({ systems }: TeardownJob): Promise<string | undefined> {
  try {
    await systems.cluster.ping();
    return undefined;
  } catch (thrown) {
    const { code, message } = asKastellanError(thrown);
    return code === 'kubernetes.unreachable' ? message : undefined;
  }
}

async function observeEntra(job: TeardownJob): Promise<ObservedInEntra> {
  const { directory } = job.systems;
  const [obstacles, application, groups, grants] = await Promise.all([
    job.findObstacles(),
    directory.findApplication(applicationKey(job.request.cluster)),
    observeGroups(job),
    job.liveGrants(),
  ]);
  return {
    obstacles,
    application,
    servicePrincipal: application && (await directory.findServicePrincipal(application.clientId)),
    groups,
    grants: grants.map(({ level, person, endsAt }) => ({ level, name: person.name, endsAt })),
  };
}

/** Kastellan's own Kubernetes Secret; undefined for a Secret of that name that Kastellan did not make. */
export async function readOwnCredential({
  spec,
  systems,
}: TeardownJob): Promise<ObservedCredential | undefined> {
  try {
    return await systems.cluster.readCredential(credentialSecretName(spec.setup.release));
  } catch (thrown) {
    if (asKastellanError(thrown).code === 'kubernetes.secret-not-ours') return undefined;
    throw thrown;
  }
}

/** Every binding of one of K10's roles. */
export async function listK10Bindings(job: TeardownJob): Promise<Binding[]> {
  const roles = Object.keys(K10_ROLES) as K10Role[];
  return (await Promise.all(roles.map((role) => listBindingsOf(job, role)))).flat();
}

// Kastellan has rights in another namespace only while an access level needs them.
async function listBindingsOf({ spec: { setup }, systems }: TeardownJob, kind: K10Role): Promise<Binding[]> {
  const role = roleName(setup.release, kind);
  try {
    return await systems.cluster.listBindings(role);
  } catch (thrown) {
    const isNeeded = setup.levels.some(({ roles }) => roles.includes(kind));
    if (role.boundIn === undefined || isNeeded || asKastellanError(thrown).code !== 'kubernetes.forbidden')
      throw thrown;
    return systems.cluster.listBindings({ kind: role.kind, name: role.name });
  }
}

async function observeGroups(job: TeardownJob): Promise<ObservedTeardownGroup[]> {
  const seen = await Promise.all(job.spec.levels.map((level) => observeGroup(job, level)));
  return seen.flat();
}

/** The group of a level, if it is still there. */
export async function observeGroup(
  { request, systems: { directory }, otherUsers }: Pick<TeardownJob, 'request' | 'systems' | 'otherUsers'>,
  { level, group }: TeardownSpec['levels'][number],
): Promise<ObservedTeardownGroup[]> {
  const adopted = 'existingId' in group;
  const found = await findChosenOrMade(directory, request.cluster, { level, group });
  if (found === undefined) return [];
  const { objectId, displayName } = found;
  const [members, usedBy] = await Promise.all([directory.listMemberAccounts(objectId), otherUsers(found)]);
  return [{ level, objectId, displayName, members, adopted, usedBy }];
}

async function observeRelease(
  job: TeardownJob,
  clientId: string | undefined,
): Promise<ObservedTeardown['release']> {
  const { systems, spec } = job;
  const [installed, managedBy] = await Promise.all([
    systems.releases.find(),
    systems.cluster.findReleaseManager(),
  ]);
  if (installed === undefined) {
    if (managedBy === undefined) return undefined;
    // Without Helm's record only the dashboard's door tells whether the values are still there.
    const ours = clientId !== undefined && (await redirectsWith(setupOf(job), clientId));
    const values: JsonObject = ours
      ? { auth: { oidcAuth: { enabled: true, clientSecretName: credentialSecretName(spec.setup.release) } } }
      : {};
    return { chartVersion: 'unknown', values, managedBy: managedBy, ours, old: undefined };
  }
  const { values } = installed;
  const ours = usesApplication(values, { clientId, secretName: credentialSecretName(spec.setup.release) });
  if (managedBy === undefined && ours) {
    const unfinished = await findUnfinished(systems.releases, installed, spec.setup);
    if (unfinished !== undefined) throw new KastellanError(unfinished);
    await systems.releases.checkChart(installed.chartVersion);
  }
  return {
    chartVersion: installed.chartVersion,
    values,
    managedBy: managedBy,
    ours,
    old: await valuesBefore(job),
  };
}

/** The values of the revision before set-up; Helm keeps ten revisions, so they are often gone. */
export async function valuesBefore({ spec, systems }: TeardownJob): Promise<JsonObject | undefined> {
  if (spec.before === undefined || spec.before.withheld.length === 0) return undefined;
  try {
    return await systems.releases.userValues(spec.before.revision);
  } catch (thrown) {
    if (thrown instanceof KastellanError && GONE.has(thrown.code)) return undefined;
    throw thrown;
  }
}

const GONE = new Set(['helm.revision-missing', 'helm.release-missing']);
