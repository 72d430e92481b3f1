import { expiryRules, ruleOfKind } from '../../domain/requests/policy.ts';
import type { Purpose } from '../../domain/secrets/credentials.ts';
import { snoozeDays } from '../../domain/secrets/expiry.ts';
import type { Reminder, ReminderCard } from '../../domain/secrets/reminder.ts';
import { credentialsPage } from '../../domain/setup/naming.ts';
import type { ReminderView } from '../../ports/messenger.ts';
import type { World } from '../../ports/world.ts';
import { membersOfAny } from '../requests/approvers.ts';

// From here on approvers hear of it directly, in days before the end.
const DIRECTLY_FROM_DAYS = 3;

/** The cluster that a credential is for; undefined where it is for none. */
export function clusterOf(purpose: Purpose): string | undefined {
  return purpose.of === 'cluster' ? purpose.cluster : undefined;
}

/** What the card of one threshold is drawn from, as it stands now. */
function viewReminder(
  world: Pick<World, 'rules' | 'clock'>,
  reminder: Reminder,
  card: ReminderCard,
): ReminderView {
  const rules = expiryRules(world.rules, clusterOf(reminder.purpose));
  const now = world.clock.now();
  return {
    reminder,
    card,
    now,
    timeZone: rules.timeZone,
    portalPage: credentialsPage(world.rules.entra.portalUrl, reminder.application.clientId),
    canSnooze: snoozeDays(reminder.credential.endsAt, now, rules) !== undefined,
  };
}

/** Draws the newest card, and the one before it, which lost its buttons by that; tells approvers when it gets close. */
export async function showReminder(
  world: Pick<World, 'rules' | 'people' | 'notifier' | 'clock'>,
  reminder: Reminder,
): Promise<void> {
  for (const card of reminder.cards.slice(-2)) await world.notifier.show(viewReminder(world, reminder, card));
  const newest = reminder.cards.at(-1);
  const settled = reminder.closed !== undefined || reminder.snooze !== undefined;
  if (newest === undefined || settled || newest.days > DIRECTLY_FROM_DAYS) return;
  const view = viewReminder(world, reminder, newest);
  // The approvers of a rotation are the ones who need to know.
  const { approvers } = ruleOfKind(world.rules, 'rotation');
  for (const approver of await membersOfAny(world.people, approvers, undefined, 'list')) {
    await world.notifier.tell(approver, `expiry-${newest.days}`, view);
  }
}
