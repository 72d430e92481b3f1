import { asKastellanError } from '../../domain/errors.ts';
import type { Names, SlackReads } from '../../ports/messenger.ts';

const WITHIN_MS = 5_000;
const CONCURRENCY = 4;
const KNOWN_MS = 24 * 3_600_000;
// Whom Slack does not know, or could not tell of, is not asked for again by the next list.
const UNKNOWN_MS = 10 * 60_000;

interface NamesOptions {
  readonly reads: SlackReads;
  readonly now: () => number;
  /** @throws KastellanError `slack.*`; `slack.rate-limited` where Slack may not be asked within so many milliseconds */
  read(slackUserId: string, withinMs: number): Promise<string | undefined>;
}

/** Names that processes share, and that are read for a list as far as Slack's limits allow within seconds. */
export function createNames({ reads, now, read }: NamesOptions): Names & {
  /** Shares a name that was read for something else; Redis may be away. */
  remember(slackUserId: string, name: string | undefined): void;
} {
  const save = (id: string, name: string | undefined) =>
    reads.saveName(id, name, name === undefined ? UNKNOWN_MS : KNOWN_MS).catch(() => undefined);

  return {
    remember: (id, name) => void save(id, name),
    async find(ids) {
      const found = new Map(await reads.names(ids));
      const unread = [...new Set(ids)].filter((id) => !found.has(id));
      const until = now() + WITHIN_MS;
      const readInTurn = async () => {
        for (let id = unread.shift(); id !== undefined && now() < until; id = unread.shift()) {
          try {
            found.set(id, await read(id, until - now()));
          } catch (thrown) {
            if (asKastellanError(thrown).code === 'slack.rate-limited') return void unread.splice(0);
          }
          await save(id, found.get(id));
        }
      };
      await Promise.all(Array.from({ length: CONCURRENCY }, readInTurn));
      return new Map([...found].flatMap(([id, name]) => (name === undefined ? [] : [[id, name] as const])));
    },
  };
}
