import { type Grant, isActive, remainsVia, removalOf } from '../../domain/access/grant.ts';
import { atEndOf } from '../../domain/requests/policy.ts';
import type { GroupUse } from '../../domain/setup/group-use.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { findGrant } from '../../workflows/access/change-grant.ts';
import { endNow } from '../../workflows/access/end-now.ts';
import { loadMembershipContext } from '../../workflows/access/membership-context.ts';
import { findApprovers } from '../../workflows/requests/approvers.ts';
import { findRequest } from '../../workflows/requests/change-request.ts';

type Ports = RequestPorts & Pick<World, 'rosters' | 'audit'>;
export type EndGrantResult =
  | {
      readonly ending: true;
      readonly grant: Grant;
      /** Where it goes on all the same, and until when (ISO time), because the group is shared. */
      readonly through?: GroupUse & { readonly until: string };
    }
  | { readonly ending: false; readonly why: 'not-allowed' | 'too-late'; readonly grant: Grant };

/**
 * Ends a grant now: whoever has it is done, or somebody who may decide on it, or an operator, takes it back. A worker
 * removes the member; "ended" is said once Entra shows it.
 * @param actor Slack user id
 * @param reason as it was typed; required unless the person ends their own access
 * @throws KastellanError `grant.unknown`
 */
export async function endGrant(
  world: Ports,
  id: string,
  actor: string,
  reason?: string,
): Promise<EndGrantResult> {
  const refusal = await refusalToEnd(world, id, actor);
  if (refusal?.why === 'not-allowed') return refusal;
  const own = (await findGrant(world, id)).beneficiary === actor;
  const { grant, changed } = await endNow(world, id, own ? 'done' : 'revoked', actor, reason);
  if (!changed) return { ending: false, why: 'too-late', grant };
  const through = await findThrough(world, grant);
  return { ending: true, grant, ...(through !== undefined && { through }) };
}

// Where bindings end with a grant, whether it goes on is not known before they were looked at: the card says it then.
async function findThrough(
  world: Pick<World, 'rules' | 'grants' | 'rosters' | 'clock'>,
  grant: Grant,
): Promise<ReturnType<typeof remainsVia>> {
  if (atEndOf(world.rules, grant.level) !== 'membership') return undefined;
  const context = await loadMembershipContext(world, grant.group.objectId, grant.person.objectId, grant.id);
  return remainsVia({ removal: removalOf(grant, context) });
}

/**
 * Why a person cannot end a grant now; undefined if they can. A refusal goes into the audit log.
 * @param actor Slack user id
 * @throws KastellanError `grant.unknown`
 */
export async function refusalToEnd(
  world: Ports,
  id: string,
  actor: string,
): Promise<Extract<EndGrantResult, { readonly ending: false }> | undefined> {
  const grant = await findGrant(world, id);
  if (grant.beneficiary !== actor && !(await mayRevoke(world, grant, actor))) {
    const detail = { verdict: 'revoke', why: 'not-allowed' };
    await world.audit.append({ action: 'click.refused', actor, requestId: id, detail });
    return { ending: false, why: 'not-allowed', grant };
  }
  return isActive(grant) ? undefined : { ending: false, why: 'too-late', grant };
}

async function mayRevoke(
  world: Pick<World, 'rules' | 'people' | 'requests'>,
  grant: Grant,
  actor: string,
): Promise<boolean> {
  if (world.rules.operators.includes(actor)) return true;
  return (await findApprovers(world, await findRequest(world, grant.id), actor)).has(actor);
}
