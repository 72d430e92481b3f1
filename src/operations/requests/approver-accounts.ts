import { KastellanError } from '../../domain/errors.ts';
import type { EntraAccount } from '../../domain/person.ts';
import { accountObjection, type Objection } from '../../domain/requests/policy.ts';
import type { Decision, Request } from '../../domain/requests/request.ts';
import type { World } from '../../ports/world.ts';
import { findRequestAccounts } from '../../workflows/requests/request-accounts.ts';
import { findAccounts } from '../../workflows/setup/people.ts';

type Ports = Pick<World, 'directory' | 'people' | 'links'>;

export type ApproverCheck =
  | { readonly objection: Objection }
  /** The request with the accounts that were looked up for it, and those of the approver. */
  | { readonly request: Request; readonly accounts: readonly EntraAccount[] };

/**
 * Whether an approval counts by who people are in Entra. What was looked up once is remembered with the request.
 * @param approver Slack user id
 * @param at ISO time
 */
export async function checkApprover(
  world: Ports,
  request: Request,
  approver: string,
  at: string,
): Promise<ApproverCheck> {
  const looked = await orUnknown(request.asker, async () => ({
    accounts: request.accounts ?? (await findRequestAccounts(world, request)),
  }));
  if ('kind' in looked) return { objection: looked };
  const found = await orUnknown(approver, async () => ({ own: await findAccounts(world, approver) }));
  if ('kind' in found) return { objection: found };
  const { accounts } = looked;
  const decisions = await Promise.all(
    request.decisions.map((decision) => withAccounts(world, { ...request, accounts }, decision, at)),
  );
  const remembered = { ...request, accounts, decisions };
  const objection = accountObjection(remembered, accounts, found.own);
  return objection === undefined ? { request: remembered, accounts: found.own } : { objection };
}

// An approval that was stored before accounts were looked up counts as little as it would today.
async function withAccounts(
  world: Ports,
  request: Request & Required<Pick<Request, 'accounts'>>,
  decision: Decision,
  at: string,
): Promise<Decision> {
  if (decision.verdict !== 'approve' || decision.accounts !== undefined) return decision;
  const found = await orUnknown(decision.by, async () => ({ own: await findAccounts(world, decision.by) }));
  if ('kind' in found) return { ...decision, lapsedAt: at };
  const others = { ...request, decisions: request.decisions.filter(({ by }) => by !== decision.by) };
  const stands = accountObjection(others, request.accounts, found.own) === undefined;
  return { ...decision, accounts: found.own, ...(!stands && { lapsedAt: at }) };
}

// Whatever keeps Entra from saying who a person is: an approval by an unknown person does not count.
async function orUnknown<Found extends object>(
  slackUserId: string,
  find: () => Promise<Found>,
): Promise<Found | Extract<Objection, { kind: 'account-unknown' }>> {
  try {
    return await find();
  } catch (thrown) {
    if (!(thrown instanceof KastellanError)) throw thrown;
    const { message, hint } = thrown;
    return { kind: 'account-unknown', slackUserId, message, ...(hint !== undefined && { hint }) };
  }
}
