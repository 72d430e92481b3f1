import type { Grant } from '../../domain/access/grant.ts';
import type { AuditEvent } from '../../domain/audit/audit.ts';
import { KastellanError, LATER } from '../../domain/errors.ts';
import type { World } from '../../ports/world.ts';

const MAX_RACES = 20;

/** What becomes of a grant, or nothing. */
export type GrantChange =
  | { readonly next: Grant; readonly event: Pick<AuditEvent, 'action' | 'actor' | 'detail'> }
  | undefined;

/**
 * Reads a grant, lets `decide` say what becomes of it, and writes that as a compare-and-set; when somebody else was
 * faster, the question is asked again of the grant as it is then.
 * @returns the grant as it is stored now, and whether it was changed
 * @throws KastellanError `grant.busy`, `grant.unknown`
 */
export async function changeGrant(
  world: Pick<World, 'grants'>,
  id: string,
  decide: (grant: Grant) => GrantChange,
): Promise<{ readonly grant: Grant; readonly changed: boolean }> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const grant = await findGrant(world, id);
    const change = decide(grant);
    if (change === undefined) return { grant, changed: false };
    const outcome = await world.grants.replace(change.next, grant.version, eventOf(grant, change.event));
    if (outcome === 'replaced') return { grant: change.next, changed: true };
  }
  throw new KastellanError({
    code: 'grant.busy',
    message: 'Too many people are changing this grant at once.',
    hint: 'Try again in a moment.',
    retry: LATER,
  });
}

/** @throws KastellanError `grant.unknown` */
export async function findGrant(world: Pick<World, 'grants'>, id: string): Promise<Grant> {
  const grant = await world.grants.find(id);
  if (grant !== undefined) return grant;
  throw new KastellanError({
    code: 'grant.unknown',
    message: 'Kastellan does not know this grant.',
    hint: 'Look at /kasten grants for those that there are.',
  });
}

/** An audit event that is found by the request, the cluster, and the person who has the access. */
export function eventOf(
  { id, cluster, beneficiary, level }: Grant,
  { action, actor, detail }: Pick<AuditEvent, 'action' | 'actor' | 'detail'>,
): AuditEvent {
  return { action, actor, requestId: id, cluster, detail: { beneficiary, level, ...detail } };
}
