import type { Grant } from '../../domain/access/grant.ts';
import type { Request } from '../../domain/requests/request.ts';
import type { History } from '../../ports/stores.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { indexesOfGrant } from './grant-store.ts';
import { ANY, KEYS } from './keys.ts';
import { indexesOfRequest } from './request-store.ts';
import { parseGrant, parseRequest } from './schemas.ts';

// What has changed since it was read, or is there by now, stays with all that belongs to it.
const FORGET = `
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[2] then return 0 end
local sets = tonumber(ARGV[4])
for i = 3, 2 + sets do redis.call('ZREM', KEYS[i], ARGV[3]) end
for i = 3 + sets, #KEYS do redis.call('DEL', KEYS[i]) end
redis.call('DEL', KEYS[1], KEYS[2])
return 1`;

/** The requests of earlier days, each with all that Redis keeps of it. */
export function createHistory(redis: RedisClient): History {
  return {
    async oldest(kind, before, { offset, limit }) {
      const index = KEYS.requests(ANY, ANY, kind);
      const upTo = `(${before.getTime()}`;
      const ids = await withRedis(() => redis.zrangebyscore(index, '-inf', upTo, 'LIMIT', offset, limit));
      if (ids.length === 0) return [];
      const texts = await withRedis(() => redis.mget(ids.map(KEYS.request)));
      return ids.map((id, at) => readable(() => parseRequest(texts[at] ?? '', id)));
    },
    async forget(request, grant) {
      const { id } = request;
      const [requestText, grantText] = await withRedis(() => redis.mget(KEYS.request(id), KEYS.grant(id)));
      if (!isThis(requestText, request, parseRequest) || !isThis(grantText, grant, parseGrant)) return false;
      const sets = [
        ...indexesOfRequest(request).map(({ index }) => index),
        ...(grant === undefined ? [] : indexesOfGrant(grant).map(({ index }) => index)),
        KEYS.messagesWanted,
      ];
      const keys = [KEYS.request(id), KEYS.grant(id), ...sets, ...keysOf(id)];
      const values = [requestText ?? '', grantText ?? '', id, String(sets.length)];
      return (await withRedis(() => redis.eval(FORGET, keys.length, ...keys, ...values))) === 1;
    },
  };
}

// One that a newer version wrote, or a person broke, holds up no other.
function readable(read: () => Request): Request | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function isThis<Item extends Request | Grant>(
  text: string | null | undefined,
  item: Item | undefined,
  parse: (text: string, id: string) => Item,
): boolean {
  if (item === undefined || typeof text !== 'string') return item === undefined && typeof text !== 'string';
  return parse(text, item.id).version === item.version;
}

/** What else there is of a request. */
function keysOf(id: string): string[] {
  return [
    KEYS.journal(id),
    KEYS.message(id),
    KEYS.cardSeal(id),
    KEYS.cardContents(id),
    KEYS.messageClaim(id),
    KEYS.notified(id),
    KEYS.auditOf('request', id),
  ];
}
