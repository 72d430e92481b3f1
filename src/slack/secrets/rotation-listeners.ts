import type { App, BlockAction, ButtonAction } from '@slack/bolt';
import { approvalRule } from '../../domain/requests/policy.ts';
import {
  type PostponeRefusal,
  postponeDays,
  postponeRotation,
} from '../../operations/secrets/postpone-rotation.ts';
import { type RequestRotationResult, requestRotation } from '../../operations/secrets/request-rotation.ts';
import { actionActor, submissionOf } from '../actors.ts';
import type { SlackMessage } from '../blocks/blocks.ts';
import { escapeTyped } from '../blocks/escape.ts';
import { approverNames, clusterNames } from '../blocks/words.ts';
import type { Front } from '../front.ts';
import type { Guard } from '../guard.ts';
import { type Actor, replyPrivately } from '../reply-privately.ts';
import { type Click, type ListenToButton, refuseForeign, unreadable } from '../requests/buttons.ts';
import { howItStands } from '../requests/objections.ts';
import { reasonModal } from '../requests/reason-form.ts';
import { askWhy, type ListenToReason } from '../requests/reason-listener.ts';
import { ACTIONS, readSealed } from '../requests/request-ids.ts';
import { wordsOf } from '../requests/request-words.ts';
import { sentence } from '../teaching.ts';

/** Asks for a new client secret on the cluster that was named, or the only one there is. */
export async function askForRotation(front: Front, actor: Actor, named?: string): Promise<void> {
  const { clusters } = front.world.rules;
  const [first] = clusters;
  if (named === undefined && clusters.length > 1) {
    const known = `Kastellan keeps ${clusterNames(clusters.map(({ name }) => name))}.`;
    return replyPrivately(front, actor, sentence('Name the cluster: /kasten rotate and its name.', known));
  }
  const cluster = named ?? first?.name ?? '';
  const result = await requestRotation(front.world, actor.user, cluster, {}, submissionOf(actor));
  await replyPrivately(front, actor, rotationMessage(front, cluster, result));
}

/** Listens to the buttons that ask for a rotation, or put off one that the calendar announced. */
export function listenToRotations(
  app: App,
  front: Front,
  guard: Guard,
  onButton: ListenToButton,
  onReason: ListenToReason,
): void {
  const { world } = front;
  // A cluster's name, which stands on the status, is no id of a request.
  app.action<BlockAction<ButtonAction>>(ACTIONS.rotate, async ({ ack, body, action, respond }) => {
    await ack();
    const actor = actionActor(body, respond);
    const { text, seal } = readSealed(action.value ?? '');
    const cluster = world.rules.clusters.find(({ name }) => name === text)?.name;
    await guard.run(ACTIONS.rotate, actor, true, async () => {
      if (cluster === undefined) throw unreadable();
      const refusal = await refuseForeign(front, body, ACTIONS.rotate, { planDigest: undefined, seal });
      if (refusal !== undefined) return replyPrivately(front, actor, refusal);
      await askForRotation(front, actor, cluster);
    });
  });
  onButton(ACTIONS.notNow, true, (click) => askUntilWhen(front, click));
  onReason(ACTIONS.notNow, async ({ meta, until, reason, actor }) => {
    const refusal = await postponeRotation(world, meta.id, actor.user, { until, reason });
    return refusal && refusalMessage(front, refusal);
  });
}

// Who may not put it off hears so at once, and not after having written down why.
async function askUntilWhen(front: Front, click: Click): Promise<SlackMessage | undefined> {
  const possible = await postponeDays(front.world, click.id, click.actor.user);
  if ('why' in possible) return refusalMessage(front, possible);
  const { days, request } = possible;
  const day = {
    label: `${wordsOf(request).subject}: not before`,
    lastDay: 'on that day the secret in use ends',
  };
  const asked = { callback: ACTIONS.notNow, title: 'Not now', question: 'Why not now?', day };
  return askWhy(front, click, (meta) => reasonModal({ ...asked, meta }), days);
}

function refusalMessage({ world }: Front, refusal: PostponeRefusal): SlackMessage {
  switch (refusal.why) {
    case 'not-allowed': {
      const { approvers } = approvalRule(world.rules, refusal.request);
      return sentence(`Only ${approverNames(approvers)}, and Kastellan's operators can put this off.`);
    }
    case 'too-late':
      return sentence('This can no longer be put off.', ...howItStands(refusal.request));
    case 'other-day':
      return sentence(
        `Nothing was put off: choose a day from ${refusal.days.first} to ${refusal.days.last}.`,
      );
    case 'no-later-day':
      return sentence('This cannot be put off: there is no later day before the secret in use ends.');
  }
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
      `Start with /kasten setup ${on}.`,
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
