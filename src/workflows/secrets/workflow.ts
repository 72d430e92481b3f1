import type { Journal } from '../../domain/requests/journal.ts';
import type { Plan } from '../../domain/requests/plan.ts';
import type { Outcome } from '../../domain/requests/request.ts';
import type { RotationSpec } from '../../domain/secrets/rotation.ts';
import { planRotation } from '../../domain/secrets/rotation-plan.ts';
import {
  isUpgrade,
  NO_OUTLOOK,
  planUpgrade,
  type UpgradeOutlook,
  withOutlook,
} from '../release/plan-upgrade.ts';
import { textFrom } from '../requests/step.ts';
import type { Observation, Workflow } from '../requests/workflow.ts';
import { requireNoObstacle } from '../setup/obstacles.ts';
import { provenIn } from '../setup/proof.ts';
import { findUpgradeObstacles } from '../setup/rights.ts';
import type { SetupJob } from '../setup/systems.ts';
import { newAcceptanceStep, newSecretStep, oldSecretStep } from './credential.ts';
import { observeRotation } from './observe.ts';
import { rotationProofStep } from './proof.ts';
import { switchOverStep, withCredential } from './switch-over.ts';

// What the chart is rendered with until the new secret is made.
const STAND_IN = 'made-during-rotation';

/** Rotation: a new client secret in use, and the old one gone. */
export function rotationWorkflow(job: SetupJob, spec: RotationSpec): Workflow {
  return {
    observe: () => observe(job, spec),
    steps: () => [
      newSecretStep(job),
      newAcceptanceStep(job),
      switchOverStep(job),
      rotationProofStep(job),
      oldSecretStep(job),
    ],
    outcome,
  };
}

async function observe(job: SetupJob, spec: RotationSpec): Promise<Observation> {
  const planned = planRotation(spec, await observeRotation(job));
  const outlook = await lookAtUpgrade(job, planned);
  requireNoObstacle(outlook.obstacles);
  const plan = withOutlook(planned, outlook);
  // A rotation always has something to do, so there is nothing to prove without one.
  return { plan, prove: async () => ({ proofs: [], lines: [] }) };
}

async function lookAtUpgrade({ systems }: SetupJob, plan: Plan): Promise<UpgradeOutlook> {
  const { releases } = systems;
  const installed = isUpgrade(plan) ? await releases.find() : undefined;
  if (installed === undefined) return NO_OUTLOOK;
  const { values } = installed;
  const wanted = withCredential(values, { clientSecret: STAND_IN });
  const [outlook, lacking] = await Promise.all([
    planUpgrade(systems, installed, values, wanted),
    findUpgradeObstacles(releases),
  ]);
  return lacking.length === 0 ? outlook : { ...NO_OUTLOOK, obstacles: lacking };
}

function outcome(journal: Journal): Outcome {
  const endsAt = textFrom(journal['credential']?.memory['endsAt']);
  return {
    proofs: provenIn(journal),
    lines: [],
    ...(endsAt !== undefined && { secretEndsAt: endsAt }),
  };
}
