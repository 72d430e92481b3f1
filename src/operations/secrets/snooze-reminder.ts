import { KastellanError, LATER } from '../../domain/errors.ts';
import { expiryRules } from '../../domain/requests/policy.ts';
import { snoozeDays } from '../../domain/secrets/expiry.ts';
import { type Reminder, snoozed } from '../../domain/secrets/reminder.ts';
import type { World } from '../../ports/world.ts';
import { changeReminder } from '../../workflows/secrets/change-reminder.ts';
import { clusterOf } from '../../workflows/secrets/show-reminder.ts';

type Ports = Pick<World, 'rules' | 'people' | 'notifier' | 'reminders' | 'clock'>;

const MAX_RACES = 5;

/** Whether a reminder can be put off now: to which days, or why not. */
export type SnoozeChoice =
  | { readonly open: true; readonly reminder: Reminder; readonly first: string; readonly last: string }
  | { readonly open: false; readonly why: 'closed' | 'too-late'; readonly reminder: Reminder };

export interface SnoozeInput {
  readonly reminderId: string;
  /** Slack user id. */
  readonly actor: string;
  /** The day of the next reminder: `2026-12-05`. */
  readonly until: string;
  readonly reason: string;
}

export type SnoozeResult =
  | { readonly snoozed: true; readonly reminder: Reminder }
  | { readonly snoozed: false; readonly choice: SnoozeChoice };

/**
 * The days to which a reminder can be put off: from tomorrow to the day on which its credential ends.
 * @throws KastellanError `reminder.unknown`
 */
export async function snoozeChoice(
  world: Pick<World, 'rules' | 'reminders' | 'clock'>,
  reminderId: string,
): Promise<SnoozeChoice> {
  const reminder = await findReminder(world, reminderId);
  if (reminder.closed !== undefined) return { open: false, why: 'closed', reminder };
  const rules = expiryRules(world.rules, clusterOf(reminder.purpose));
  const days = snoozeDays(reminder.credential.endsAt, world.clock.now(), rules);
  return days === undefined ? { open: false, why: 'too-late', reminder } : { open: true, reminder, ...days };
}

/**
 * Puts a reminder off; who did it and why is on its card and in the audit log.
 * @throws KastellanError `reminder.unknown`, `reminder.busy`
 */
export async function snoozeReminder(world: Ports, input: SnoozeInput): Promise<SnoozeResult> {
  const { until, reason, actor } = input;
  for (let race = 0; race < MAX_RACES; race += 1) {
    const choice = await snoozeChoice(world, input.reminderId);
    if (!choice.open || until < choice.first || until > choice.last) return { snoozed: false, choice };
    const at = world.clock.now().toISOString();
    const next = snoozed(choice.reminder, { until, reason, by: actor, at });
    const event = { action: 'expiry.snoozed', actor, detail: { until, reason } };
    if (await changeReminder(world, next, event)) return { snoozed: true, reminder: next };
  }
  throw new KastellanError({
    code: 'reminder.busy',
    message: 'Somebody else is changing this reminder in this very moment.',
    hint: 'Try again in a moment.',
    retry: LATER,
  });
}

/** @throws KastellanError `reminder.unknown` */
export async function findReminder(world: Pick<World, 'reminders'>, reminderId: string): Promise<Reminder> {
  const reminder = await world.reminders.find(reminderId);
  if (reminder !== undefined) return reminder;
  throw new KastellanError({
    code: 'reminder.unknown',
    message: 'Kastellan does not know this reminder any more.',
    hint: 'Reminders are forgotten a month after their credential was replaced.',
  });
}
