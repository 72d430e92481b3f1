import { z } from 'zod';
import type { AuditEntry, AuditEvent } from '../../domain/audit/audit.ts';
import { CALENDAR } from '../../domain/requests/request.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { auditEntrySchema } from './schemas.ts';

/*
 * Which entries of the audit log are about a person, a cluster or a request: a list of sequence numbers for each, the oldest
 * first. What was written by a version that does not know them, also beside this one in a rolling update, is put in
 * afterwards, so the lists always go from the first entry to the one that `KEYS.auditIndexed` names, without a gap.
 */

/** Whose index is read; what is narrowest is taken. */
export interface IndexSubject {
  readonly requestId?: string;
  readonly person?: string;
  readonly cluster?: string;
}

/** Lua that puts the entry `seq` into the lists `KEYS[4]` to `KEYS[3 + I]` if every entry before it is in. */
export const INDEX_ENTRY = `
if tonumber(redis.call('GET', KEYS[3]) or '0') >= seq - 1 then
  for i = 1, I do redis.call('RPUSH', KEYS[3 + i], seq) end
  redis.call('SET', KEYS[3], seq)
end`;

const INDEX_MANY = `
if (redis.call('GET', KEYS[1]) or '0') ~= ARGV[1] then return 0 end
for i = 3, #ARGV, 2 do redis.call('RPUSH', KEYS[tonumber(ARGV[i])], ARGV[i + 1]) end
redis.call('SET', KEYS[1], ARGV[2])
return 1`;

const READ = `
local found, seqs = {}, redis.call('LRANGE', KEYS[2], ARGV[1], ARGV[2])
for _, seq in ipairs(seqs) do
  local entry = redis.call('XRANGE', KEYS[1], seq .. '-0', seq .. '-0')[1]
  if entry then found[#found + 1] = entry end
end
return {#seqs, found}`;

// Mostly a few are wanted; a file takes all.
const FIRST_PAGE = 50;
const LARGEST_PAGE = 400;

const storedEntry = z.tuple([z.string(), z.array(z.string())]);
const readAnswer = z.tuple([z.number(), z.array(storedEntry)]);

/** One entry as Redis gives it. */
export type StoredEntry = z.output<typeof storedEntry>;

/** The lists in which an entry stands. What Kastellan did by itself is in no list of a person. */
export function indexesOfEvent({ actor, cluster, requestId, detail }: AuditEvent): string[] {
  const people = [actor, detail?.['beneficiary'], detail?.['person']];
  const names = people.filter((one) => typeof one === 'string' && one !== CALENDAR);
  return [
    ...[...new Set(names)].map((person) => KEYS.auditOf('person', String(person))),
    ...(cluster === undefined ? [] : [KEYS.auditOf('cluster', cluster)]),
    ...(requestId === undefined ? [] : [KEYS.auditOf('request', requestId)]),
  ];
}

/** The last sequence up to which every entry is in the lists. */
export async function indexedUpTo(redis: RedisClient): Promise<number> {
  return Number((await withRedis(() => redis.get(KEYS.auditIndexed))) ?? 0);
}

/**
 * Puts the oldest entries that are not in the lists into them. Two processes may do it at once.
 * @param limit how many at the most
 * @returns whether there may be more
 */
export async function indexSome(redis: RedisClient, limit: number): Promise<boolean> {
  const before = await withRedis(() => redis.get(KEYS.auditIndexed));
  const start = `(${before ?? 0}-0`;
  const found = await withRedis(() => redis.xrange(KEYS.auditEntries, start, '+', 'COUNT', limit));
  const last = found.at(-1);
  if (last === undefined) return false;
  const places = found.flatMap(([id, fields]) =>
    indexesOfText(fields[1]).map((key) => ({ key, sequence: sequenceOf(id) })),
  );
  const keys = [KEYS.auditIndexed, ...new Set(places.map(({ key }) => key))];
  const numbers = new Map(keys.map((key, at) => [key, String(at + 1)]));
  const values = places.flatMap(({ key, sequence }) => [numbers.get(key) ?? '', sequence]);
  await withRedis(() =>
    redis.eval(INDEX_MANY, keys.length, ...keys, before ?? '0', sequenceOf(last[0]), ...values),
  );
  return found.length === limit;
}

function sequenceOf(id: string): string {
  return id.split('-')[0] ?? '';
}

// An entry that cannot be read holds up none that can: the check of the log names it.
function indexesOfText(text: string | undefined): string[] {
  try {
    const entry = auditEntrySchema.safeParse(JSON.parse(text ?? ''));
    return entry.success ? indexesOfEvent(entry.data) : [];
  } catch {
    return [];
  }
}

/**
 * The entries in a list, page by page from the newest on.
 * @param upTo the highest sequence that is wanted
 */
export async function* entriesOf(
  redis: RedisClient,
  subject: IndexSubject,
  upTo: number,
  parse: (stored: StoredEntry) => AuditEntry,
): AsyncGenerator<readonly AuditEntry[]> {
  const key = indexOf(subject);
  let next = upTo;
  let page = FIRST_PAGE;
  for (let from = 1; ; from += page, page = Math.min(2 * page, LARGEST_PAGE)) {
    const range = [String(-(from + page - 1)), String(-from)];
    const answer = await withRedis(() => redis.eval(READ, 2, KEYS.auditEntries, key, ...range));
    const [count, found] = readAnswer.parse(answer);
    // What is added meanwhile moves all others on by a place.
    const entries = found.map(parse).toReversed();
    const wanted = entries.filter(({ sequence }) => sequence <= next);
    yield wanted;
    next = (wanted.at(-1)?.sequence ?? next + 1) - 1;
    if (count < page) return;
  }
}

function indexOf({ requestId, person, cluster }: IndexSubject): string {
  if (requestId !== undefined) return KEYS.auditOf('request', requestId);
  return person === undefined ? KEYS.auditOf('cluster', cluster ?? '') : KEYS.auditOf('person', person);
}
