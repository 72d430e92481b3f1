import { CHANNELS } from '../cast.ts';
import type { SlackMessage } from '../slack/emulator.ts';
import type { World } from '../world.ts';
import { textOf } from './slack-user.ts';

// A set-up may take minutes; each look has the patience of one answer of Slack.
const LOOKS = 30;

/** The newest card in the approvals channel, once it matches and has the button. */
export function newestCard(
  { slack }: Pick<World, 'slack'>,
  what: string,
  matches: RegExp,
  action?: string,
): Promise<SlackMessage> {
  const { control } = slack;
  return control.until(what, async () => {
    const [newest] = (await control.messages(CHANNELS.approvals))
      .filter((message) => message.thread_ts === undefined || message.thread_ts === message.ts)
      .slice(-1);
    if (newest === undefined || !matches.test(textOf(newest))) return undefined;
    return action === undefined || control.actionsOf(newest).includes(action) ? newest : undefined;
  });
}

/** The same card once it says that it came to an end; every look is waited for, not slept for. */
export async function endedCard(
  { slack }: Pick<World, 'slack'>,
  card: SlackMessage,
  ends: RegExp,
): Promise<SlackMessage> {
  const { control } = slack;
  for (let look = 0; look < LOOKS; look += 1) {
    const found = await control
      .until('the end of the request', async () => {
        const now = (await control.messages(CHANNELS.approvals)).find(({ ts }) => ts === card.ts);
        return now !== undefined && ends.test(textOf(now)) ? now : undefined;
      })
      .catch(() => undefined);
    if (found !== undefined) return found;
  }
  throw new Error('The request did not come to an end');
}
