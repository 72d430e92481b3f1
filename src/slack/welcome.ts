import type { App } from '@slack/bolt';
import type { Front } from './front.ts';
import { welcomeMessage } from './teaching.ts';

const REMEMBER_MS = 3_600_000;

/** Says once what Kastellan is for where it was added to a channel. */
export function listenToWelcome(app: App, front: Front): void {
  app.event('member_joined_channel', async ({ event, body }) => {
    if (event.user !== front.botUserId) return;
    const { text, blocks } = welcomeMessage();
    try {
      if (!(await front.world.replays.isFirst('event', body.event_id, REMEMBER_MS))) return;
      await front.client.chat.postMessage({ channel: event.channel, text, blocks });
    } catch (thrown) {
      const problem = thrown instanceof Error ? thrown.message : String(thrown);
      front.log.warn({ channel: event.channel, problem }, 'The welcome could not be posted');
    }
  });
}
