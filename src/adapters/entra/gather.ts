import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Lets those who ask for the same thing at the same time share one read. Who asks while a read is under way shares the
 * next one: what was begun before may not show what they have just done.
 */
export function shareReads<T>(read: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const running = new Map<string, Promise<T>>();
  const next = new Map<string, Promise<T>>();

  function start(key: string): Promise<T> {
    const now = read(key).finally(() => {
      if (running.get(key) === now) running.delete(key);
    });
    running.set(key, now);
    return now;
  }

  return (key) => {
    const now = running.get(key);
    if (now === undefined) return start(key);
    const waiting = next.get(key);
    if (waiting !== undefined) return waiting;
    const after = now
      .catch(() => undefined)
      .then(() => {
        next.delete(key);
        return start(key);
      });
    next.set(key, after);
    return after;
  };
}

/** What became of one item of a batch. */
export type ItemOutcome = { readonly done: boolean } | { readonly thrown: unknown };

interface Batch {
  readonly items: Map<string, PromiseWithResolvers<boolean>>;
  /** Runs something as a part of what the first who asked is doing: its calls belong to that request's trace. */
  readonly asFirst: <T>(run: () => T) => T;
}

/**
 * Gathers what is asked for at the same time into batches, one batch at a time for each key.
 * @param run does the whole batch; an item it says nothing of is done, and what it throws is thrown for all
 * @returns asks for one item, and gives whether there was something to do
 */
export function gather(
  run: (key: string, items: readonly string[]) => Promise<ReadonlyMap<string, ItemOutcome>>,
): (key: string, item: string) => Promise<boolean> {
  const waiting = new Map<string, Batch>();
  const busy = new Set<string>();

  async function work(key: string): Promise<void> {
    busy.add(key);
    try {
      for (let batch = take(key); batch !== undefined; batch = take(key)) await settle(key, batch);
    } finally {
      busy.delete(key);
    }
  }

  function take(key: string): Batch | undefined {
    const batch = waiting.get(key);
    waiting.delete(key);
    return batch;
  }

  async function settle(key: string, { items, asFirst }: Batch): Promise<void> {
    try {
      const outcomes = await asFirst(() => run(key, [...items.keys()]));
      for (const [item, { resolve, reject }] of items) {
        const outcome = outcomes.get(item) ?? { done: true };
        if ('thrown' in outcome) reject(outcome.thrown);
        else resolve(outcome.done);
      }
    } catch (thrown) {
      for (const { reject } of items.values()) reject(thrown);
    }
  }

  return (key, item) => {
    const batch = waiting.get(key) ?? { items: new Map(), asFirst: AsyncLocalStorage.snapshot() };
    waiting.set(key, batch);
    const asked = batch.items.get(item) ?? Promise.withResolvers<boolean>();
    batch.items.set(item, asked);
    // Begun only after everybody who asks at this very moment has asked.
    if (!busy.has(key)) {
      busy.add(key);
      setImmediate(() => void work(key));
    }
    return asked.promise;
  };
}
