import type { AuditEvent } from '../../domain/audit/audit.ts';
import type { Replacement } from '../../ports/stores.ts';
import type { AuditChain, LinkedWrite } from './audit-chain.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';

/** An entry of a sorted set by which a value is found. */
export interface IndexEntry {
  readonly index: string;
  /** Epoch milliseconds, or `+inf`. */
  readonly score: number | '+inf';
}

/** What a store's values look like, and where they are kept. */
export interface StoredShape<Item> {
  key(id: string): string;
  /** @throws KastellanError `store.corrupt` */
  parse(text: string, id: string): Item;
  /** Every sorted set in which the id of the value stands. */
  indexes?(item: Item): readonly IndexEntry[];
  /** After how many milliseconds Redis drops the value; it is kept if undefined. */
  keepMs?(item: Item): number | undefined;
}

/** A value with a version that is written together with another one, if that version is still the one that is stored. */
interface Versioned {
  readonly key: string;
  /** Its `version` is one above that of the stored value, which has none where nothing is stored. */
  readonly next: { readonly version: number };
}

/** JSON values in Redis, one a key, found by their id and by sorted sets of ids. */
export interface JsonStore<Item> {
  /** @throws KastellanError `store.corrupt`, `redis.*` */
  find(id: string): Promise<Item | undefined>;
  /**
   * The values of a sorted set, by rising score.
   * @param upTo the highest score that is wanted
   * @throws KastellanError `store.corrupt`, `redis.*`
   */
  inIndex(index: string, upTo?: number): Promise<Item[]>;
  /** The values that exist among these ids, in the order of the ids. */
  findEach(ids: readonly string[]): Promise<Item[]>;
  /**
   * Stores a value whose id is free, with its audit event and, if given, with other values.
   * @returns false if the id is taken, or one of the other values has changed
   */
  create(id: string, item: Item, event: AuditEvent, alongside?: readonly Versioned[]): Promise<boolean>;
  /**
   * Compare-and-set in one transaction with the audit event, if there is one.
   * @param isExpected whether the stored value, undefined if there is none, is the one that the caller has seen
   */
  replace(
    id: string,
    next: Item,
    isExpected: (stored: Item | undefined) => boolean,
    event?: AuditEvent,
  ): Promise<Replacement>;
}

// Comparing the whole value is the strictest compare-and-set there is: it also sees a change that kept the version.
const SAME_AS_BEFORE = `
if (redis.call('GET', KEYS[K + 1]) or '') ~= ARGV[A + 1] then return {'conflict'} end`;

// The first moves on to the keys and values of what comes after, and the second looks back.
const ALONGSIDE = `
local besides = tonumber(ARGV[A + 1])
for i = 1, besides do
  local beside = redis.call('GET', KEYS[K + i])
  local version = beside and cjson.decode(beside).version or 0
  if version ~= tonumber(ARGV[A + 2 * i]) then return {'conflict'} end
end
K, A = K + besides, A + 1 + 2 * besides`;
const STORE_ALONGSIDE = `
for i = 0, besides - 1 do redis.call('SET', KEYS[K - i], ARGV[A - 2 * i]) end`;

const STORE_AND_INDEX = `
local value, id, keepMs, left = ARGV[A + 2], ARGV[A + 3], ARGV[A + 4], tonumber(ARGV[A + 5])
for i = 1, left do redis.call('ZREM', KEYS[K + 1 + i], id) end
for i = 1, #KEYS - K - 1 - left do redis.call('ZADD', KEYS[K + 1 + left + i], ARGV[A + 5 + i], id) end
if keepMs == '' then redis.call('SET', KEYS[K + 1], value)
else redis.call('SET', KEYS[K + 1], value, 'PX', keepMs) end`;

const WITHOUT_AUDIT = `local K, A = 0, 0${SAME_AS_BEFORE}${STORE_AND_INDEX}
return {'written'}`;

/** @param chain takes the audit events that are written in the same transaction */
export function createJsonStore<Item>(
  redis: RedisClient,
  chain: AuditChain,
  shape: StoredShape<Item>,
): JsonStore<Item> {
  const { key, parse, indexes = () => [], keepMs = () => undefined } = shape;

  async function read(id: string): Promise<{ text: string; item: Item | undefined }> {
    const text = await withRedis(() => redis.get(key(id)));
    return text === null ? { text: '', item: undefined } : { text, item: parse(text, id) };
  }

  async function findEach(ids: readonly string[]): Promise<Item[]> {
    if (ids.length === 0) return [];
    const stored = await withRedis(() => redis.mget(ids.map(key)));
    return ids.flatMap((id, at) => {
      const text = stored[at];
      return typeof text === 'string' ? [parse(text, id)] : [];
    });
  }

  async function write(
    id: string,
    before: { readonly text: string; readonly item: Item | undefined },
    next: Item,
    event: AuditEvent | undefined,
    alongside: readonly Versioned[] = [],
  ): Promise<boolean> {
    const left = before.item === undefined ? [] : indexes(before.item);
    const entered = indexes(next);
    const values = [before.text, JSON.stringify(next), id, String(keepMs(next) ?? ''), String(left.length)];
    const linked: LinkedWrite = {
      check: SAME_AS_BEFORE,
      write: STORE_AND_INDEX,
      keys: [key(id), ...[...left, ...entered].map(({ index }) => index)],
      values: [...values, ...entered.map(({ score }) => String(score))],
    };
    if (event !== undefined) return 'written' in (await chain.append(event, writtenWith(linked, alongside)));
    const { keys } = linked;
    const answer = await withRedis(() => redis.eval(WITHOUT_AUDIT, keys.length, ...keys, ...linked.values));
    return Array.isArray(answer) && answer[0] === 'written';
  }

  return {
    find: async (id) => (await read(id)).item,
    findEach,
    inIndex: async (index, upTo) =>
      findEach(await withRedis(() => redis.zrangebyscore(index, '-inf', upTo ?? '+inf'))),
    create: (id, item, event, alongside) => write(id, { text: '', item: undefined }, item, event, alongside),
    async replace(id, next, isExpected, event) {
      const before = await read(id);
      if (!isExpected(before.item)) return 'conflict';
      return (await write(id, before, next, event)) ? 'replaced' : 'conflict';
    },
  };
}

function writtenWith(linked: LinkedWrite, alongside: readonly Versioned[]): LinkedWrite {
  if (alongside.length === 0) return linked;
  const besides = alongside.flatMap(({ next }) => [String(next.version - 1), JSON.stringify(next)]);
  return {
    check: ALONGSIDE + linked.check,
    write: STORE_ALONGSIDE + linked.write,
    keys: [...alongside.map(({ key }) => key), ...linked.keys],
    values: [String(alongside.length), ...besides, ...linked.values],
  };
}
