/**
 * Does the same for many items, a bounded number of them at a time.
 * @returns the answers in the order of the items
 * @throws the first failure; items that were not begun are left out then
 */
export async function sideBySide<Item, Answer>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const waiting = items.entries();
  const workOff = async (): Promise<void> => {
    for (const [index, item] of waiting) answers[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, workOff));
  return answers;
}
