import { oneOfAll } from '../../domain/errors.ts';

/**
 * Does the same for many, a few at a time.
 * @param atOnce how many at a time
 * @returns the results in the order of the items
 * @throws the one failure, or the first with what the others say, once all had their turn: what goes wrong for one must not keep the others waiting
 */
export async function forEachConcurrently<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const failures: unknown[] = [];
  const waiting = items.entries();
  const workOff = async (): Promise<void> => {
    for (const [index, item] of waiting) {
      try {
        results[index] = await work(item);
      } catch (thrown) {
        failures.push(thrown);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, workOff));
  if (failures.length > 0) throw oneOfAll(failures);
  return results;
}
