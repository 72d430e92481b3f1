import { type AuditEntry, type ChainCheck, type ChainChecks, checkChain } from '../../domain/audit/audit.ts';
import { KastellanError } from '../../domain/errors.ts';
import type { AuditFilter, AuditLog } from '../../ports/stores.ts';
import { type AuditChain, headText, parseEntry } from './audit-chain.ts';
import { entriesOf, type IndexSubject, indexedUpTo, indexSome } from './audit-index.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';

const PAGE = 500;
// Redis does nothing else while it takes them.
const INDEX_PAGE = 200;

type StreamEntry = [id: string, fields: string[]];

/** The audit log in a Redis stream whose entry ids are the sequence numbers. */
export function createAuditLog(redis: RedisClient, chain: AuditChain): AuditLog {
  const keyId = chain.keys.current?.id;
  return {
    ...(keyId !== undefined && { keyId }),
    append: (event) => chain.append(event),
    async latest(limit) {
      const entries = await withRedis(() =>
        redis.xrevrange(KEYS.auditEntries, '+', '-', 'COUNT', Math.max(1, limit)),
      );
      return entries.slice(0, limit).map(parseEntry);
    },
    read: (filter) => read(redis, filter),
    async index(limit) {
      for (let left = limit; left > 0; left -= INDEX_PAGE) {
        if (!(await indexSome(redis, INDEX_PAGE))) return;
      }
    },
    async after(sequence, limit) {
      const start = `(${sequence}-0`;
      const found = await withRedis(() => redis.xrange(KEYS.auditEntries, start, '+', 'COUNT', limit));
      return found.map(parseEntry);
    },
    async find(sequence) {
      const id = `${sequence}-0`;
      const [found] = await withRedis(() => redis.xrange(KEYS.auditEntries, id, id));
      return found === undefined ? undefined : parseEntry(found);
    },
    verify: (anchors = []) => verify(redis, { keys: chain.keys, anchors, now: chain.clock.now() }),
  };
}

// What is not in the indexes yet is read as it lies, from the newest entry on.
async function read(redis: RedisClient, filter: AuditFilter): Promise<AuditEntry[]> {
  if (filter.requestIds?.size === 0) return [];
  const indexed = await indexedUpTo(redis);
  const found = await firstWanted(newerThan(redis, indexed), filter);
  if (found.isAll) return found.entries;
  const limit = filter.limit - found.entries.length;
  const indexes = subjectsOf(filter).map((subject) => entriesOf(redis, subject, indexed, parseEntry));
  const older = await Promise.all(indexes.map((pages) => firstWanted(pages, { ...filter, limit })));
  const entries = older.flatMap((each) => each.entries).toSorted((a, b) => b.sequence - a.sequence);
  return [...found.entries, ...entries.slice(0, limit)];
}

function subjectsOf({ requestIds, person, cluster }: AuditFilter): IndexSubject[] {
  if (requestIds !== undefined) return [...requestIds].map((requestId) => ({ requestId }));
  if (person !== undefined) return [{ person }];
  return cluster === undefined ? [] : [{ cluster }];
}

async function* newerThan(redis: RedisClient, sequence: number): AsyncGenerator<readonly AuditEntry[]> {
  const oldest = `(${sequence}-0`;
  for (let newest = '+'; ; ) {
    const page = await withRedis(() => redis.xrevrange(KEYS.auditEntries, newest, oldest, 'COUNT', PAGE));
    yield page.map(parseEntry);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    newest = `(${last[0]}`;
  }
}

/** The newest that are wanted, and whether no older one can be wanted besides. */
async function firstWanted(
  pages: AsyncIterable<readonly AuditEntry[]>,
  filter: AuditFilter,
): Promise<{ entries: AuditEntry[]; isAll: boolean }> {
  const entries: AuditEntry[] = [];
  for await (const page of pages) {
    const recent = page.filter(({ at }) => filter.since === undefined || at >= filter.since);
    entries.push(...recent.filter((entry) => isWanted(entry, filter)));
    if (entries.length >= filter.limit || recent.length < page.length)
      return { entries: entries.slice(0, filter.limit), isAll: true };
  }
  return { entries, isAll: false };
}

function isWanted({ requestId, cluster, actor, detail }: AuditEntry, filter: AuditFilter): boolean {
  const { requestIds, exceptRequestIds, person } = filter;
  if (requestIds !== undefined && (requestId === undefined || !requestIds.has(requestId))) return false;
  if (requestId !== undefined && exceptRequestIds?.has(requestId) === true) return false;
  if (filter.cluster !== undefined && cluster !== filter.cluster) return false;
  return person === undefined || [actor, detail?.['beneficiary'], detail?.['person']].includes(person);
}

// The end is fixed first, so that entries which are written meanwhile do not look like damage.
async function verify(redis: RedisClient, checks: ChainChecks): Promise<ChainCheck> {
  const { head, newest } = await readEnd(redis);
  if (newest === undefined) {
    return head === null
      ? checkChain([], checks)
      : { intact: false, sequence: Number(head.split(':')[0]), problem: 'all entries were removed' };
  }
  const check = await walk(redis, checks, newest[0]);
  if (!check.intact) return check;
  if (head === headText({ sequence: check.entries, hash: check.lastHash })) return check;
  return endProblem(head, check.entries);
}

function endProblem(head: string | null, entries: number): ChainCheck {
  if (head === null)
    return { intact: false, sequence: entries, problem: 'the note of the newest entry was removed' };
  const noted = Number(head.split(':')[0]);
  if (noted > entries) return { intact: false, sequence: entries + 1, problem: `entry ${noted} is missing` };
  return { intact: false, sequence: noted + 1, problem: 'it was not added by Kastellan' };
}

async function readEnd(
  redis: RedisClient,
): Promise<{ head: string | null; newest: StreamEntry | undefined }> {
  const results = await withRedis(() =>
    redis.multi().get(KEYS.auditHead).xrevrange(KEYS.auditEntries, '+', '-', 'COUNT', 1).exec(),
  );
  const head = results?.[0]?.[1] as string | null;
  const [newest] = (results?.[1]?.[1] ?? []) as StreamEntry[];
  return { head, newest };
}

async function walk(redis: RedisClient, checks: ChainChecks, lastId: string): Promise<ChainCheck> {
  const progress = { sequence: 0 };
  try {
    return await checkChain(entriesUpTo(redis, lastId, progress), checks);
  } catch (error) {
    // An entry that cannot be read at all is a broken chain, not a broken check.
    if (!(error instanceof KastellanError) || error.code !== 'store.corrupt') throw error;
    return { intact: false, sequence: progress.sequence + 1, problem: 'it cannot be read' };
  }
}

async function* entriesUpTo(
  redis: RedisClient,
  lastId: string,
  progress: { sequence: number },
): AsyncGenerator<AuditEntry> {
  let start = '-';
  for (;;) {
    const page = await withRedis(() => redis.xrange(KEYS.auditEntries, start, lastId, 'COUNT', PAGE));
    for (const item of page) {
      const entry = parseEntry(item);
      progress.sequence = entry.sequence;
      yield entry;
    }
    const end = page.at(-1);
    if (end === undefined || page.length < PAGE) return;
    start = `(${end[0]}`;
  }
}
