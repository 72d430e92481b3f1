import type { Graph } from './graph.ts';
import { pathOf } from './odata.ts';
import type { Operation } from './permissions.ts';
import { type Patience, waitFor } from './time.ts';

/**
 * Fetches an object back from the directory's deleted items, where Entra keeps it for 30 days, and waits until it shows.
 * @param isThere whether readers see it
 * @returns false where it is not among them: it was never deleted, or it is gone for good
 * @see https://learn.microsoft.com/graph/api/directory-deleteditems-restore
 */
export async function restoreDeleted(
  graph: Graph,
  patience: Patience,
  item: { readonly operation: Operation; readonly objectId: string; readonly what: string },
  isThere: () => Promise<boolean>,
): Promise<boolean> {
  const { operation, objectId, what } = item;
  const path = pathOf('directory', 'deletedItems', objectId, 'restore');
  if ((await graph.find({ operation, method: 'POST', path })) === undefined && !(await isThere()))
    return false;
  await waitFor(patience, what, async () => ((await isThere()) ? true : undefined));
  return true;
}
