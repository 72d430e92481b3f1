import type { Journal } from '../../domain/journal.ts';
import type { Outcome } from '../../domain/request.ts';
import type { RotationSpec } from '../../domain/rotation.ts';
import { planRotation } from '../../domain/rotation-plan.ts';
import { provenIn } from '../setup/proof.ts';
import type { SetupJob } from '../setup/systems.ts';
import { textFrom } from '../step.ts';
import type { Look, Workflow } from '../workflow.ts';
import { newAcceptanceStep, newSecretStep, oldSecretStep } from './credential.ts';
import { observeRotation } from './observe.ts';
import { rotationProofStep } from './proof.ts';
import { switchOverStep } from './switch-over.ts';

/** Rotation: a new client secret in use, and the old one gone. */
export function rotationWorkflow(job: SetupJob, spec: RotationSpec): Workflow {
  return {
    look: () => look(job, spec),
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

async function look(job: SetupJob, spec: RotationSpec): Promise<Look> {
  const plan = planRotation(spec, await observeRotation(job));
  // A rotation always has something to do, so there is nothing to prove without one.
  return { plan, prove: async () => ({ proofs: [], lines: [] }) };
}

function outcome(journal: Journal): Outcome {
  const endsAt = textFrom(journal['credential']?.memory['endsAt']);
  return {
    proofs: provenIn(journal),
    lines: [],
    ...(endsAt !== undefined && { secretEndsAt: endsAt }),
  };
}
