import type { Journal } from '../../domain/requests/journal.ts';
import type { Plan } from '../../domain/requests/plan.ts';
import type { Outcome, Proof } from '../../domain/requests/request.ts';
import { withoutSignIn } from '../../domain/setup/auth-before.ts';
import { planGone } from '../../domain/teardown/gone-plan.ts';
import type { ObservedTeardown } from '../../domain/teardown/teardown.ts';
import { planTeardown } from '../../domain/teardown/teardown-plan.ts';
import {
  isUpgrade,
  NO_OUTLOOK,
  planUpgrade,
  type UpgradeOutlook,
  withOutlook,
} from '../release/plan-upgrade.ts';
import { rolloutStep } from '../release/rollout.ts';
import type { Step } from '../requests/step.ts';
import type { Observation, Workflow } from '../requests/workflow.ts';
import { requireNoObstacle } from '../setup/obstacles.ts';
import { besideRights } from '../setup/rights.ts';
import { applicationStep, groupStep, secretsStep } from './entra.ts';
import { grantsStep } from './grants.ts';
import { bindingsStep, credentialRemovalStep } from './kubernetes.ts';
import { observeGone, observeTeardown } from './observe.ts';
import { proofStep } from './proof.ts';
import { releaseStep } from './release.ts';
import { rotationsStep } from './rotations.ts';
import type { TeardownJob } from './systems.ts';

/** Tear-down: K10 signs people in as before, and what was made for it is gone. */
export function teardownWorkflow(job: TeardownJob): Workflow {
  return {
    observe: () => observe(job),
    steps: () => teardownSteps(job),
    outcome: (journal) => outcomeOf(job, journal),
  };
}

async function observe(job: TeardownJob): Promise<Observation> {
  const plan = job.spec.gone === true ? await planForGoneCluster(job) : await planFromObservation(job);
  // Where nothing changes, nothing is claimed: the plan says what stays, and why.
  return { plan, prove: async () => ({ proofs: [], lines: linesOf(plan) }) };
}

async function planFromObservation(job: TeardownJob): Promise<Plan> {
  const [observed, lacking] = await besideRights(job.systems, observeTeardown(job));
  // Without the rights the rest cannot be looked at either.
  if (lacking.length > 0) requireNoObstacle([...observed.obstacles, ...lacking]);
  const plan = planTeardown(job.request.cluster, job.spec, observed);
  const outlook = await lookAtUpgrade(job, observed, plan);
  requireNoObstacle([...observed.obstacles, ...outlook.obstacles]);
  return withOutlook(plan, outlook);
}

async function lookAtUpgrade(
  { spec, systems }: TeardownJob,
  { release }: ObservedTeardown,
  plan: Plan,
): Promise<UpgradeOutlook> {
  const installed = isUpgrade(plan) ? await systems.releases.find() : undefined;
  if (release === undefined || installed === undefined) return NO_OUTLOOK;
  const { values } = withoutSignIn(release.values, spec.before, release.old);
  return planUpgrade(systems, installed, release.values, values);
}

async function planForGoneCluster(job: TeardownJob): Promise<Plan> {
  const observed = await observeGone(job);
  requireNoObstacle(observed.obstacles);
  return planGone(job.request.cluster, job.spec, observed);
}

function teardownSteps(job: TeardownJob): Step[] {
  const { remove, levels, gone } = job.spec;
  // K10 first: sign-in would fail if the application were deleted while K10 still uses it.
  const all = [
    ...(gone ? [] : [releaseStep(job), rolloutStep(job)]),
    grantsStep(job),
    ...(remove.includes('bindings') ? [bindingsStep(job)] : []),
    ...(remove.includes('credential') ? [gone ? secretsStep(job) : credentialRemovalStep(job)] : []),
    ...(remove.includes('application') ? [applicationStep(job)] : []),
    ...(remove.includes('groups') ? levels.map((level) => groupStep(job, level)) : []),
  ];
  const names = all.map(({ name }) => name);
  // A step does not wait for one that is left out.
  const steps = all.map((step) => ({ ...step, needs: step.needs.filter((need) => names.includes(need)) }));
  return [...steps, proofStep(job, names), rotationsStep(job)];
}

function outcomeOf({ request }: TeardownJob, journal: Journal): Outcome {
  const proofs = journal['proof']?.memory['proofs'];
  return {
    proofs: Array.isArray(proofs) ? (proofs as unknown as Proof[]) : [],
    lines: request.plan === undefined ? [] : linesOf(request.plan),
  };
}

// What stays, with its reason.
function linesOf({ changes }: Plan): string[] {
  return changes.filter(({ sign }) => sign === '=').map(({ summary }) => `Left: ${summary}.`);
}
