import type { App } from '@slack/bolt';
import type { Front } from './front.ts';
import { SeenTriggers } from './guard.ts';
import { welcomeMessage } from './teaching.ts';

/** Says once what Kastellan is for where it was added to a channel. */
export function listenToWelcome(app: App, front: Front): void {
  const seen = new SeenTriggers();
  app.event('member_joined_channel', async ({ event, body }) => {
    if (event.user !== front.botUserId || !seen.isFirst(body.event_id)) return;
    const { text, blocks } = welcomeMessage();
    try {
      await front.client.chat.postMessage({ channel: event.channel, text, blocks });
    } catch (thrown) {
      const problem = thrown instanceof Error ? thrown.message : String(thrown);
      front.log.warn({ channel: event.channel, problem }, 'The welcome could not be posted');
    }
  });
}
