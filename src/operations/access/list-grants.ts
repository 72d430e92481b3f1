import type { Grant } from '../../domain/access/grant.ts';
import type { World } from '../../ports/world.ts';
export type ListGrantsResult =
  | { readonly allowed: true; readonly grants: readonly Grant[] }
  | { readonly allowed: false };

/**
 * Active grants, the first to expire first: the person's own, or all of them for operators.
 * @param actor Slack user id
 */
export async function listGrants(
  world: Pick<World, 'grants' | 'rules'>,
  actor: string,
  whose: 'mine' | 'everybody',
): Promise<ListGrantsResult> {
  if (whose === 'everybody') {
    if (!world.rules.operators.includes(actor)) return { allowed: false };
    return { allowed: true, grants: await world.grants.live() };
  }
  return { allowed: true, grants: await world.grants.liveOfPerson(actor) };
}
