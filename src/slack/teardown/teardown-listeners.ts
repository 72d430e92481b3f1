import type { App } from '@slack/bolt';
import { requestTeardown } from '../../operations/teardown/request-teardown.ts';
import { requireRequester } from '../../workflows/requests/requesters.ts';
import { submissionOf } from '../actors.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { type Answer, LOOK_MS, listenToForm, type Submitted } from '../forms.ts';
import type { Front } from '../front.ts';
import type { Guard } from '../guard.ts';
import { type Actor, replyPrivately } from '../reply-privately.ts';
import { problemsAtFields } from '../setup/setup-modal.ts';
import { sentence } from '../teaching.ts';
import {
  readTeardownForm,
  TEARDOWN_CALLBACK,
  TEARDOWN_TITLE,
  teardownChannel,
  teardownModal,
} from './teardown-modal.ts';

/** Opens the tear-down form for the cluster that was named, or the first one. */
export async function openTeardown(
  { world, client }: Front,
  actor: Actor,
  triggerId: string,
  cluster = world.rules.clusters[0]?.name ?? '',
): Promise<void> {
  await requireRequester(world, actor.user, { kind: 'teardown' }, LOOK_MS);
  const view = teardownModal(world.rules, cluster, actor.channel);
  await client.views.open({ trigger_id: triggerId, view });
}

/** Listens to the tear-down form being sent. */
export function listenToTeardown(app: App, front: Front, guard: Guard): void {
  listenToForm(app, front, guard, {
    callback: TEARDOWN_CALLBACK,
    title: TEARDOWN_TITLE,
    what: 'the tear-down form',
    channelOf: teardownChannel,
    submit: (submitted, answer) => submit(front, submitted, answer),
  });
}

async function submit(front: Front, { actor, values, shown }: Submitted, answer: Answer): Promise<void> {
  const form = readTeardownForm(values);
  const result = await requestTeardown(front.world, actor.user, form, submissionOf(actor));
  if (!result.ok) {
    const errors = problemsAtFields(result.problems, shown);
    if (await answer.give({ response_action: 'errors', errors })) return;
    const said = result.problems.map(({ message }) => escapeMarkup(message));
    await replyPrivately(
      front,
      actor,
      sentence('The tear-down was not asked for:', ...said, 'Start again with /kasten teardown.'),
    );
    return;
  }
  await answer.give(undefined);
  const { id, cluster } = result.request;
  await replyPrivately(
    front,
    actor,
    sentence(
      `Request ${id} for ${escapeTyped(cluster)} is in <#${front.approvalsChannel}>.`,
      'The plan comes there; you hear from me directly how it goes.',
    ),
  );
}
