import { ofKind, type Request, type RequestOf } from '../../domain/requests/request.ts';
import type { World } from '../../ports/world.ts';

/** The requests of a batch that were made so far, in the order in which they were asked for. */
export async function findParts(
  { requests }: Pick<World, 'requests'>,
  { spec }: RequestOf<'batch'>,
): Promise<RequestOf<'setup'>[]> {
  const found = await Promise.all(spec.parts.map(({ requestId }) => requests.find(requestId)));
  return found.filter((part): part is Request => part !== undefined).filter(ofKind('setup'));
}

/** Wakes a worker for a batch that has changed, or whose part has; a worker that holds it sees the change anyway. */
export async function wakeBatch(
  { leases, queue }: Pick<World, 'leases' | 'queue'>,
  batchId: string,
): Promise<void> {
  if ((await leases.holder(`request:${batchId}`)) === undefined) await queue.add(batchId);
}
