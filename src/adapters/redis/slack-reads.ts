import { z } from 'zod';
import type { SlackReads } from '../../ports/messenger.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { parseStored } from './stored.ts';

const MEMBERS_MS = 60_000;
const membersSchema = z.array(z.string());

/** What processes read from Slack, one key for each person and group. Raises KastellanError `redis.*`. */
export function createSlackReads(redis: RedisClient): SlackReads {
  return {
    async names(ids) {
      if (ids.length === 0) return new Map();
      const stored = await withRedis(() => redis.mget(ids.map(KEYS.name)));
      return new Map(
        ids.flatMap((id, index) => {
          const name = stored[index] ?? undefined;
          return name === undefined ? [] : [[id, name === '' ? undefined : name] as const];
        }),
      );
    },
    async saveName(id, name, keepMs) {
      await withRedis(() => redis.set(KEYS.name(id), name ?? '', 'PX', keepMs));
    },
    async members(group) {
      const key = KEYS.groupMembers(group);
      // What is left of its time says its age by the clock of Redis alone.
      const [leftMs, stored] = await withRedis(() => Promise.all([redis.pttl(key), redis.get(key)]));
      if (stored === null) return undefined;
      const members = parseStored(membersSchema, stored, `the members of ${group}`);
      return { members, ageMs: MEMBERS_MS - Math.max(0, leftMs) };
    },
    async saveMembers(group, members) {
      const key = KEYS.groupMembers(group);
      await withRedis(() => redis.set(key, JSON.stringify(members), 'PX', MEMBERS_MS));
    },
  };
}
