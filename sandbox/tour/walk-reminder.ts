import { CAST, CHANNELS } from '../cast.ts';
import type { SlackMessage } from '../slack/emulator.ts';
import type { World } from '../world.ts';
import { SlackUser, textOf } from './slack-user.ts';
import type { Transcript } from './transcript.ts';

const DAY_MS = 86_400_000;
const NOON_MS = DAY_MS / 2;
// The calendar looks again when its next time comes, which a jump in time brings near but not at once.
const LOOKS = 3;

/**
 * Walks through the reminders of a secret that is about to end: told, put off, told again.
 * @param sandbox its Kastellan lives in the sandbox's time
 * @param endsAt when the secret ends, as ISO time
 * @returns the last reminder, with *Rotate now* on it
 */
export async function walkReminder(
  sandbox: World,
  script: Transcript,
  endsAt: string,
): Promise<SlackMessage> {
  script.chapter('Reminders: a secret that is about to end');
  const day = (before: number): string =>
    new Date(Date.parse(endsAt) - before * DAY_MS).toISOString().slice(0, 10);
  // To its noon: no midnight may come before the reminder does.
  const goTo = (daysBefore: number): void => {
    const now = Date.now() + sandbox.clock.offsetMs;
    sandbox.clock.moveOn(Date.parse(day(daysBefore)) + NOON_MS - now);
    script.does('Everybody', `lives until ${daysBefore} days before its end, which the sandbox skips`);
  };
  goTo(13);
  const first = await notice(sandbox, /client secret of .* ends in 13 days/);
  script.reads('Everybody', textOf(first));

  const approver = new SlackUser(sandbox.slack, script, CAST.approver);
  await approver.presses(first, 'reminder.snooze', CHANNELS.notifications);
  const form = await sandbox.slack.control.untilModal(CAST.approver.slackId);
  const errors = await approver.submits(form, { until: day(-1), reason: 'not before the freeze ends' });
  script.proves('it cannot be put off beyond the end', 'until' in errors, errors);
  await approver.submits(form, { until: day(8), reason: 'not before the freeze ends' });
  const snoozed = await notice(sandbox, /Snoozed by/);
  script.proves('the card says who put it off', snoozed.ts === first.ts, textOf(snoozed));

  goTo(7);
  const again = await notice(sandbox, /client secret of .* ends in 7 days/);
  script.reads('Everybody', textOf(again));
  script.proves('a new card came on that day', again.ts !== first.ts);
  return again;
}

/** The newest message in the notifications channel that matches. */
export async function notice({ slack }: Pick<World, 'slack'>, matches: RegExp): Promise<SlackMessage> {
  const look = async () =>
    (await slack.control.messages(CHANNELS.notifications)).findLast((card) => matches.test(textOf(card)));
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const found = await slack.control.until(`a notice with ${matches}`, look).catch(() => undefined);
    if (found !== undefined) return found;
  }
  throw new Error(`Waited in vain for a notice with ${matches}`);
}
