import type { RespondFn } from '@slack/bolt';
import { asKastellanError } from '../domain/errors.ts';
import type { TracedWork } from '../ports/telemetry.ts';
import type { SlackMessage } from './blocks/blocks.ts';
import type { Front } from './front.ts';
import { canChangeSomething, sealed } from './requests/card-seal.ts';

/** Somebody who did something in Slack, and the ways to answer only them. */
export interface Actor {
  readonly user: string;
  readonly team: string | undefined;
  /** Slack's own id of what they did: the same for every delivery of it. */
  readonly trigger: string;
  /** Slack's id of the form that was sent: it stays the same however often the form is sent. */
  readonly formId?: string;
  readonly channel?: string | undefined;
  readonly respond?: RespondFn | undefined;
  /** The request that this is about. */
  readonly requestId?: string | undefined;
  /** The trace that this goes on with. */
  readonly traceparent?: TracedWork['traceparent'];
  /** What was typed into a form that is closed now, where it would be lost. */
  readonly typed?: string;
  /** Whether it was done on the app's home tab, which shows the outcome then. */
  readonly atHome?: boolean;
}

/** Tells one person something that nobody else sees; the first way that works is taken. Never throws. */
export async function replyPrivately(front: Front, actor: Actor, message: SlackMessage): Promise<void> {
  const own = await sealedFor(front, actor, message);
  for (const way of own === undefined ? [] : waysTo(front, actor, own)) {
    try {
      await way();
      return;
    } catch (thrown) {
      const problem = thrown instanceof Error ? thrown.message : String(thrown);
      front.log.warn({ user: actor.user, problem }, 'A private answer went another way');
    }
  }
  front.log.warn({ user: actor.user }, 'A private answer could not be given');
}

async function sealedFor(
  { world, log }: Front,
  { user }: Actor,
  message: SlackMessage,
): Promise<SlackMessage | undefined> {
  if (!canChangeSomething(message)) return message;
  try {
    return sealed(message, await world.personalSeals.make(user));
  } catch (thrown) {
    // Without the seal its buttons would not count.
    log.warn({ user, problem: asKastellanError(thrown).message }, 'A private answer could not be sealed');
    return undefined;
  }
}

function* waysTo(
  { client }: Front,
  { user, channel, respond }: Actor,
  { text, blocks }: SlackMessage,
): Generator<() => Promise<unknown>> {
  if (respond !== undefined) {
    yield () => respond({ response_type: 'ephemeral', replace_original: false, text, blocks });
  }
  if (channel !== undefined) yield () => client.chat.postEphemeral({ channel, user, text, blocks });
  yield () =>
    client.chat.postMessage({ channel: user, text, blocks, unfurl_links: false, unfurl_media: false });
}
