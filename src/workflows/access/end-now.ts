import { ending, type Grant, type GrantEnd, isActive } from '../../domain/access/grant.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { findRequest } from '../requests/change-request.ts';
import { showRequest } from '../requests/show-request.ts';
import { changeGrant } from './change-grant.ts';

type Ports = RequestPorts & Pick<World, 'rosters' | 'audit'>;

/**
 * Notes that a grant ends now, and wakes a worker for it.
 * @throws KastellanError `grant.unknown`
 */
export async function endNow(
  world: Ports,
  id: string,
  why: 'done' | 'revoked',
  actor: string,
  reason: string | undefined,
): Promise<{ readonly grant: Grant; readonly changed: boolean }> {
  const outcome = await changeGrant(world, id, (grant) => {
    if (!isActive(grant)) return undefined;
    const said = reason === undefined ? {} : { reason };
    const end: GrantEnd = { why, by: actor, at: world.clock.now().toISOString(), ...said };
    return { next: ending(grant, end), event: { action: 'grant.ending', actor, detail: { why, ...said } } };
  });
  if (outcome.changed) {
    await world.queue.add(id);
    await showRequest(world, await findRequest(world, id));
  }
  return outcome;
}
