import { KastellanError } from '../../domain/errors.ts';
import { type JsonObject, objectAt } from '../../domain/json.ts';
import type { EntraAccount } from '../../domain/person.ts';
import { secretObstacle, secretWarning } from '../../domain/secrets/secret-policy.ts';
import { authObstacles } from '../../domain/setup/auth-review.ts';
import { authAbilities, OTHER_AUTH_MODES, withSignIn } from '../../domain/setup/auth-values.ts';
import { entraObstacles } from '../../domain/setup/entra-findings.ts';
import {
  credentialSecretName,
  dashboardAddress,
  type RoleName,
  roleName,
} from '../../domain/setup/naming.ts';
import type {
  GroupReview,
  LevelSpec,
  NestedGroup,
  ObservedGroup,
  ObservedLevel,
  ObservedMember,
  ObservedRelease,
  ObservedSetup,
  Obstacle,
} from '../../domain/setup/setup.ts';
import { secretInUse } from '../../domain/setup/setup-plan.ts';
import type { Cluster } from '../../ports/cluster.ts';
import { findUnfinished } from '../release/unfinished.ts';
import { findMadeGroup } from './find-made-group.ts';
import { notForATime } from './groups.ts';
import { memberWarnings } from './member-warnings.ts';
import { type ObservedSignInApp, observeSignInApp } from './observe-entra.ts';
import { isUnbound, observeBinding } from './own-bindings.ts';
import { resolvePerson } from './people.ts';
import { findChosenGroup, requireMayShare } from './problems.ts';
import { reviewGroup } from './review-group.ts';
import type { SetupJob } from './systems.ts';

// An obstacle does not prevent the rest from being observed.
const OBSTACLES = new Set([
  'setup.role-missing',
  'setup.multi-cluster-missing',
  'setup.group-unfit',
  'setup.group-shared',
  'person.unfit',
  'helm.chart-missing',
  'helm.repository-unreachable',
]);

/**
 * Looks at everything a set-up touches, side by side, and changes nothing. What would keep the set-up from being
 * carried out (a role is missing, a group or person is unfit, the chart cannot be had, the tenant forbids secrets) is
 * among `obstacles`.
 * @throws KastellanError where there is nothing to look at: the cluster, the release or Entra is not there
 */
export async function observeSetup(job: SetupJob): Promise<ObservedSetup> {
  const { directory, cluster } = job.systems;
  const obstacles: Obstacle[] = [];
  const warnings: string[] = [];
  await cluster.ping();
  const access = observeSignInApp(directory, job.request.cluster, job.spec);
  const [
    { application, servicePrincipal, surroundings },
    levels,
    release,
    roleGrants,
    credential,
    deployments,
    runningActions,
    policy,
  ] = await Promise.all([
    access,
    Promise.all(
      job.spec.levels.map(
        async (level) => [level.level, await observeLevel(job, level, access, obstacles)] as const,
      ),
    ),
    observeRelease(job, access, obstacles),
    cluster.readRoleGrants(),
    cluster.readCredential(credentialSecretName(job.spec.release)),
    cluster.listDeployments(),
    cluster.countRunningActions(),
    access.then((known) => directory.secretPolicy(known.application?.objectId)),
  ]);
  // The secret in use stays as it is, whatever the tenant says about new ones.
  if (secretInUse({ application, credential }, job.systems.clock.now()) === undefined) {
    const obstacle = secretObstacle(policy, application !== undefined);
    const warning = secretWarning(policy, application !== undefined);
    if (obstacle !== undefined) obstacles.push(obstacle);
    if (warning !== undefined) warnings.push(warning);
  }
  const observedLevels = Object.fromEntries(levels);
  warnings.push(...(await memberWarnings(job, observedLevels, release)));
  const seen = {
    application,
    servicePrincipal,
    surroundings,
    levels: observedLevels,
    credential,
  };
  const now = job.systems.clock.now();
  obstacles.push(...entraObstacles({ spec: job.spec, observed: seen, now }));
  return {
    ...seen,
    obstacles,
    warnings,
    release,
    roleGrants,
    deployments: deployments.map(({ name }) => name),
    runningActions,
    secretPolicy: { maxLifetimeDays: policy.maxLifetimeDays },
  };
}

