import { CAST, CHANNELS } from '../cast.ts';
import { SlackUser, textOf } from '../tour/slack-user.ts';
import { Transcript } from '../tour/transcript.ts';
import type { Sandbox } from '../world.ts';

const DAYS_LEFT = '10';

/** Has people set a cluster up with a client secret that is about to end, as if that had been long ago. */
export async function setUpLongAgo({ slack }: Sandbox, cluster: string): Promise<void> {
  const [asker, approver] = [CAST.asker, CAST.approver].map(
    (member) => new SlackUser(slack, new Transcript(() => undefined), member),
  ) as [SlackUser, SlackUser];
  const view = await asker.opensForm(`setup ${cluster}`);
  await asker.submits(view, { addMe: ['admin'], secretLifetimeDays: DAYS_LEFT });
  const plan = await card(slack, /Waits for/);
  await approver.presses(plan, 'request.approve');
  await card(slack, /now signs in through Entra/);
}

async function card(slack: Sandbox['slack'], matches: RegExp) {
  for (let patience = 20; ; patience -= 1) {
    const found = await slack.control
      .until(`a card with ${matches}`, async () =>
        (await slack.control.messages(CHANNELS.approvals)).find((message) => matches.test(textOf(message))),
      )
      .catch((thrown: unknown) => {
        if (patience === 0) throw thrown;
        return undefined;
      });
    if (found !== undefined) return found;
  }
}
