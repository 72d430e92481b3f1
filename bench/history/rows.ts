import { startTestRedis } from '../../test/support/redis.ts';
import { startChild } from '../children.ts';
import type { Measured, Row } from '../report.ts';
import { median } from '../statistics.ts';
import type { KeeperOrder, SweepFigures } from './keeper.ts';

/** Finished requests of a year at 200 a day, and those of one day. */
const [YEAR, DAY] = [73_000, 200];
const ROUNDS = 7;

interface Samples {
  readonly year: readonly SweepFigures[];
  readonly day: readonly SweepFigures[];
}

/** What the sweep costs when Kastellan has lived for a year, against what it cost after its first day. */
export async function measureHistory(quick: boolean): Promise<Measured> {
  const count = quick ? YEAR / 10 : YEAR;
  const [year, day] = await Promise.all([openKeeper(count), openKeeper(DAY)]);
  const samples: { year: SweepFigures[]; day: SweepFigures[] } = { year: [], day: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    samples.year.push(await year.sweep());
    samples.day.push(await day.sweep());
  }
  await Promise.all([year.stop(), day.stop()]);
  return { rows: rowsOf(count, samples), samples };
}

interface Keeper {
  sweep(): Promise<SweepFigures>;
  stop(): Promise<void>;
}

async function openKeeper(count: number): Promise<Keeper> {
  const server = await startTestRedis(['appendonly no']);
  const child = await startChild('./history/keeper.ts', { BENCH_REDIS: server.url });
  const ask = (order: KeeperOrder): Promise<unknown> => child.ask(order);
  await ask({ fill: count });
  // The first one also loads code and opens connections.
  await ask({ sweep: true });
  return {
    sweep: async () => (await ask({ sweep: true })) as SweepFigures,
    async stop() {
      await child.stop();
      await server.stop();
    },
  };
}

function rowsOf(count: number, { year, day }: Samples): Row[] {
  const processor = (of: readonly SweepFigures[]): number => median(of.map(({ processorMs }) => processorMs));
  const stalls = (of: readonly SweepFigures[]): number =>
    median(of.map(({ longestStallMs }) => longestStallMs));
  const drawn = year[0]?.drawn ?? 0;
  return [
    {
      name: `a sweep with ${count} finished requests, processor time`,
      product: `${processor(year).toFixed(1)} ms, ${drawn} cards looked at`,
      baseline: `${processor(day).toFixed(1)} ms with ${DAY}`,
      value: processor(year) / processor(day),
      // Of each person who has a card, 100 requests are read at the most.
      atMost: 3,
    },
    {
      name: `a sweep with ${count} finished requests, longest stall in ms`,
      product: `${stalls(year).toFixed(1)} ms`,
      baseline: `${stalls(day).toFixed(1)} ms with ${DAY}`,
      value: stalls(year),
      atMost: 10,
    },
  ];
}
