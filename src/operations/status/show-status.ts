import { asKastellanError, KastellanError, LATER } from '../../domain/errors.ts';
import type { Plan } from '../../domain/requests/plan.ts';
import { UNFINISHED_STATES } from '../../domain/requests/request.ts';
import { foreignPaths } from '../../domain/setup/admin-paths.ts';
import { entraFindings, findingText } from '../../domain/setup/entra-findings.ts';
import { dashboardAddress, roleName } from '../../domain/setup/naming.ts';
import type { ObservedSetup, SetupSpec } from '../../domain/setup/setup.ts';
import { planSetup, secretInUse, signsInThroughEntra } from '../../domain/setup/setup-plan.ts';
import { type AccessPolicies, type MfaAnswer, mfaAnswer } from '../../domain/status/mfa.ts';
import type { World } from '../../ports/world.ts';
import { lookForMemberDrift } from '../../workflows/access/member-drift.ts';
import { forEachConcurrently } from '../../workflows/requests/for-each-concurrently.ts';
import { lastSetup } from '../../workflows/setup/last-setup.ts';
import { observeSetup } from '../../workflows/setup/observe.ts';
import { proposedSpec } from '../../workflows/setup/proposed-spec.ts';
import { setupJob } from '../../workflows/setup/setup-job.ts';
import { observedPaths, pathView } from '../../workflows/status/admin-views.ts';
import type { ClusterStatus, Noticed, OpenRequest } from './status-report.ts';

type Ports = Pick<
  World,
  | 'rules'
  | 'directory'
  | 'signIn'
  | 'openCluster'
  | 'people'
  | 'requests'
  | 'grants'
  | 'links'
  | 'rosters'
  | 'acceptedAdmins'
  | 'discoveries'
  | 'clock'
  | 'log'
>;

// Each look starts Helm three times and asks Graph a dozen questions.
const CONCURRENCY = 8;
const MOST_OPEN = 1_000;
// A message has no room for more.
const MOST_NAMES = 100;
// One cluster that hangs must not delay the status of fifty.
const PATIENCE_MS = 15_000;

/**
 * Observes one cluster, or all, and tells what is there and what has drifted; changes nothing. A cluster that has not been
 * seen within the time counts as one that does not answer.
 */
export async function showStatus(world: Ports, cluster?: string): Promise<ClusterStatus[]> {
  const names = world.rules.clusters.map(({ name }) => name);
  const wanted = cluster === undefined ? names : [cluster];
  // Once for all clusters: Entra allows one such question a second.
  const policies = readPolicies(world);
  return forEachConcurrently(wanted, CONCURRENCY, (name) => statusOf(world, name, policies));
}

type Policies = { readonly read: AccessPolicies } | { readonly problem: string };

// What the tenant demands is good to know, and no reason to show nothing.
async function readPolicies({ directory, log }: Pick<World, 'directory' | 'log'>): Promise<Policies> {
  try {
    return { read: await directory.readAccessPolicies() };
  } catch (thrown) {
    const { code, message } = asKastellanError(thrown);
    log.info({ code }, 'what the tenant demands at sign-in could not be read');
    return { problem: message };
  }
}

async function statusOf(world: Ports, cluster: string, policies: Promise<Policies>): Promise<ClusterStatus> {
  const open = await world.requests.list({ cluster, states: UNFINISHED_STATES, limit: MOST_OPEN });
  const requests = open.map(({ id, state, asker }): OpenRequest => ({ id, state, asker }));
  try {
    const last = await lastSetup(world, cluster);
    const spec = last ?? (await proposedSpec(world, cluster));
    const seen = await within(observe(world, cluster, spec, last !== undefined, requests), cluster);
    const mfa = mfaOf(await policies, seen);
    return { ...seen.status, ...(mfa !== undefined && { mfa }) };
  } catch (thrown) {
    const error = asKastellanError(thrown);
    world.log.warn({ cluster, code: error.code }, 'a cluster could not be observed');
    const away = world.openCluster(cluster).away();
    return {
      cluster,
      observed: false,
      problem: error.message,
      ...(error.hint !== undefined && { hint: error.hint }),
      ...(away !== undefined && { away }),
      requests,
    };
  }
}

async function observe(
  world: Ports,
  cluster: string,
  spec: SetupSpec,
  setUp: boolean,
  requests: readonly OpenRequest[],
): Promise<{ readonly status: Observed; readonly observed: ObservedSetup }> {
  const observed = await observeSetup(setupJob(world, { id: 'status', cluster, spec }));
  const [levels, otherAdmins] = await Promise.all([
    levelsOf(world, spec, observed),
    otherAdminsOf(world, cluster, spec, observed),
  ]);
  const described = describe(world, cluster, spec, observed, requests);
  return { status: { ...described, setUp, levels, otherAdmins }, observed };
}

