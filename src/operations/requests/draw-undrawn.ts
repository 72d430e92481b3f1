import { digestOfCard } from '../../domain/secrets/expiry-digest.ts';
import { reminderOfCard } from '../../domain/secrets/reminder.ts';
import { signInsOfCard } from '../../domain/status/sign-in-log.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { forEachConcurrently } from '../../workflows/requests/for-each-concurrently.ts';
import { redrawRequest } from '../../workflows/requests/show-request.ts';
import { showReminder } from '../../workflows/secrets/show-reminder.ts';

type Ports = RequestPorts & Pick<World, 'reminders' | 'digests' | 'signInFailures'>;

/**
 * Draws the cards of every kind that a process was to draw and did not: it died, or Slack did not take them. A card whose
 * content is gone is awaited no longer.
 * @param except ids of cards that are drawn anyway
 * @throws the first failure, once all were tried
 */
export async function drawUndrawn(world: Ports, except: ReadonlySet<string>): Promise<void> {
  const ids = (await world.notifier.undrawn()).filter((id) => !except.has(id));
  await forEachConcurrently(ids, 1, async (id) => {
    if (!(await draw(world, id))) await world.notifier.forget(id);
  });
}

/** @returns whether there is anything to draw */
async function draw(world: Ports, cardId: string): Promise<boolean> {
  const request = await world.requests.find(cardId);
  if (request !== undefined) return redrawRequest(world, request).then(() => true);
  return (await drawReminder(world, cardId)) || (await drawNotice(world, cardId));
}

async function drawReminder(world: Ports, cardId: string): Promise<boolean> {
  const id = reminderOfCard(cardId);
  const reminder = id === undefined ? undefined : await world.reminders.find(id);
  if (reminder !== undefined) await showReminder(world, reminder);
  return reminder !== undefined;
}

async function drawNotice(world: Ports, cardId: string): Promise<boolean> {
  const [week, about] = [digestOfCard(cardId), signInsOfCard(cardId)];
  const digest = week === undefined ? undefined : await world.digests.find(week);
  const failures = about && (await world.signInFailures.find(about.cluster, about.day));
  if (digest !== undefined) await world.notifier.show({ digest });
  if (failures !== undefined) await world.notifier.show({ failures });
  return digest !== undefined || failures !== undefined;
}
