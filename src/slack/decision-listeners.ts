import type { App, BlockAction, ButtonAction, ViewSubmitAction } from '@slack/bolt';
import { KastellanError } from '../domain/errors.ts';
import { approvalRule, objectionTo } from '../domain/policy.ts';
import { findApprovers } from '../operations/approvers.ts';
import { findRequest } from '../operations/change-request.ts';
import { type DecideInput, decide } from '../operations/decide.ts';
import { resume } from '../operations/resume.ts';
import { withdraw } from '../operations/withdraw.ts';
import type { SlackMessage } from './cards/blocks.ts';
import { fullDiff } from './cards/full-diff.ts';
import { ACTIONS, readValue } from './cards/request-ids.ts';
import { wordsOf } from './cards/request-words.ts';
import { DENY_CALLBACK, denyModal, readDenyMeta, readReason } from './deny-modal.ts';
import type { Front } from './front.ts';
import type { Guard } from './guard.ts';
import { objectionMessage, resumeMessage, withdrawMessage } from './objections.ts';
import { aboutRequest, actionVisitor, submissionVisitor } from './visitors.ts';
import { type Visitor, whisper } from './whisper.ts';

interface Click {
  readonly requestId: string;
  readonly planDigest: string | undefined;
  readonly triggerId: string;
  readonly visitor: Visitor;
}

/** Listens to the buttons of a request's card. */
export function listenToDecisions(app: App, front: Front, guard: Guard): void {
  const { world } = front;
  const on = (
    action: string,
    changes: boolean,
    task: (click: Click) => Promise<SlackMessage | undefined>,
  ) => {
    app.action<BlockAction<ButtonAction>>(action, async ({ ack, body, action: pressed, respond }) => {
      await ack();
      const value = readValue(pressed.value ?? '');
      const visitor = aboutRequest(world, actionVisitor(body, respond), value?.requestId);
      await guard.run(action, visitor, changes, async () => {
        if (value === undefined) throw unreadable();
        const told = await task({ ...value, triggerId: body.trigger_id, visitor });
        if (told !== undefined) await whisper(front, visitor, told);
      });
    });
  };
  on(ACTIONS.approve, true, (click) => decideOn(front, inputOf(click, 'approve')));
  on(ACTIONS.deny, true, (click) => askWhy(front, click));
  on(ACTIONS.diff, false, (click) => showDiff(front, click));
  on(ACTIONS.withdraw, true, async ({ requestId, visitor }) =>
    withdrawMessage(await withdraw(world, requestId, visitor.user)),
  );
  on(ACTIONS.retry, true, async ({ requestId, visitor }) =>
    resumeMessage(await resume(world, requestId, visitor.user, 'retry')),
  );
  on(ACTIONS.rollBack, true, async ({ requestId, visitor }) =>
    resumeMessage(await resume(world, requestId, visitor.user, 'roll-back')),
  );
  // Links open by themselves; Slack only wants to hear that the click arrived.
  app.action(/^link\.open/, async ({ ack }) => ack());
  listenToDenials(app, front, guard);
}

function listenToDenials(app: App, front: Front, guard: Guard): void {
  app.view<ViewSubmitAction>(DENY_CALLBACK, async ({ ack, body, view }) => {
    const meta = readDenyMeta(view.private_metadata);
    const read = readReason(view.state.values);
    if ('errors' in read) {
      await ack({ response_action: 'errors', errors: read.errors });
      return;
    }
    await ack();
    const visitor = aboutRequest(front.world, submissionVisitor(body, meta?.channel), meta?.requestId);
    await guard.run(DENY_CALLBACK, visitor, true, async () => {
      if (meta === undefined) throw unreadable();
      const { requestId, planDigest } = meta;
      const click = { requestId, planDigest, triggerId: body.trigger_id, visitor };
      const told = await decideOn(front, { ...inputOf(click, 'deny'), reason: read.reason });
      if (told !== undefined) await whisper(front, visitor, told);
    });
  });
}

async function decideOn({ world }: Front, input: DecideInput): Promise<SlackMessage | undefined> {
  const result = await decide(world, input);
  return result.counted ? undefined : objectionMessage(result.objection, result.rule);
}

function inputOf({ requestId, planDigest, visitor }: Click, verdict: DecideInput['verdict']): DecideInput {
  return { requestId, actor: visitor.user, verdict, ...(planDigest !== undefined && { planDigest }) };
}

// Who may not deny hears so at once, and not after having written down why.
async function askWhy({ world, client }: Front, click: Click): Promise<SlackMessage | undefined> {
  const { requestId, planDigest, visitor } = click;
  const request = await findRequest(world, requestId);
  const approvers = await findApprovers(world, request, visitor.user);
  const changed = planDigest !== undefined && planDigest !== request.planDigest;
  const objection =
    objectionTo(request, visitor.user, approvers) ??
    (changed ? ({ kind: 'plan-changed' } as const) : undefined);
  if (objection !== undefined) {
    const detail = { verdict: 'deny', why: objection.kind };
    await world.audit.append({ action: 'click.refused', actor: visitor.user, requestId, detail });
    return objectionMessage(objection, approvalRule(world.rules, request));
  }
  const meta = { requestId, planDigest, channel: visitor.channel };
  await client.views.open({ trigger_id: click.triggerId, view: denyModal(wordsOf(request).whyNot, meta) });
  return undefined;
}

async function showDiff({ world, client }: Front, { requestId, triggerId }: Click): Promise<undefined> {
  const { view, rest } = fullDiff(await findRequest(world, requestId));
  await client.views.open({ trigger_id: triggerId, view });
  if (rest.length > 0) await world.notifier.addDetail(requestId, unescapeCode(rest.join('\n')));
  return undefined;
}

// Details are shown as plain text, where Slack reads no entities.
function unescapeCode(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function unreadable(): KastellanError {
  return new KastellanError({
    code: 'slack.unreadable-button',
    message: 'Kastellan cannot read what this button stands for.',
    hint: 'Use the buttons on the newest card of the request.',
  });
}
