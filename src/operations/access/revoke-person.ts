import { shut } from '../../domain/access/break-glass.ts';
import type { Grant } from '../../domain/access/grant.ts';
import { KastellanError, NEVER, oneOfAll } from '../../domain/errors.ts';
import { visibleCharacters } from '../../domain/requests/reason.ts';
import type { GroupUse } from '../../domain/setup/group-use.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { hasOpenLevel } from '../../workflows/access/after-revoke.ts';
import { type CancelledRequests, cancelRequests } from '../../workflows/access/cancel-requests.ts';
import { changeBreakGlass } from '../../workflows/access/change-break-glass.ts';
import { endNow } from '../../workflows/access/end-now.ts';
import { findPermanentMemberships } from '../../workflows/access/permanent-memberships.ts';
import { findSamePerson, isTheirs, type SamePerson } from '../../workflows/access/same-person.ts';
import { forEachConcurrently } from '../../workflows/requests/for-each-concurrently.ts';

type Ports = RequestPorts & Pick<World, 'rosters' | 'audit' | 'breakGlass' | 'directory' | 'links'>;

/** What was found of a person, and ends now. */
export interface RevokedAccess extends CancelledRequests {
  readonly grants: readonly Grant[];
  /** Levels of which Kastellan's roster lists the person as a permanent member: they stay. */
  readonly permanentOn: readonly GroupUse[];
  /** Whether break-glass stays shut to the person until an operator opens it. */
  readonly isShut: boolean;
  /** Whether levels that need no approval need one for the person until then. */
  readonly needsApproval: boolean;
  /** Other Slack accounts of the same person, who have or had one of their Entra accounts. */
  readonly alsoOf: readonly string[];
  /** Why there may be more of them; a plain sentence. */
  readonly problem?: string;
}

export type RevokePersonResult = ({ readonly allowed: true } & RevokedAccess) | { readonly allowed: false };

const CONCURRENCY = 4;

/**
 * Takes back everything a person has, with whichever account, and cancels what would give them more; operators may. Workers remove the memberships;
 * each grant's card says when Entra shows it. Doing it again does what could not be done the first time.
 * @param actor Slack user id
 * @param person Slack user id
 * @param reason as it was typed
 * @returns what ends now
 * @throws KastellanError `revoke.no-reason`; `break-glass.busy`, `request.busy`, `grant.busy`, once everything was tried
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
  if (visibleCharacters(reason) === 0) throw withoutReason();
  // In this order nothing slips through: no request comes in by break-glass, none goes on to give anything, and what was
  // given until then is a grant.
  const same = await findSamePerson(world, person);
  const isShut = world.rules.breakGlass?.shutAfterRevoke === true;
  const needsApproval = hasOpenLevel(world.rules);
  if (isShut || needsApproval) await shutToAll(world, actor, same, reason);
  const [requests] = await Promise.allSettled([cancelRequests(world, same, actor, reason)]);
  const [grants] = await Promise.allSettled([endGrants(world, same, actor, reason)]);
  if (requests.status === 'rejected' || grants.status === 'rejected') {
    const failed = [requests, grants].filter((one) => one.status === 'rejected');
    throw oneOfAll(failed.map((one) => one.reason));
  }
  const { slackUserIds, problem } = same;
  return {
    allowed: true,
    isShut,
    needsApproval,
    ...requests.value,
    grants: grants.value,
    permanentOn: await findPermanentMemberships(world, same),
    alsoOf: slackUserIds.filter((id) => id !== person),
    ...(problem !== undefined && { problem }),
  };
}

function withoutReason(): KastellanError {
  return new KastellanError({
    code: 'revoke.no-reason',
    message: 'A revoke needs a reason: the person and the audit log are told. Nothing was revoked.',
    hint: 'Type it again with a reason behind the name.',
    retry: NEVER,
  });
}

async function endGrants(world: Ports, same: SamePerson, actor: string, reason: string): Promise<Grant[]> {
  const live = (await world.grants.live()).filter((grant) =>
    isTheirs(same, grant.beneficiary, [grant.person]),
  );
  const outcomes = await forEachConcurrently(live, CONCURRENCY, ({ id }) =>
    endNow(world, id, 'revoked', actor, reason),
  );
  return outcomes.map(({ grant }) => grant);
}

async function shutToAll(
  world: Ports,
  actor: string,
  { slackUserIds }: SamePerson,
  reason: string,
): Promise<void> {
  await forEachConcurrently(slackUserIds, CONCURRENCY, (person) => shutTo(world, actor, person, reason));
}

async function shutTo(world: Ports, actor: string, person: string, reason: string): Promise<void> {
  await changeBreakGlass(world, person, (record) => {
    const next = shut(record, { by: actor, at: world.clock.now().toISOString(), reason });
    return { next, event: { action: 'break-glass.shut', actor, detail: { person, reason } } };
  });
}
