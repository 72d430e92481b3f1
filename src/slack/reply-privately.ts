import type { RespondFn } from '@slack/bolt';
import type { TracedWork } from '../ports/telemetry.ts';
import type { SlackMessage } from './blocks/blocks.ts';
import type { Front } from './front.ts';

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
  for (const way of waysTo(front, actor, message)) {
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
