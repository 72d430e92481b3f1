import type { App, BlockAction, ButtonAction, ViewSubmitAction } from '@slack/bolt';
import { KastellanError } from '../domain/errors.ts';
import { approvalRule } from '../domain/policy.ts';
import { type PostponeRefusal, postponeDays, postponeRotation } from '../operations/postpone-rotation.ts';
import { type RequestRotationResult, requestRotation } from '../operations/request-rotation.ts';
import type { SlackMessage } from './cards/blocks.ts';
import { escapeTyped } from './cards/escape.ts';
import { ACTIONS, readValue } from './cards/request-ids.ts';
import { wordsOf } from './cards/request-words.ts';
import { sentence } from './cards/teaching.ts';
import { approverNames } from './cards/words.ts';
import type { Front } from './front.ts';
import type { Guard } from './guard.ts';
import { NOT_NOW_CALLBACK, notNowModal, readNotNow, readNotNowMeta } from './not-now-modal.ts';
import { howItStands } from './objections.ts';
import { aboutRequest, actionVisitor, submissionVisitor } from './visitors.ts';
import { type Visitor, whisper } from './whisper.ts';

/** Asks for a new client secret on the cluster that was named, or the only one there is. */
export async function askForRotation(front: Front, visitor: Visitor, named?: string): Promise<void> {
  const { clusters } = front.world.rules;
  const [first] = clusters;
  if (named === undefined && clusters.length > 1) {
    const names = clusters.slice(0, 30).map(({ name }) => escapeTyped(name));
    const known = `Kastellan keeps: ${names.join(', ')}.`;
    return whisper(front, visitor, sentence('Name the cluster: /kasten rotate and its name.', known));
  }
  const cluster = named ?? first?.name ?? '';
  const result = await requestRotation(front.world, visitor.user, cluster);
  await whisper(front, visitor, rotationMessage(front, cluster, result));
}

/** Listens to the buttons that ask for a rotation, or put off one that the calendar announced. */
export function listenToRotations(app: App, front: Front, guard: Guard): void {
  const { world } = front;
  app.action<BlockAction<ButtonAction>>(ACTIONS.rotate, async ({ ack, body, action, respond }) => {
    await ack();
    const visitor = actionVisitor(body, respond);
    const cluster = world.rules.clusters.find(({ name }) => name === action.value)?.name;
    await guard.run(ACTIONS.rotate, visitor, true, () => {
      if (cluster === undefined) throw unreadable();
      return askForRotation(front, visitor, cluster);
    });
  });
  app.action<BlockAction<ButtonAction>>(ACTIONS.notNow, async ({ ack, body, action, respond }) => {
    await ack();
    const value = readValue(action.value ?? '');
    const visitor = aboutRequest(world, actionVisitor(body, respond), value?.requestId);
    await guard.run(ACTIONS.notNow, visitor, true, async () => {
      if (value === undefined) throw unreadable();
      await askUntilWhen(front, visitor, value.requestId, body.trigger_id);
    });
  });
  app.view<ViewSubmitAction>(NOT_NOW_CALLBACK, async ({ ack, body, view }) => {
    const meta = readNotNowMeta(view.private_metadata);
    const read = readNotNow(view.state.values, meta ?? { first: '', last: '' });
    if (meta !== undefined && 'errors' in read) {
      await ack({ response_action: 'errors', errors: read.errors });
      return;
    }
    await ack();
    const visitor = aboutRequest(world, submissionVisitor(body, meta?.channel), meta?.requestId);
    await guard.run(NOT_NOW_CALLBACK, visitor, true, async () => {
      if (meta === undefined || 'errors' in read) throw unreadable();
      const refusal = await postponeRotation(world, meta.requestId, visitor.user, read);
      if (refusal !== undefined) await whisper(front, visitor, refusalMessage(front, refusal));
    });
  });
}

// Who may not put it off hears so at once, and not after having written down why.
async function askUntilWhen(
  front: Front,
  visitor: Visitor,
  requestId: string,
  triggerId: string,
): Promise<void> {
  const possible = await postponeDays(front.world, requestId, visitor.user);
  if ('why' in possible) return whisper(front, visitor, refusalMessage(front, possible));
  const { days, request } = possible;
  const meta = { requestId, ...days, channel: visitor.channel };
  await front.client.views.open({ trigger_id: triggerId, view: notNowModal(wordsOf(request).subject, meta) });
}

function refusalMessage({ world }: Front, refusal: PostponeRefusal): SlackMessage {
  switch (refusal.why) {
    case 'not-allowed': {
      const { approvers } = approvalRule(world.rules, refusal.request);
      return sentence(`Only ${approverNames(approvers)}, and Kastellan's operators can put this off.`);
    }
    case 'too-late':
      return sentence('This can no longer be put off.', ...howItStands(refusal.request));
    case 'no-later-day':
      return sentence('This can not be put off: there is no later day before the secret in use ends.');
  }
}

function unreadable(): KastellanError {
  return new KastellanError({
    code: 'slack.unreadable-button',
    message: 'Kastellan cannot read what this button stands for.',
    hint: 'Use the buttons on the newest card.',
  });
}

function rotationMessage(front: Front, cluster: string, result: RequestRotationResult): SlackMessage {
  const on = escapeTyped(cluster);
  if (result.ok) {
    return sentence(
      `Request ${result.request.id} for ${on} is in <#${front.approvalsChannel}>.`,
      'The plan comes there; you hear from me directly how it goes.',
    );
  }
  if (result.why === 'not-set-up') {
    return sentence(
      `Kasten on ${on} was not set up through Kastellan, so there is no client secret to rotate.`,
      'Start with /kasten setup.',
    );
  }
  const { request } = result;
  const subject = escapeTyped(wordsOf(request).inSentence);
  return sentence(
    `Nothing was asked for: ${subject} (request ${request.id}) is not over yet.`,
    ...howItStands(request),
    request.state === 'failed' ? 'Retry it or roll it back first.' : '',
  );
}
