/**
 * A process that fills a Redis with a history of access requests as Kastellan's own stores write them, sweeps and reads it as
 * Kastellan does, with a notifier that sends nothing, and forgets what is too old.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { AuditChain } from '../../src/adapters/redis/audit-chain.ts';
import { createAuditLog } from '../../src/adapters/redis/audit-log.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { createGrantStore } from '../../src/adapters/redis/grant-store.ts';
import { createHistory } from '../../src/adapters/redis/history.ts';
import { createJournalStore } from '../../src/adapters/redis/journal-store.ts';
import { createStoreMemory } from '../../src/adapters/redis/memory.ts';
import { createReminderStore } from '../../src/adapters/redis/reminder-store.ts';
import { createRequestStore } from '../../src/adapters/redis/request-store.ts';
import { createMessageRecords } from '../../src/adapters/redis/sent-messages.ts';
import { type AuditEvent, chainEntry } from '../../src/domain/audit/audit.ts';
import { ofKind, type Request, type RequestOf } from '../../src/domain/requests/request.ts';
import { Secret } from '../../src/domain/secret.ts';
import { accessStories } from '../../src/operations/audit/access-story.ts';
import { forgetHistory } from '../../src/operations/requests/forget-history.ts';
import { sweep } from '../../src/operations/requests/sweep.ts';
import { loadHome } from '../../src/operations/status/load-home.ts';
import type { World } from '../../src/ports/world.ts';
import { MOST_SHOWN } from '../../src/slack/audit/story-message.ts';
import { MOST_DECISIONS } from '../../src/slack/status/home-view.ts';
import { accessFacts } from '../../src/workflows/access/access-facts.ts';
import { viewRequest } from '../../src/workflows/requests/show-request.ts';
import { memoryWorld, RULES } from '../../test/support/memory-world.ts';
import { QUIET } from '../../test/support/redis.ts';
import { sampleGrant } from '../../test/support/sample-grant.ts';
import { sampleRequest } from '../../test/support/sample-request.ts';

/** What the process is asked for: a history of so many finished requests, one sweep, so many of each read, or to forget. */
export type KeeperOrder =
  | { readonly fill: number }
  | { readonly sweep: true }
  | { readonly reads: number }
  | { readonly forget: true };

/** How much memory Redis uses, in bytes. */
export interface MemoryFigures {
  /** With everything that was ever stored, and no index of the audit log: as commit 8e0b9dc keeps it. */
  readonly everything: number;
  readonly indexed: number;
  /** Once what is older than the default was forgotten. */
  readonly forgotten: number;
  readonly auditEntries: number;
}

/** How long each read took, in milliseconds, by what was read. */
export type ReadFigures = Readonly<Record<string, readonly number[]>>;

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
const AT_ONCE = 100;
const KEEP_MS = 90 * 86_400_000;
const READER = 'U0APPROVER';
// What becomes of a request besides being created and granted.
const LIFE = [
  'request.planned',
  'request.approved',
  'request.started',
  'step.started',
  'grant.noted',
  'step.done',
  'request.done',
  'grant.ending',
  'grant.ended',
];

const redis = await connectRedis(new Secret(process.env['BENCH_REDIS'] ?? ''), 'requests', QUIET);
const chain = new AuditChain(redis, { now: () => new Date() });
const requests = createRequestStore(redis, chain);
const grants = createGrantStore(redis, chain);
const records = createMessageRecords(redis);
let drawn = 0;
let [everything, indexed] = [0, 0];
const world: World = worldOnRedis();

