import { ruleOfKind } from '../../domain/requests/policy.ts';
import type { Reminder } from '../../domain/secrets/reminder.ts';
import {
  findReminder,
  type SnoozeChoice,
  snoozeChoice,
  snoozeReminder,
} from '../../operations/secrets/snooze-reminder.ts';
import type { SlackMessage } from '../blocks/blocks.ts';
import { escapeTyped } from '../blocks/escape.ts';
import { approverNames, moment } from '../blocks/words.ts';
import type { Front } from '../front.ts';
import { type Click, type ListenToButton, unreadable } from '../requests/buttons.ts';
import { reasonModal } from '../requests/reason-form.ts';
import { askWhy, type ListenToReason } from '../requests/reason-listener.ts';
import { sentence } from '../teaching.ts';
import { REMINDER_ACTIONS } from './reminder-ids.ts';
import { whose } from './reminder-words.ts';
import { askForRotation } from './rotation-listeners.ts';

const SNOOZE = 'reminder.snooze';

/** Listens to the buttons of reminders. */
export function listenToReminders(front: Front, onButton: ListenToButton, onReason: ListenToReason): void {
  onButton(REMINDER_ACTIONS.rotate, true, (click) => rotateNow(front, click));
  onButton(REMINDER_ACTIONS.snooze, true, (click) => askUntilWhen(front, click));
  onReason(SNOOZE, async ({ meta, until, reason, actor }) => {
    const snooze = { reminderId: meta.id, actor: actor.user, until, reason };
    const result = await snoozeReminder(front.world, snooze);
    return result.snoozed ? undefined : whyNot(front, result.choice);
  });
}

async function rotateNow(front: Front, { id, actor }: Click): Promise<SlackMessage | undefined> {
  const reminder = await findReminder(front.world, id);
  if (reminder.closed !== undefined) return closedAlready(reminder);
  if (reminder.purpose.of !== 'cluster') throw unreadable();
  await askForRotation(front, actor, reminder.purpose.cluster);
  return undefined;
}

// Who may not snooze, or cannot any more, hears so at once, and not after having written down why.
async function askUntilWhen(front: Front, click: Click): Promise<SlackMessage | undefined> {
  const choice = await snoozeChoice(front.world, click.id, click.actor.user);
  if (!choice.open) return whyNot(front, choice);
  const { first, last, reminder } = choice;
  const day = { label: `${whose(reminder)}. Remind again on`, lastDay: 'that is the day on which it ends' };
  const asked = { callback: SNOOZE, title: 'Snooze', question: 'Why can it wait?', day };
  return askWhy(front, click, (meta) => reasonModal({ ...asked, meta }), { first, last });
}

function whyNot({ world }: Front, choice: SnoozeChoice): SlackMessage {
  const name = escapeTyped(whose(choice.reminder));
  if (choice.open) {
    return sentence(
      `${name} can be snoozed from ${choice.first} to ${choice.last} only. Press Snooze again.`,
    );
  }
  switch (choice.why) {
    case 'not-allowed': {
      const approvers = approverNames(ruleOfKind(world.rules, 'rotation').approvers);
      return sentence(`Only ${approvers}, and Kastellan's operators can snooze this. Nothing was put off.`);
    }
    case 'closed':
      return closedAlready(choice.reminder);
    case 'too-late':
      return sentence(
        `${name} ends ${moment(choice.reminder.credential.endsAt)}: there is no later day to be reminded on.`,
      );
  }
}

function closedAlready(reminder: Reminder): SlackMessage {
  return sentence(`${escapeTyped(whose(reminder))} needs nobody's attention any more: its card says why.`);
}