async function otherAdminsOf(
  world: Pick<World, 'acceptedAdmins'>,
  cluster: string,
  spec: SetupSpec,
  observed: ObservedSetup,
): Promise<Observed['otherAdmins']> {
  const accepted = await world.acceptedAdmins.find(cluster);
  const views = foreignPaths(observedPaths(spec, observed)).map((path) =>
    pathView(cluster, spec, path, accepted),
  );
  const open = views.filter((view) => view.accepted === undefined);
  return { open, accepted: views.length - open.length, unseen: observed.roleGrants.unseen };
}

function mfaOf(
  policies: Policies,
  { observed }: { readonly observed: ObservedSetup },
): MfaAnswer | undefined {
  const { application, levels } = observed;
  if (application === undefined) return undefined;
  if ('problem' in policies) return { demanded: 'unknown', because: policies.problem };
  const groupIds = Object.values(levels).flatMap(({ group }) => group?.objectId ?? []);
  return mfaAnswer(policies.read, { clientId: application.clientId, groupIds });
}

// The read continues in the background; its result is dropped.
async function within<T>(read: Promise<T>, cluster: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(tooLate(cluster)), PATIENCE_MS);
  });
  try {
    return await Promise.race([read, late]);
  } finally {
    clearTimeout(timer);
  }
}

function tooLate(cluster: string): KastellanError {
  return new KastellanError({
    code: 'status.too-late',
    message: `${cluster} could not be looked at within ${PATIENCE_MS / 1_000} seconds.`,
    hint: 'Look whether its Kubernetes API is overloaded, or a firewall is in between.',
    retry: LATER,
  });
}

function describe(
  world: Pick<World, 'clock'>,
  cluster: string,
  spec: SetupSpec,
  observed: ObservedSetup,
  requests: readonly OpenRequest[],
): Omit<Observed, 'levels' | 'setUp' | 'otherAdmins'> {
  const now = world.clock.now();
  const secret = secretInUse(observed, now);
  const drift: Plan = planSetup(spec, observed, now);
  const { chart, chartVersion, revision, managedBy } = observed.release;
  return {
    cluster,
    observed: true,
    signsInThroughEntra: signsInThroughEntra(spec, observed),
    dashboard: dashboardAddress(spec),
    chart,
    chartVersion,
    revision,
    ...(managedBy !== undefined && { managedBy: `${managedBy.by} (${managedBy.name})` }),
    ...(secret !== undefined && { secret: { hint: secret.hint, endsAt: secret.endsAt } }),
    drift,
    noticed: noticedIn(spec, observed, drift, now),
    requests,
  };
}

// The plan holds what warns; what is only good to know stands in it among what an upgrade disturbs.
function noticedIn(spec: SetupSpec, observed: ObservedSetup, drift: Plan, now: Date): Noticed[] {
  const others = entraFindings({ spec, observed, now })
    .filter(({ weight }) => weight === 'notes' || weight === 'unknown')
    .map((finding) => ({ weight: finding.weight, says: findingText(finding) }));
  return [
    ...observed.obstacles.map(({ message, hint }) => ({
      weight: 'stops' as const,
      says: hint === undefined ? message : `${message} ${hint}`,
    })),
    ...(drift.warnings ?? []).map((says) => ({ weight: 'warns' as const, says })),
    ...others,
  ];
}

type Observed = Extract<ClusterStatus, { readonly observed: true }>;

function levelsOf(world: Ports, spec: SetupSpec, observed: ObservedSetup): Promise<Observed['levels']> {
  return Promise.all(
    spec.levels.map(async ({ level, roles }) => {
      const seen = observed.levels[level];
      const group = seen?.group;
      const drift = group === undefined ? undefined : await lookForMemberDrift(world, level, group.objectId);
      return {
        level,
        ...(group !== undefined && {
          group: {
            name: group.displayName,
            objectId: group.objectId,
            members: group.members.length,
            memberNames: group.members.slice(0, MOST_NAMES).map((member) => member.name),
            sharedWith: group.sharedWith,
          },
        }),
        bindings: roles.map((role) => {
          const { name } = roleName(spec.release, role);
          const binding = seen?.bindings.find((candidate) => candidate.role.name === name);
          return { role: name, bound: binding?.existing !== undefined };
        }),
        ...(drift !== undefined && { memberDrift: drift }),
      };
    }),
  );
}
