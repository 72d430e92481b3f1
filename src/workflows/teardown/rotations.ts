import type { Step } from '../requests/step.ts';
import type { TeardownJob } from './systems.ts';

/** Calls off rotations that were announced or asked for: last, because a tear-down that is rolled back leaves them be. */
export function rotationsStep(job: TeardownJob): Step {
  return {
    name: 'rotations',
    title: 'Announced rotations',
    needs: ['proof'],
    async apply() {
      const calledOff = await job.callOffRotations();
      return calledOff === 0 ? 'there were none' : `${calledOff} called off`;
    },
  };
}
