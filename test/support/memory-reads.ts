import type { Budgets } from '../../src/ports/limits.ts';
import type { SlackReads } from '../../src/ports/messenger.ts';

/** A budget that is never used up: what Redis counts has tests of its own. */
export const UNLIMITED: Budgets = {
  take: async () => ({ taken: true, waitMs: 0 }),
  pause: async () => undefined,
};

/** What one process read, without a Redis. */
export function memoryReads(): SlackReads {
  const names = new Map<string, string | undefined>();
  const groups = new Map<string, { readonly members: readonly string[]; readonly at: number }>();
  return {
    names: async (ids) => new Map(ids.flatMap((id) => (names.has(id) ? [[id, names.get(id)]] : []))),
    saveName: async (id, name) => void names.set(id, name),
    async members(group) {
      const known = groups.get(group);
      return known && { members: known.members, ageMs: Date.now() - known.at };
    },
    saveMembers: async (group, members) => void groups.set(group, { members, at: Date.now() }),
  };
}