async function observeLevel(
  job: SetupJob,
  level: LevelSpec,
  access: Promise<Pick<ObservedSignInApp, 'assigned' | 'servicePrincipal'>>,
  obstacles: Obstacle[],
): Promise<ObservedLevel> {
  const { directory } = job.systems;
  const roles = level.roles.map((role) => roleName(job.spec.release, role));
  const [chosen, people] = await Promise.all([
    orObstacle(findChosenGroup(directory, level), obstacles),
    Promise.all(
      level.members.map(async (slackUserId) => {
        const person = await orObstacle(resolvePerson(job.systems, slackUserId, 'list'), obstacles);
        return person === undefined ? [] : [{ slackUserId, person }];
      }),
    ),
    Promise.all(
      roles.map((role) => orObstacle(requireRole(job.systems.cluster, role, job.spec.namespace), obstacles)),
    ),
  ]);
  const group = chosen ?? (await findMadeGroup(directory, job.request.cluster, level.level));
  const [inGroup, roster, sharedWith, unusual, review] =
    group === undefined
      ? [[], undefined, [], undefined, undefined]
      : await Promise.all([
          directory.listMemberAccounts(group.objectId),
          job.systems.rosters.find(group.objectId),
          job.otherUses(level.level, group),
          directory.listUnusualMembers(group.objectId),
          chosen && reviewGroup(directory, chosen),
        ]);
  // The cluster that made a group may keep it, even if others chose it since.
  if (chosen !== undefined) {
    const fits = async (): Promise<void> => requireMayShare(job, level, chosen, sharedWith);
    await orObstacle(fits(), obstacles);
  }
  // Who is there for a time only, or by hand, is not there for good yet. A group that is chosen brings its members along.
  const belongs = (id: string): boolean => (roster === undefined ? chosen !== undefined : roster.has(id));
  const memberIds = new Set(inGroup.map(({ objectId }) => objectId));
  const members = people.flat().map(
    ({ slackUserId, person }): ObservedMember => ({
      slackUserId,
      objectId: person.objectId,
      name: person.name,
      present: memberIds.has(person.objectId) && belongs(person.objectId),
    }),
  );
  const bindings = await Promise.all(roles.map((role) => observeBinding(job, level, role, group?.objectId)));
  const adopts = chosen !== undefined && (roster === undefined || isUnbound(bindings));
  const nested = adopts ? await directory.listNestedGroups(chosen.objectId) : [];
  const { assigned, servicePrincipal } = await access;
  const seen: ObservedGroup | undefined = group && {
    objectId: group.objectId,
    displayName: group.displayName,
    members: inGroup,
    adopted: adopts ? await adoptedMembers(job, group.objectId, inGroup, nested) : [],
    nested,
    sharedWith,
    ...(review !== undefined && { review: withoutOwn(review, servicePrincipal?.objectId) }),
    ...(unusual !== undefined && { unusual }),
  };
  return { group: seen, members, bindings, assigned: seen !== undefined && assigned.includes(seen.objectId) };
}

// That it is assigned to the application of this cluster is what set-up is for.
function withoutOwn(review: GroupReview, ownId: string | undefined): GroupReview {
  const { applications } = review;
  return { ...review, applications: applications?.filter(({ objectId }) => objectId !== ownId) };
}

async function adoptedMembers(
  job: SetupJob,
  groupId: string,
  members: readonly EntraAccount[],
  nested: readonly NestedGroup[],
): Promise<EntraAccount[]> {
  const groups = new Set(nested.map(({ objectId }) => objectId));
  const ids = members.map(({ objectId }) => objectId).filter((id) => !groups.has(id));
  const forGood = new Set(await notForATime(job, groupId, ids));
  return members.filter(({ objectId }) => forGood.has(objectId));
}

/**
 * @throws KastellanError `setup.role-missing`: a binding to a role that is not there would give nothing;
 * `setup.multi-cluster-missing`: there is no namespace to bind it in
 */
