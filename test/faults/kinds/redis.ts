import { setTimeout as pause } from 'node:timers/promises';
import { atWrite, disturbed } from '../disturb.ts';
import type { Try } from '../fault.ts';
import type { Lane } from '../lane.ts';

// Longer than it takes an approval to reach a worker that finds the lease taken.
const HELD_MS = 8_000;

export function redisFaults(): Try[] {
  return [
    ...['1', '2', '3'].map((variant) =>
      disturbed({
        fault: 'Redis restarts in the middle',
        variant,
        async running(lane, _id, dice) {
          await atWrite(lane, 1 + dice.roll(20));
          await lane.redisServer.restart();
        },
      }),
    ),
    ...['1', '2'].map((variant) =>
      disturbed({
        fault: 'Redis dies and is back after seconds',
        variant,
        async running(lane, _id, dice) {
          await atWrite(lane, 1 + dice.roll(20));
          await lane.redisServer.kill();
          await pause(1_000 * (1 + dice.roll(9)));
          await lane.redisServer.restart();
        },
      }),
    ),
    ...(['dies', 'lives on'] as const).flatMap((old) =>
      ['1', '2'].map((variant) =>
        disturbed({
          fault: 'Redis fails over to a replica',
          variant: `and the old primary ${old} ${variant}`,
          async running(lane, _id, dice) {
            await atWrite(lane, 1 + dice.roll(20));
            await lane.redisServer.failOver(old);
            lane.redis.disconnect(true);
          },
        }),
      ),
    ),
    disturbed({
      fault: 'a job is lost from the queue',
      variant: 'after the approval',
      // Somebody else seems to be at work, so the job waits in the queue; there it is lost.
      pending: (lane, id) => holdLease(lane, id),
      running: async (lane, id) => {
        await lane.untilState(id, ['approved'], 'pending');
        await loseJobs(lane);
      },
    }),
    {
      fault: 'a job is lost from the queue',
      variant: 'while it is planned',
      async run(lane) {
        const watch = setInterval(() => void loseJobs(lane), 20);
        const id = await lane.submitForm().finally(() => clearInterval(watch));
        await lane.untilState(id, ['pending']);
        await lane.press(id, 'request.withdraw', 'asker');
        await lane.untilState(id, ['withdrawn'], 'pending');
        return { broken: [] };
      },
    },
  ];
}

async function holdLease(lane: Lane, id: string): Promise<void> {
  const lease = JSON.stringify({ holder: id, token: 'held by the campaign' });
  await lane.redis.set(`{kastellan}:lease:request:${id}`, lease, 'PX', HELD_MS);
}

async function loseJobs({ redis }: Lane): Promise<void> {
  const keys = await redis.keys('{kastellan}:jobs:requests:*');
  if (keys.length > 0) await redis.del(keys);
}
