import { rolloutStep } from '../release/rollout.ts';
import type { Step } from '../requests/step.ts';
import { acceptanceStep } from './acceptance.ts';
import { applicationStep, servicePrincipalStep } from './application.ts';
import { bindingsStep } from './bindings.ts';
import { credentialStep } from './credential.ts';
import { groupStep, membersStep } from './groups.ts';
import { proofStep } from './proof.ts';
import { releaseStep } from './release.ts';
import type { SetupJob } from './systems.ts';

/** Every step of a set-up, in the order in which people read them; what each needs decides when it runs. */
export function setupSteps(job: SetupJob): Step[] {
  return [
    ...job.spec.levels.flatMap((level) => [
      groupStep(job, level),
      ...(level.members.length > 0 ? [membersStep(job, level)] : []),
    ]),
    applicationStep(job),
    servicePrincipalStep(job),
    ...job.spec.levels.map((level) => bindingsStep(job, level)),
    credentialStep(job),
    acceptanceStep(job),
    releaseStep(job),
    rolloutStep(job),
    proofStep(job),
  ];
}
