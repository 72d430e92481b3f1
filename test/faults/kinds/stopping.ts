import { atWrite, disturbed } from '../disturb.ts';
import type { Try } from '../fault.ts';
import type { Lane } from '../lane.ts';

const FAULT = 'all Kastellans are told to stop, and started again';

/** What an update of Kastellan does to what is under way; whoever does not end in order has fallen. */
export function stoppingFaults(): Try[] {
  return [
    ...['1', '2', '3'].map((variant) =>
      disturbed({
        fault: FAULT,
        variant,
        async running(lane, _id, dice) {
          await atWrite(lane, 1 + dice.roll(30));
          await restart(lane);
        },
      }),
    ),
    disturbed({
      fault: FAULT,
      variant: 'while Helm is at work',
      async running(lane) {
        await atWrite(lane, 1, /deployments/);
        await restart(lane);
      },
    }),
  ];
}

async function restart({ fleet }: Lane): Promise<void> {
  await fleet.stop();
  await fleet.complete();
}
