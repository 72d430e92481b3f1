import { reminderCardId } from '../../domain/secrets/reminder.ts';
import type { ReminderView } from '../../ports/messenger.ts';
/** Action ids of a reminder's buttons. */
export const REMINDER_ACTIONS = {
  rotate: 'reminder.rotate',
  snooze: 'reminder.snooze',
  card: 'link.open.card',
  open: 'link.open.credentials',
} as const;

/** A block's id: stable over edits, so that Slack keeps the place a reader is at. */
export function reminderBlockId({ reminder, card }: ReminderView, part: string): string {
  return `card:${reminderCardId(reminder.id, card.days)}:${part}`;
}
