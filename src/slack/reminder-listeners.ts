import type { App, ViewSubmitAction } from '@slack/bolt';
import type { Reminder } from '../domain/reminder.ts';
import {
  findReminder,
  type SnoozeChoice,
  snoozeChoice,
  snoozeReminder,
} from '../operations/snooze-reminder.ts';
import { type Click, type ListenToButton, unreadable } from './buttons.ts';
import type { SlackMessage } from './cards/blocks.ts';
import { escapeTyped } from './cards/escape.ts';
import { REMINDER_ACTIONS } from './cards/reminder-ids.ts';
import { whose } from './cards/reminder-words.ts';
import { sentence } from './cards/teaching.ts';
import { moment } from './cards/words.ts';
import type { Front } from './front.ts';
import type { Guard } from './guard.ts';
import { askForRotation } from './rotation-listeners.ts';
import { readSnooze, readSnoozeMeta, SNOOZE_CALLBACK, snoozeModal } from './snooze-modal.ts';
import { submissionVisitor } from './visitors.ts';
import { whisper } from './whisper.ts';

/** Listens to the buttons of reminders. */
export function listenToReminders(app: App, front: Front, guard: Guard, onButton: ListenToButton): void {
  onButton(REMINDER_ACTIONS.rotate, true, (click) => rotateNow(front, click));
  onButton(REMINDER_ACTIONS.snooze, true, (click) => askUntilWhen(front, click));
  listenToSnoozes(app, front, guard);
}

async function rotateNow(front: Front, { id, visitor }: Click): Promise<SlackMessage | undefined> {
  const reminder = await findReminder(front.world, id);
  if (reminder.closed !== undefined) return closedAlready(reminder);
  if (reminder.purpose.of !== 'cluster') throw unreadable();
  await askForRotation(front, visitor, reminder.purpose.cluster);
  return undefined;
}

// Who cannot snooze any more hears so at once, and not after having written down why.
async function askUntilWhen(front: Front, click: Click): Promise<SlackMessage | undefined> {
  const { id: reminderId, triggerId, visitor } = click;
  const choice = await snoozeChoice(front.world, reminderId);
  if (!choice.open) return whyNot(choice);
  const { first, last, reminder } = choice;
  const meta = { reminderId, first, last, channel: visitor.channel };
  await front.client.views.open({ trigger_id: triggerId, view: snoozeModal(whose(reminder), meta) });
  return undefined;
}

function listenToSnoozes(app: App, front: Front, guard: Guard): void {
  app.view<ViewSubmitAction>(SNOOZE_CALLBACK, async ({ ack, body, view }) => {
    const meta = readSnoozeMeta(view.private_metadata);
    const read = readSnooze(view.state.values, meta ?? { first: '', last: '' });
    if (meta !== undefined && 'errors' in read) {
      await ack({ response_action: 'errors', errors: read.errors });
      return;
    }
    await ack();
    const visitor = submissionVisitor(body, meta?.channel);
    await guard.run(SNOOZE_CALLBACK, visitor, true, async () => {
      if (meta === undefined || 'errors' in read) throw unreadable();
      const input = { reminderId: meta.reminderId, actor: visitor.user, ...read };
      const result = await snoozeReminder(front.world, input);
      if (!result.snoozed) await whisper(front, visitor, whyNot(result.choice));
    });
  });
}

function whyNot(choice: SnoozeChoice): SlackMessage {
  const name = escapeTyped(whose(choice.reminder));
  if (choice.open) {
    return sentence(
      `${name} can be snoozed from ${choice.first} to ${choice.last} only. Press Snooze again.`,
    );
  }
  return choice.why === 'closed'
    ? closedAlready(choice.reminder)
    : sentence(
        `${name} ends ${moment(choice.reminder.credential.endsAt)}: there is no later day to be reminded on.`,
      );
}

function closedAlready(reminder: Reminder): SlackMessage {
  return sentence(`${escapeTyped(whose(reminder))} needs nobody's attention any more: its card says why.`);
}
