import { asKastellanError } from '../domain/errors.ts';
import { dashboardAddress, roleName } from '../domain/naming.ts';
import type { Plan } from '../domain/plan.ts';
import { UNFINISHED_STATES } from '../domain/request.ts';
import type { ObservedSetup, SetupSpec } from '../domain/setup.ts';
import { proposedForm, readSetupForm } from '../domain/setup-form.ts';
import { planSetup, secretInUse, signsInThroughEntra } from '../domain/setup-plan.ts';
import type { World } from '../ports.ts';
import { observeSetup } from '../workflows/setup/observe.ts';
import { lastSetup } from './last-setup.ts';
import { lookForMemberDrift } from './member-drift.ts';
import { setupJob } from './setup-job.ts';
import type { ClusterStatus, OpenRequest } from './status-report.ts';

/** Observes one cluster, or all, and tells what is there and what has drifted; changes nothing. */
export async function showStatus(world: World, cluster?: string): Promise<ClusterStatus[]> {
  const names = world.rules.clusters.map(({ name }) => name);
  const wanted = cluster === undefined ? names : [cluster];
  return Promise.all(wanted.map((name) => statusOf(world, name)));
}

async function statusOf(world: World, cluster: string): Promise<ClusterStatus> {
  const open = await world.requests.list({ cluster, states: UNFINISHED_STATES });
  const requests = open.map(({ id, state, asker }): OpenRequest => ({ id, state, asker }));
  try {
    const spec = await wantedSpec(world, cluster);
    const observed = await observeSetup(setupJob(world, { id: 'status', cluster, spec }));
    return {
      ...describe(world, cluster, spec, observed, requests),
      levels: await levelsOf(world, spec, observed),
    };
  } catch (thrown) {
    const error = asKastellanError(thrown);
    world.log.warn({ cluster, code: error.code }, 'a cluster could not be observed');
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    return { cluster, observed: false, problem: error.message, ...hint, requests };
  }
}

// What the last set-up wanted, or what the configuration would propose.
async function wantedSpec(world: World, cluster: string): Promise<SetupSpec> {
  const last = await lastSetup(world, cluster);
  if (last !== undefined) return last;
  const form = proposedForm(world.rules, cluster, await world.discoveries.find(cluster));
  const known = form.dashboardUrl === '' ? { ...form, dashboardUrl: 'https://unknown.invalid' } : form;
  const reading = readSetupForm(known, world.rules);
  if (reading.ok) return reading.spec;
  throw new Error(reading.problems.map(({ message }) => message).join(' '));
}

function describe(
  world: World,
  cluster: string,
  spec: SetupSpec,
  observed: ObservedSetup,
  requests: readonly OpenRequest[],
): Omit<Observed, 'levels'> {
  const now = world.clock.now();
  const secret = secretInUse(observed, now);
  const drift: Plan = planSetup(spec, observed, now);
  const { chart, chartVersion, revision, keeper } = observed.release;
  return {
    cluster,
    observed: true,
    signsInThroughEntra: signsInThroughEntra(spec, observed),
    dashboard: dashboardAddress(spec.origin, spec.release),
    chart,
    chartVersion,
    revision,
    ...(keeper !== undefined && { keptBy: `${keeper.by} (${keeper.name})` }),
    ...(secret !== undefined && { secret: { hint: secret.hint, endsAt: secret.endsAt } }),
    drift,
    requests,
  };
}

type Observed = Extract<ClusterStatus, { readonly observed: true }>;

function levelsOf(world: World, spec: SetupSpec, observed: ObservedSetup): Promise<Observed['levels']> {
  return Promise.all(
    spec.levels.map(async ({ level, roles }) => {
      const seen = observed.levels[level];
      const group = seen?.group;
      const drift = group === undefined ? undefined : await lookForMemberDrift(world, level, group.objectId);
      return {
        level,
        ...(group !== undefined && {
          group: { name: group.displayName, objectId: group.objectId, members: group.memberCount },
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
