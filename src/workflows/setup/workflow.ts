import type { Journal } from '../../domain/requests/journal.ts';
import type { Plan } from '../../domain/requests/plan.ts';
import type { Outcome } from '../../domain/requests/request.ts';
import { credentialSecretName, NEW_GROUP, prefixedGroup } from '../../domain/setup/naming.ts';
import { servedPathOf } from '../../domain/setup/served-path.ts';
import type { ObservedSetup, SetupSpec } from '../../domain/setup/setup.ts';
import { planSetup, secretInUse, valuesAfter } from '../../domain/setup/setup-plan.ts';
import {
  isUpgrade,
  NO_OUTLOOK,
  planUpgrade,
  type UpgradeOutlook,
  withOutlook,
} from '../release/plan-upgrade.ts';
import type { Observation, Workflow } from '../requests/workflow.ts';
import { checkAddress } from './address.ts';
import { observeSetup } from './observe.ts';
import { requireNoObstacle } from './obstacles.ts';
import { proveAll, provenIn } from './proof.ts';
import { besideRights } from './rights.ts';
import { setupSteps } from './steps.ts';
import type { SetupJob } from './systems.ts';

/** Set-up: from a bare K10 to a proved sign-in. */
export function setupWorkflow(job: SetupJob): Workflow {
  return {
    observe: () => observe(job),
    steps: () => setupSteps(job),
    outcome: (journal) => outcomeOf(job, journal),
  };
}

async function observe(job: SetupJob): Promise<Observation> {
  const [observed, lacking] = await besideRights(
    job.systems,
    observeSetup(job).then((seen) => withAddress(job, seen)),
  );
  // Without the rights the rest cannot be looked at either.
  if (lacking.length > 0) requireNoObstacle([...observed.obstacles, ...lacking]);
  const planned = planSetup(job.spec, observed, job.systems.clock.now());
  const outlook = await lookAtUpgrade(job, observed, planned);
  requireNoObstacle([...observed.obstacles, ...outlook.obstacles]);
  const plan = withOutlook(planned, outlook);
  return { plan, prove: () => proveAsItIs(job, plan, observed) };
}

// Not part of what status looks at: there the address is only shown.
async function withAddress(job: SetupJob, observed: ObservedSetup): Promise<ObservedSetup> {
  const { signIn, cluster } = job.systems;
  const { obstacle, warnings } = await checkAddress(signIn, job.spec, {
    path: servedPathOf(observed.release.values),
    found: job.hasConfiguredAddress === true ? [] : await cluster.findDashboards(),
  });
  return {
    ...observed,
    obstacles: [...observed.obstacles, ...(obstacle === undefined ? [] : [obstacle])],
    // First of all, so that approvers cannot overlook it.
    warnings: [...(job.differences ?? []), ...observed.warnings, ...warnings],
  };
}

// What a chart is rendered with until the real ones are made.
const STAND_IN = { clientID: '00000000-0000-0000-0000-000000000000', clientSecret: 'made-during-set-up' };

async function lookAtUpgrade(job: SetupJob, observed: ObservedSetup, plan: Plan): Promise<UpgradeOutlook> {
  const { release, application, obstacles } = observed;
  // Without a chart, or while Helm refuses every upgrade, there is nothing to render; that is said already.
  const isBlocked = obstacles.some(
    ({ code }) => code.startsWith('helm.') || code.startsWith('setup.release'),
  );
  if (!isUpgrade(plan) || isBlocked) return NO_OUTLOOK;
  const credential = release.knowsSecretReference
    ? { clientSecretName: credentialSecretName(job.spec.release) }
    : { ...STAND_IN, ...(application !== undefined && { clientID: application.clientId }) };
  const wanted = valuesAfter(job.spec, observed, credential);
  return planUpgrade(job.systems, release, release.values, wanted);
}

// Nothing to do is a claim like any other: it is proved before it is made.
async function proveAsItIs(job: SetupJob, plan: Plan, observed: ObservedSetup): Promise<Outcome> {
  const groupIds = Object.fromEntries(
    Object.entries(observed.levels).map(([level, { group }]) => [level, group?.objectId ?? '']),
  );
  const proofs = await proveAll(job, { clientId: observed.application?.clientId ?? '', groupIds });
  const endsAt = secretInUse(observed, job.systems.clock.now())?.endsAt;
  return { proofs, lines: handOverLines(plan), ...(endsAt !== undefined && { secretEndsAt: endsAt }) };
}

function outcomeOf({ request, spec }: SetupJob, journal: Journal): Outcome {
  const endsAt = journal['credential']?.memory['endsAt'];
  const since = journal['proof']?.memory['waitsSince'];
  return {
    proofs: provenIn(journal),
    lines:
      request.plan === undefined
        ? []
        : [...handOverLines(request.plan), ...newGroupLines(request.plan, spec, journal)],
    ...(typeof endsAt === 'string' && { secretEndsAt: endsAt }),
    ...(typeof since === 'string' && { firstSignIn: { state: 'waiting', since } }),
  };
}

// What is left for those who keep the release.
function handOverLines({ handOver }: Plan): string[] {
  if (handOver === undefined) return [];
  return [`Commit the values where ${handOver.keeper} reads them: sign-in works from then on.`];
}

// Their IDs were not known when the values were approved.
function newGroupLines({ handOver, changes }: Plan, spec: SetupSpec, journal: Journal): string[] {
  if (handOver?.values.includes(NEW_GROUP) !== true) return [];
  const made = spec.levels.flatMap(({ level }) => {
    const id = journal[`group:${level}`]?.memory['groupId'];
    const isNew = changes.some((change) => change.id === `group:${level}` && change.sign === '+');
    return isNew && typeof id === 'string' ? [prefixedGroup(spec.signIn.groupPrefix, id)] : [];
  });
  return [
    `Write ${made.join(' and ')} in the place of ${prefixedGroup(spec.signIn.groupPrefix, NEW_GROUP)}.`,
  ];
}
