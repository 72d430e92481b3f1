import type { App } from '@slack/bolt';
import type { ModalView } from '@slack/web-api';
import { approvalRule, objectionTo } from '../../domain/requests/policy.ts';
import type { Request, Verdict } from '../../domain/requests/request.ts';
import { type DecideInput, decide } from '../../operations/requests/decide.ts';
import { resume } from '../../operations/requests/resume.ts';
import { withdraw } from '../../operations/requests/withdraw.ts';
import { findApprovers } from '../../workflows/requests/approvers.ts';
import { findParts } from '../../workflows/requests/batch-parts.ts';
import { findRequest } from '../../workflows/requests/change-request.ts';
import type { SlackMessage } from '../blocks/blocks.ts';
import type { Front } from '../front.ts';
import type { Actor } from '../reply-privately.ts';
import type { Click, ListenToButton } from './buttons.ts';
import { fullDiff, fullDiffs } from './full-diff.ts';
import { LESS_CALLBACK, lessModal, readLess } from './less-modal.ts';
import { objectionMessage, resumeMessage, withdrawMessage } from './objections.ts';
import { type ReasonMeta, reasonModal } from './reason-form.ts';
import { askWhy, type ListenToReason } from './reason-listener.ts';
import { ACTIONS } from './request-ids.ts';
import { wordsOf } from './request-words.ts';

const DENY_CALLBACK = 'request.deny';

/** Listens to the buttons of a request's card, and to the forms behind them. */
export function listenToDecisions(
  app: App,
  front: Front,
  onButton: ListenToButton,
  onReason: ListenToReason,
): void {
  const { world } = front;
  onButton(ACTIONS.approve, true, ({ id, planDigest, actor }) =>
    decideOn(front, actor, { id, planDigest }, { verdict: 'approve' }),
  );
  onButton(ACTIONS.approveLess, true, (click) =>
    askFirst(front, click, 'approve', (request, meta) => lessModal(world.rules, request, meta)),
  );
  onButton(ACTIONS.deny, true, (click) =>
    askFirst(front, click, 'deny', (request, meta) =>
      reasonModal({ callback: DENY_CALLBACK, title: 'Deny', question: wordsOf(request).whyNot, meta }),
    ),
  );
  onButton(ACTIONS.diff, false, (click) => showDiff(front, click));
  onButton(ACTIONS.withdraw, true, async ({ id, actor }) =>
    withdrawMessage(await withdraw(world, id, actor.user)),
  );
  onButton(ACTIONS.retry, true, async ({ id, actor }) =>
    resumeMessage(await resume(world, id, actor.user, 'retry'), world.clock.now()),
  );
  onButton(ACTIONS.rollBack, true, async ({ id, actor }) =>
    resumeMessage(await resume(world, id, actor.user, 'roll-back'), world.clock.now()),
  );
  onReason(DENY_CALLBACK, ({ meta, reason, actor }) =>
    decideOn(front, actor, meta, { verdict: 'deny', reason }),
  );
  onReason(LESS_CALLBACK, ({ meta, reason, values, actor }) =>
    decideOn(front, actor, meta, { verdict: 'approve', reason, durationMs: readLess(values) }),
  );
  // Links open by themselves; Slack only wants to hear that the click arrived.
  app.action(/^link\.open/, async ({ ack }) => ack());
}

type Seen = Pick<ReasonMeta, 'id' | 'planDigest'>;

async function decideOn(
  { world }: Front,
  actor: Actor,
  { id: requestId, planDigest }: Seen,
  decision: Pick<DecideInput, 'verdict' | 'reason' | 'durationMs'>,
): Promise<SlackMessage | undefined> {
  const result = await decide(world, { requestId, actor: actor.user, planDigest, ...decision });
  return result.counted ? undefined : objectionMessage(result.objection, result.rule);
}

// Who may not decide hears so at once, and not after having written down why.
async function askFirst(
  front: Front,
  click: Click,
  verdict: Verdict,
  viewOf: (request: Request, meta: ReasonMeta) => ModalView,
): Promise<SlackMessage | undefined> {
  const { world } = front;
  const { id, planDigest, actor } = click;
  const request = await findRequest(world, id);
  const approvers = await findApprovers(world, request, actor.user);
  const changed = planDigest !== request.planDigest;
  const objection =
    objectionTo(request, actor.user, approvers) ??
    (changed ? ({ kind: 'plan-changed' } as const) : undefined);
  if (objection !== undefined) {
    const detail = { verdict, why: objection.kind };
    await world.audit.append({ action: 'click.refused', actor: actor.user, requestId: id, detail });
    return objectionMessage(objection, approvalRule(world.rules, request));
  }
  return askWhy(front, click, (meta) => viewOf(request, meta));
}

async function showDiff({ world, client }: Front, { id, triggerId }: Click): Promise<undefined> {
  const request = await findRequest(world, id);
  const view =
    request.kind === 'batch' ? fullDiffs(request, await findParts(world, request)) : fullDiff(request);
  await client.views.open({ trigger_id: triggerId, view });
  return undefined;
}
