import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startKastellan } from '../../sandbox/kastellan.ts';
import { startSandbox } from '../../sandbox/world.ts';
import { startTestRedis } from '../../test/support/redis.ts';
import { type Memory, memoryOf, startChild } from '../children.ts';
import type { Measured, Row } from '../report.ts';
import { median } from '../statistics.ts';

/** One process, from its start to its rest. */
interface IdleSample {
  readonly startMs: number;
  readonly memory: Memory;
}

interface Pair {
  readonly libraries: IdleSample;
  readonly kastellan: IdleSample;
}

/** What one process with all roles costs at rest, against one that only loads the same libraries. */
export async function measureIdle(quick: boolean): Promise<Measured> {
  const [count, settleMs] = quick ? [3, 5_000] : [7, 15_000];
  const home = await mkdtemp(join(tmpdir(), 'kastellan-bench-'));
  const redis = await startTestRedis();
  const sandbox = await startSandbox({ home });
  // A Redis of its own is another process; what is measured here is Kastellan.
  const environment = { ...sandbox.environment, KASTELLAN_REDIS_URL: redis.url };
  const pairs: Pair[] = [];
  // The first pair only brings the files into memory.
  for (let index = 0; index <= count; index += 1) {
    const pair = await onePair(environment, home, index === 0 ? 0 : settleMs, index % 2 === 0);
    if (index > 0) pairs.push(pair);
  }
  const slackAlone = await modulesOf({ ...environment, KASTELLAN_ROLES: 'slack' }, home);
  const allRoles = await modulesOf(environment, home);
  await sandbox.close();
  await redis.stop();
  await rm(home, { recursive: true });
  return {
    rows: rowsOf(pairs, slackAlone, allRoles),
    samples: { settleMs, pairs, modules: { slackAlone: slackAlone.length, allRoles: allRoles.length } },
  };
}

async function onePair(
  environment: Record<string, string>,
  home: string,
  settleMs: number,
  librariesFirst: boolean,
): Promise<Pair> {
  const libraries = () => startChild('./idle/libraries.ts');
  const kastellan = async () => {
    const began = performance.now();
    const started = await startKastellan(environment, join(home, 'kastellan.log'));
    return { ...started, startMs: performance.now() - began };
  };
  // One after the other, so that neither starts while the other does.
  const early = librariesFirst ? await libraries() : undefined;
  const product = await kastellan();
  const bare = early ?? (await libraries());
  await sleep(settleMs);
  const [bareMemory, productMemory] = await Promise.all([memoryOf(bare.pid), memoryOf(product.pid)]);
  await product.stop();
  await bare.stop();
  return {
    libraries: { startMs: bare.startMs, memory: bareMemory },
    kastellan: { startMs: product.startMs, memory: productMemory },
  };
}

/** Everything a process loads until it is ready. */
async function modulesOf(environment: Record<string, string>, home: string): Promise<string[]> {
  const file = join(home, 'modules.json');
  const preload = new URL('./trace-modules.ts', import.meta.url).href;
  const traced = { ...environment, NODE_OPTIONS: `--import ${preload}`, BENCH_MODULES: file };
  await (await startKastellan(traced, join(home, 'kastellan.log'))).stop();
  return JSON.parse(await readFile(file, 'utf8'));
}

function rowsOf(pairs: readonly Pair[], slackAlone: readonly string[], allRoles: readonly string[]): Row[] {
  const client = /node_modules\/@kubernetes\//;
  const control = allRoles.filter((url) => client.test(url)).length;
  if (control === 0) throw new Error('The trace of modules sees nothing, so it proves nothing');
  const found = slackAlone.filter((url) => client.test(url)).length;
  const hasPss = pairs.every(({ kastellan }) => kastellan.memory.pss !== undefined);
  return [
    ratioRow(
      pairs,
      'idle memory of one process with all roles (RSS)',
      'MiB',
      1.3,
      ({ memory }) => memory.rss,
    ),
    ...(hasPss
      ? [
          ratioRow(
            pairs,
            'the same, shared pages by share (PSS)',
            'MiB',
            1.3,
            ({ memory }) => memory.pss ?? 0,
          ),
        ]
      : []),
    ratioRow(pairs, 'start to ready of one process with all roles', 'ms', 2, ({ startMs }) => startMs),
    {
      name: 'files of the Kubernetes client in a process with the role slack alone',
      product: `${found} of ${slackAlone.length} files`,
      baseline: `${control} of ${allRoles.length} files with all roles`,
      value: found,
      atMost: 0,
    },
  ];
}

function ratioRow(
  pairs: readonly Pair[],
  name: string,
  unit: string,
  atMost: number,
  figure: (sample: IdleSample) => number,
): Row {
  const own = pairs.map(({ kastellan }) => figure(kastellan));
  const base = pairs.map(({ libraries }) => figure(libraries));
  const ratios = own.map((number, index) => number / (base[index] ?? Number.NaN));
  return {
    name,
    product: `${median(own).toFixed(0)} ${unit}`,
    baseline: `${median(base).toFixed(0)} ${unit}, the same libraries loaded`,
    value: median(ratios),
    atMost,
    spread: [Math.min(...ratios), Math.max(...ratios)],
  };
}