function worldOnRedis(): World {
  const { world: inMemory } = memoryWorld({
    find: async () => undefined,
    findByEmail: async () => undefined,
    membersOf: async () => [READER],
  });
  return {
    ...inMemory,
    requests,
    grants,
    audit: createAuditLog(redis, chain),
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
      await requests.create(request, event(request, 'request.created'));
      const { id, cluster, asker: beneficiary, createdAt } = request;
      const grant = { id, cluster, beneficiary, asker: beneficiary, createdAt, endsAt: createdAt };
      const person = { objectId: `entra-${beneficiary}`, name: beneficiary };
      const state = index < JUST_OVER ? 'active' : 'ended';
      await grants.create(sampleGrant({ ...grant, person, state }), event(request, 'grant.granted'));
      const step = { step: 'membership', startedAt: createdAt, memory: {}, attempts: 1 } as const;
      await world.journal.write(id, { ...step, state: 'done' });
      await records.save(id, { channel: 'C0APPROVALS', ts: '1700000000.000100', shownVersion: 1 });
      await records.markTold({ cardId: id, to: beneficiary, topic: 'done-1' });
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, writeSome));
  for (let index = 0; index < PENDING; index += 1) {
    const request = access(`p${index}`, index, 'pending', now - 3 * HOUR_MS);
    await requests.create(request, event(request, 'request.created'));
  }
  // The oldest first, as it was.
  for (let to = count; to > 0; to -= AT_ONCE)
    await live(Array.from({ length: Math.min(to, AT_ONCE) }, (_, at) => ended(to - 1 - at)));
  await dropIndexes();
  everything = await usedBytes();
  // Until the last one is indexed: that is the newest.
  for (let last = '', known = ''; last === '' || last !== known; ) {
    await world.audit.index(10_000);
    known = (await redis.get('{kastellan}:audit:indexed')) ?? '';
    last = String((await world.audit.latest(1))[0]?.sequence);
  }
  indexed = await usedBytes();
}

function event({ id, cluster, asker }: Request, action: string): AuditEvent {
  const actor = action.startsWith('request.created') ? asker : READER;
  return { action, actor, requestId: id, cluster, detail: { beneficiary: asker, durationMs: HOUR_MS } };
}

/** Appends what became of these requests, as a version without indexes does, many at once. */
async function live(many: readonly Request[]): Promise<void> {
  const pipeline = redis.pipeline();
  let [last] = await world.audit.latest(1);
  for (const request of many)
    for (const action of LIFE) {
      last = chainEntry(event(request, action), request.changedAt, last);
      pipeline.xadd('{kastellan}:audit:entries', `${last.sequence}-0`, 'entry', JSON.stringify(last));
    }
  pipeline.set('{kastellan}:audit:head', `${last?.sequence}:${last?.hash}`);
  await pipeline.exec();
}

async function dropIndexes(): Promise<void> {
  for (const pattern of ['{kastellan}:audit-of-*', '{kastellan}:access-for:*', '{kastellan}:audit:indexed'])
    for (const key of await redis.keys(pattern)) await redis.unlink(key);
}

async function usedBytes(): Promise<number> {
  return (await createStoreMemory(redis).read())?.usedBytes ?? Number.NaN;
}

async function forget(): Promise<MemoryFigures> {
  const forgetting = { ...world, history: createHistory(redis) };
  await forgetHistory(forgetting, KEEP_MS, Number.MAX_SAFE_INTEGER);
  const auditEntries = await redis.xlen('{kastellan}:audit:entries');
  return { everything, indexed, forgotten: await usedBytes(), auditEntries };
}

async function measureReads(times: number): Promise<ReadFigures> {
  const most = MOST_SHOWN;
  const pending = await world.requests.list({ kind: 'access', states: ['pending'] });
  const card = (at: number) => pending[at % pending.length];
  const reads: Readonly<Record<string, (at: number) => Promise<unknown>>> = {
    'audit of a person': (at) => accessStories(world, READER, { person: `U${at % PEOPLE}`, most }),
    'audit of a cluster': (at) => accessStories(world, READER, { cluster: `cluster-${at % CLUSTERS}`, most }),
    'home tab': readHome,
    'card of access': async (at) => viewRequest(world, card(at) ?? access('none', at, 'pending', 0)),
  };
  const figures: [string, number[]][] = [];
  for (const [name, read] of Object.entries(reads)) figures.push([name, await timesOf(read, times)]);
  return Object.fromEntries(figures);
}

async function readHome(): Promise<void> {
  const { decisions } = await loadHome(world, READER);
  const shown = decisions.slice(0, MOST_DECISIONS).filter(ofKind('access'));
  await Promise.all(shown.map((request) => accessFacts(world, request)));
}

async function timesOf(read: (at: number) => Promise<unknown>, times: number): Promise<number[]> {
  const taken: number[] = [];
  // The first ones also load code.
  for (let at = -20; at < times; at += 1) {
    const began = performance.now();
    await read(Math.abs(at));
    if (at >= 0) taken.push(performance.now() - began);
  }
  return taken;
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

async function answerTo(order: KeeperOrder): Promise<unknown> {
  if ('fill' in order) return fill(order.fill).then(() => 'filled');
  if ('reads' in order) return measureReads(order.reads);
  return 'forget' in order ? forget() : measureSweep();
}

process.on('message', async (order: KeeperOrder) => {
  process.send?.(await answerTo(order));
});
process.send?.('ready');