async function requireRole(cluster: Cluster, role: RoleName, namespace: string): Promise<void> {
  const { boundIn } = role;
  const [exists, hasPlace] = await Promise.all([
    cluster.roleExists(role),
    boundIn === undefined || cluster.namespaceExists(boundIn),
  ]);
  if (boundIn !== undefined && !hasPlace) {
    throw new KastellanError({
      code: 'setup.multi-cluster-missing',
      message: `The namespace ${boundIn} is not there, and K10's ${role.kind} ${role.name} is given only in it: this K10 is not part of a multi-cluster system.`,
      hint: `K10 makes the namespace when the cluster joins a multi-cluster system, or becomes its primary. Do that first, or ask for an access level without mc-admin. Look with: kubectl get namespace ${boundIn}`,
    });
  }
  if (exists) return;
  const where = role.kind === 'Role' ? ` in the namespace ${namespace}` : '';
  throw new KastellanError({
    code: 'setup.role-missing',
    message: `K10's ${role.kind} ${role.name} is not there${where}, so nobody could be given its rights.`,
    hint: `K10's chart makes it when rbac.create is true. Look with: kubectl get ${role.kind.toLowerCase()} ${role.name}${role.kind === 'Role' ? ` -n ${namespace}` : ''}`,
  });
}

async function observeRelease(
  job: SetupJob,
  access: Promise<Pick<ObservedSetup, 'application'>>,
  obstacles: Obstacle[],
): Promise<ObservedRelease> {
  const { releases, cluster } = job.systems;
  const [installed, managedBy] = await Promise.all([releases.find(), cluster.findReleaseManager()]);
  if (installed === undefined) {
    if (managedBy !== undefined) return unrecordedRelease(job, managedBy, await access);
    throw new KastellanError({
      code: 'setup.release-missing',
      message: `There is no Helm release ${job.spec.release} in the namespace ${job.spec.namespace}.`,
      hint: 'Install K10 first, or correct release and namespace of this cluster in kastellan.yaml.',
    });
  }
  const { values, authKeys } = installed;
  if (managedBy === undefined) {
    const unfinished = await findUnfinished(releases, installed, job.spec);
    if (unfinished !== undefined) obstacles.push(unfinished);
    await orObstacle(releases.checkChart(installed.chartVersion), obstacles);
  }
  obstacles.push(...authObstacles(values, authKeys));
  const abilities = authAbilities(authKeys, values);
  return {
    chart: installed.chart,
    chartVersion: installed.chartVersion,
    revision: installed.revision,
    status: installed.status,
    values,
    ...abilities,
    inlineSecretCurrent: abilities.knowsSecretReference || (await holdsCurrentSecret(job, values)),
    managedBy: managedBy,
  };
}

// Argo CD renders charts by itself and leaves no record for Helm to read. Whether the values were taken over shows at the
// dashboard's door only: it sends people to Entra with this application, or it does not.
async function unrecordedRelease(
  job: SetupJob,
  managedBy: NonNullable<ObservedRelease['managedBy']>,
  { application }: Pick<ObservedSetup, 'application'>,
): Promise<ObservedRelease> {
  const { spec } = job;
  const otherAuthModes = [...OTHER_AUTH_MODES];
  const clientSecretName = credentialSecretName(spec.release);
  const takenOver = application !== undefined && (await redirectsWith(job, application.clientId));
  return {
    chart: 'k10',
    chartVersion: 'unknown',
    revision: 0,
    status: 'unrecorded',
    values: takenOver ? withSignIn({}, spec, { otherAuthModes }, { clientSecretName }, []) : {},
    otherAuthModes,
    knowsSecretReference: true,
    inlineSecretCurrent: true,
    managedBy: managedBy,
  };
}

/** Whether the dashboard sends people to Entra with this application; one that does not answer does not. */
export async function redirectsWith({ spec, systems }: SetupJob, clientId: string): Promise<boolean> {
  try {
    const answer = await systems.signIn.dashboardRedirect(dashboardAddress(spec));
    return answer.redirected && answer.clientId === clientId;
  } catch {
    return false;
  }
}

async function holdsCurrentSecret(job: SetupJob, values: JsonObject): Promise<boolean> {
  const stored = await job.systems.cluster.readClientSecret(credentialSecretName(job.spec.release));
  return (
    stored !== undefined && objectAt(objectAt(values, 'auth'), 'oidcAuth')['clientSecret'] === stored.reveal()
  );
}

/** The result of a look, or `undefined` and an obstacle more where it found one. */
async function orObstacle<T>(observation: Promise<T>, obstacles: Obstacle[]): Promise<T | undefined> {
  try {
    return await observation;
  } catch (thrown) {
    if (!(thrown instanceof KastellanError) || !OBSTACLES.has(thrown.code)) throw thrown;
    const { code, message, hint } = thrown;
    obstacles.push({ code, message, ...(hint !== undefined && { hint }) });
    return undefined;
  }
}
