import { startTestRedis } from '../../test/support/redis.ts';
import { startChild } from '../children.ts';
import type { Measured, Row } from '../report.ts';
import { median, percentile } from '../statistics.ts';
import type { KeeperOrder, MemoryFigures, ReadFigures, SweepFigures } from './keeper.ts';

/** Finished requests of a year at 200 a day, and those of one day. */
const [YEAR, DAY] = [73_000, 200];
const ROUNDS = 7;
const READS = 100;
const MIB = 1_048_576;

interface Samples {
  readonly year: readonly SweepFigures[];
  readonly day: readonly SweepFigures[];
}

/** What a year of requests costs: the sweep and what people read, against the first day, and memory, against keeping all of it. */
export async function measureHistory(quick: boolean): Promise<Measured> {
  const count = quick ? YEAR / 10 : YEAR;
  const [year, day] = await Promise.all([openKeeper(count), openKeeper(DAY)]);
  const samples: { year: SweepFigures[]; day: SweepFigures[] } = { year: [], day: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    samples.year.push(await year.sweep());
    samples.day.push(await day.sweep());
  }
  const reads = { year: await year.read(READS), day: await day.read(READS) };
  const memory = await year.forget();
  await Promise.all([year.stop(), day.stop()]);
  const rows = [...rowsOf(count, samples), memoryRow(count, memory), ...readRows(count, reads)];
  return { rows, samples: { ...samples, reads, memory } };
}

interface Keeper {
  sweep(): Promise<SweepFigures>;
  read(times: number): Promise<ReadFigures>;
  forget(): Promise<MemoryFigures>;
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
    read: async (times) => (await ask({ reads: times })) as ReadFigures,
    forget: async () => (await ask({ forget: true })) as MemoryFigures,
    async stop() {
      await child.stop();
      await server.stop();
    },
  };
}

function memoryRow(count: number, { everything, forgotten, auditEntries }: MemoryFigures): Row {
  return {
    name: `Redis with ${count} requests of a year, used memory`,
    product: `${(forgotten / MIB).toFixed(0)} MiB with what is kept, and ${auditEntries} audit entries`,
    baseline: `${(everything / MIB).toFixed(0)} MiB with all of it, as commit 8e0b9dc keeps it`,
    value: forgotten / everything,
    atMost: 0.2,
  };
}

function readRows(count: number, { year, day }: { year: ReadFigures; day: ReadFigures }): Row[] {
  return Object.entries(year).map(([what, taken]) => ({
    name: `${what} with ${count} finished requests, p95 in ms`,
    product: `${percentile(taken, 0.95).toFixed(1)} ms`,
    baseline: `${percentile(day[what] ?? [], 0.95).toFixed(1)} ms with ${DAY}`,
    value: percentile(taken, 0.95),
    atMost: 50,
  }));
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
