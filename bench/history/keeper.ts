/**
 * A process that fills a Redis with a history of access requests as Kastellan's own stores write them, and sweeps it as
 * Kastellan does, with a notifier that sends nothing.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { AuditChain } from '../../src/adapters/redis/audit-chain.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { createGrantStore } from '../../src/adapters/redis/grant-store.ts';
import { createJournalStore } from '../../src/adapters/redis/journal-store.ts';
import { createReminderStore } from '../../src/adapters/redis/reminder-store.ts';
import { createRequestStore } from '../../src/adapters/redis/request-store.ts';
import type { Request, RequestOf } from '../../src/domain/requests/request.ts';
import { Secret } from '../../src/domain/secret.ts';
import { sweep } from '../../src/operations/requests/sweep.ts';
import type { World } from '../../src/ports/world.ts';
import { memoryWorld, RULES } from '../../test/support/memory-world.ts';
import { QUIET } from '../../test/support/redis.ts';
import { sampleGrant } from '../../test/support/sample-grant.ts';
import { sampleRequest } from '../../test/support/sample-request.ts';

/** What the process is asked for: a history of so many finished requests, or one sweep. */
export type KeeperOrder = { readonly fill: number } | { readonly sweep: true };

export interface SweepFigures {
  /** Processor time in milliseconds. */
  readonly processorMs: number;
  /** How long the event loop stood still at the most, in milliseconds. */
  readonly longestStallMs: number;
  /** Cards that it drew. */
  readonly drawn: number;
}

const PEOPLE = 40;
const CLUSTERS = 50;
const YEAR_MS = 365 * 86_400_000;
const HOUR_MS = 3_600_000;
/** What is always there besides the history. */
const PENDING = 20;
const JUST_OVER = 8;
const SIDE_BY_SIDE = 8;
const EVENT = { action: 'request.created', actor: 'U0' };

const redis = await connectRedis(new Secret(process.env['BENCH_REDIS'] ?? ''), 'requests', QUIET);
const chain = new AuditChain(redis, { now: () => new Date() });
const requests = createRequestStore(redis, chain);
const grants = createGrantStore(redis, chain);
let drawn = 0;
const world: World = worldOnRedis();

function worldOnRedis(): World {
  const { world: inMemory } = memoryWorld({
    find: async () => undefined,
    findByEmail: async () => undefined,
    membersOf: async () => [],
  });
  return {
    ...inMemory,
    requests,
    grants,
    journal: createJournalStore(redis, chain),
    reminders: createReminderStore(redis, chain, Date.now),
    notifier: { ...inMemory.notifier, show: async () => countCard() },
  };
}

function countCard(): void {
  drawn += 1;
}

async function fill(count: number): Promise<void> {
  const now = Date.now();
  const ended = (index: number): Request => {
    const ago = index < JUST_OVER ? HOUR_MS / 2 : 2 * HOUR_MS + (index / count) * (YEAR_MS - 2 * HOUR_MS);
    return access(`h${index}`, index, 'done', now - ago);
  };
  let next = 0;
  const writeSome = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      const request = ended(index);
      await requests.create(request, EVENT);
      const { id, cluster, asker: beneficiary, createdAt } = request;
      const grant = { id, cluster, beneficiary, asker: beneficiary, createdAt, endsAt: createdAt };
      await grants.create(sampleGrant({ ...grant, state: index < JUST_OVER ? 'active' : 'ended' }), EVENT);
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, writeSome));
  for (let index = 0; index < PENDING; index += 1)
    await requests.create(access(`p${index}`, index, 'pending', now - 3 * HOUR_MS), EVENT);
}

function access(id: string, index: number, state: Request['state'], at: number): RequestOf<'access'> {
  const { spec: _spec, kind: _kind, ...base } = sampleRequest();
  const [level] = RULES.accessLevels;
  if (level === undefined) throw new Error('There is no access level');
  const person = `U${index % PEOPLE}`;
  const time = new Date(at).toISOString();
  const spec = {
    level: level.name,
    roles: level.roles,
    group: level.group,
    beneficiary: person,
    durationMs: HOUR_MS,
    reason: 'Restore shop-db after the failed migration of last night',
  };
  const cluster = `cluster-${index % CLUSTERS}`;
  return {
    ...base,
    id,
    kind: 'access',
    cluster,
    asker: person,
    spec,
    state,
    createdAt: time,
    changedAt: time,
  };
}

async function measureSweep(): Promise<SweepFigures> {
  drawn = 0;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const before = process.cpuUsage();
  await sweep(world);
  const { user, system } = process.cpuUsage(before);
  delay.disable();
  return { processorMs: (user + system) / 1_000, longestStallMs: delay.max / 1e6, drawn };
}

process.on('message', async (order: KeeperOrder) => {
  process.send?.('fill' in order ? await fill(order.fill).then(() => 'filled') : await measureSweep());
});
process.send?.('ready');
