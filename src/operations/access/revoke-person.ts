import { type Grant, isLive } from '../../domain/access/grant.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { endNow } from '../../workflows/access/end-now.ts';

type Ports = RequestPorts & Pick<World, 'rosters' | 'audit'>;
export type RevokePersonResult =
  | { readonly allowed: true; readonly grants: readonly Grant[] }
  | { readonly allowed: false };

/**
 * Takes back everything a person has now; operators may. Workers remove the memberships; each grant's card says when Entra
 * shows it.
 * @param actor Slack user id
 * @param person Slack user id
 * @param reason as it was typed
 * @returns the grants that end now
 */
export async function revokePerson(
  world: Ports,
  actor: string,
  person: string,
  reason: string,
): Promise<RevokePersonResult> {
  if (!world.rules.operators.includes(actor)) {
    const detail = { person, verdict: 'revoke', why: 'not-allowed' };
    await world.audit.append({ action: 'click.refused', actor, detail });
    return { allowed: false };
  }
  const live = (await world.grants.ofPerson(person)).filter(isLive);
  const outcomes = await Promise.all(live.map(({ id }) => endNow(world, id, 'revoked', actor, reason)));
  return { allowed: true, grants: outcomes.map(({ grant }) => grant) };
}
