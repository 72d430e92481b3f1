import { isPastDeadline } from '../../domain/requests/deadline.ts';
import { approvalRule } from '../../domain/requests/policy.ts';
import { advance, type Request, type RequestOf, type WorkRequest } from '../../domain/requests/request.ts';
import type { Wish } from '../../domain/requests/requesters.ts';
import type { ApprovalRule } from '../../domain/requests/rules.ts';
import type { RequestPorts } from '../../ports/world.ts';
import { findApprovers } from '../../workflows/requests/approvers.ts';
import { findParts } from '../../workflows/requests/batch-parts.ts';
import { changeRequest, findRequest } from '../../workflows/requests/change-request.ts';
import { type RequesterPorts, requireRequester } from '../../workflows/requests/requesters.ts';
import { showRequest } from '../../workflows/requests/show-request.ts';

type Ports = RequestPorts & RequesterPorts;
export type ResumeChoice = 'retry' | 'roll-back';

interface ResumeRefusal {
  /** `too-late`: it moved on; `too-old`: its deadline is over, so it has to be asked for again. */
  readonly why: 'not-allowed' | 'too-late' | 'too-old';
  readonly request: Request;
}

export type ResumeResult =
  | { readonly resumed: true; readonly request: Request }
  | ({ readonly resumed: false; readonly rule: ApprovalRule } & ResumeRefusal);

/**
 * Lets a failed request go on from where it stopped, or undoes what it did; the asker, approvers and operators may. Of a
 * batch, it does so for each part that failed.
 * @throws KastellanError `request.not-a-requester`, a NotARequester, if it needed no approval and its requester may not ask any more;
 * `request.requester-unknown`
 */
export async function resume(
  world: Ports,
  requestId: string,
  actor: string,
  choice: ResumeChoice,
): Promise<ResumeResult> {
  const asked = await findRequest(world, requestId);
  if (asked.kind === 'batch') return resumeParts(world, asked, actor, choice);
  const approvers = await findApprovers(world, asked, actor);
  const decides = approvers.has(actor) || world.rules.operators.includes(actor);
  // Without approval the right to ask is the only check, so it has to hold at the moment of the retry.
  if (choice === 'retry' && asked.required === 0 && actor === asked.asker && !decides) {
    const wish = wishOf(asked);
    if (wish !== undefined) await requireRequester(world, actor, wish);
  }
  const outcome = await changeRequest<ResumeRefusal>(world, requestId, (request) => {
    if (request.asker !== actor && !decides) return { stop: { why: 'not-allowed', request } };
    const to = choice === 'retry' ? 'running' : 'undoing';
    if (!mayGo(request, choice)) return { stop: { why: 'too-late', request } };
    const now = world.clock.now();
    if (choice === 'retry' && isPastDeadline(request, now)) return { stop: { why: 'too-old', request } };
    const at = now.toISOString();
    const next = advance(request, to, at, { failure: undefined, leftovers: undefined, endedAt: undefined });
    return { next, event: { action: `request.${choice}`, actor } };
  });
  if (!outcome.changed) {
    const { why, request } = outcome.stop;
    await world.audit.append({ action: 'click.refused', actor, requestId, detail: { verdict: choice, why } });
    return { resumed: false, why, request, rule: approvalRule(world.rules, asked) };
  }
  await world.queue.add(outcome.request.id);
  await showRequest(world, outcome.request);
  return { resumed: true, request: outcome.request };
}

// A batch has no state of its own here: it runs as soon as one of its parts does.
async function resumeParts(
  world: Ports,
  batch: RequestOf<'batch'>,
  actor: string,
  choice: ResumeChoice,
): Promise<ResumeResult> {
  const parts = (await findParts(world, batch)).filter((part) => mayGo(part, choice));
  let result: ResumeResult = {
    resumed: false,
    why: 'too-late',
    request: batch,
    rule: approvalRule(world.rules, batch),
  };
  for (const part of parts) {
    const one = await resume(world, part.id, actor, choice);
    if (one.resumed) result = { resumed: true, request: batch };
    else if (one.why === 'not-allowed') return one;
    else if (!result.resumed) result = { ...one, request: one.why === 'too-old' ? one.request : batch };
  }
  return result;
}

// Break-glass has a list of its own.
function wishOf(request: WorkRequest): Wish | undefined {
  if (request.kind !== 'access') return { kind: request.kind };
  const { level, beneficiary, breakGlass } = request.spec;
  return breakGlass === true ? undefined : { kind: 'access', level, onBehalf: beneficiary !== request.asker };
}

function mayGo(request: Request, choice: ResumeChoice): boolean {
  return request.state === 'failed' || (request.state === 'needs-operator' && choice === 'roll-back');
}
