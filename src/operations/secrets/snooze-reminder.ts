import { KastellanError, LATER } from '../../domain/errors.ts';
import { expiryRules, ruleOfKind } from '../../domain/requests/policy.ts';
import { snoozeDays } from '../../domain/secrets/expiry.ts';
import { type Reminder, snoozed } from '../../domain/secrets/reminder.ts';
import type { World } from '../../ports/world.ts';
import { membersOfAny } from '../../workflows/requests/approvers.ts';
import { changeReminder } from '../../workflows/secrets/change-reminder.ts';
import { clusterOf } from '../../workflows/secrets/show-reminder.ts';

type Ports = Pick<World, 'rules' | 'people' | 'notifier' | 'reminders' | 'clock' | 'audit'>;

const MAX_RACES = 5;

/** Whether a reminder can be put off now: to which days, or why not. */
export type SnoozeChoice =
  | { readonly open: true; readonly reminder: Reminder; readonly first: string; readonly last: string }
  | {
      readonly open: false;
      readonly why: 'not-allowed' | 'closed' | 'too-late';
      readonly reminder: Reminder;
    };

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
 * The days to which a person can put a reminder off: from tomorrow to the day on which its credential ends. Who may not hears
 * so first, and that goes into the audit log.
 * @param actor Slack user id
 * @throws KastellanError `reminder.unknown`; `slack.*` where Slack does not say who approves
 */
export async function snoozeChoice(
  world: Omit<Ports, 'notifier'>,
  reminderId: string,
  actor: string,
): Promise<SnoozeChoice> {
  const reminder = await findReminder(world, reminderId);
  if (!(await maySnooze(world, reminder, actor))) {
    const detail = { verdict: 'snooze', why: 'not-allowed', reminder: reminderId };
    await world.audit.append({ action: 'click.refused', actor, detail });
    return { open: false, why: 'not-allowed', reminder };
  }
  if (reminder.closed !== undefined) return { open: false, why: 'closed', reminder };
  const rules = expiryRules(world.rules, clusterOf(reminder.purpose));
  const days = snoozeDays(reminder.credential.endsAt, world.clock.now(), rules);
  return days === undefined ? { open: false, why: 'too-late', reminder } : { open: true, reminder, ...days };
}

// Where no cluster's rotation can replace it, those who answer for the credential know best how long it can wait.
async function maySnooze(
  { rules, people }: Pick<World, 'rules' | 'people'>,
  { purpose, owners }: Reminder,
  actor: string,
): Promise<boolean> {
  if (rules.operators.includes(actor)) return true;
  const answers = owners.some((owner) => 'slackUserId' in owner && owner.slackUserId === actor);
  if (purpose.of !== 'cluster' && answers) return true;
  return (await membersOfAny(people, ruleOfKind(rules, 'rotation').approvers, actor)).has(actor);
}

/**
 * Puts a reminder off; who did it and why is on its card and in the audit log.
 * @throws KastellanError `reminder.unknown`, `reminder.busy`
 */
export async function snoozeReminder(world: Ports, input: SnoozeInput): Promise<SnoozeResult> {
  const { until, reason, actor } = input;
  for (let race = 0; race < MAX_RACES; race += 1) {
    const choice = await snoozeChoice(world, input.reminderId, actor);
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
