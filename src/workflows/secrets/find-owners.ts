import { asKastellanError } from '../../domain/errors.ts';
import type { WatchedApplication } from '../../domain/secrets/credentials.ts';
import type { ReminderOwner } from '../../domain/secrets/reminder.ts';
import type { Owner } from '../../ports/directory.ts';
import type { World } from '../../ports/world.ts';

const MOST_OWNERS = 5;

type Asking = Pick<World, 'rules' | 'directory' | 'people' | 'log'>;

/**
 * Who answers for an application: whom the configuration names for its cluster; else its owners in Entra, as Slack knows
 * them; else whom the configuration names for everything.
 */
export async function findOwners(world: Asking, application: WatchedApplication): Promise<ReminderOwner[]> {
  const { rules } = world;
  const { purpose } = application;
  const named =
    purpose.of === 'cluster'
      ? rules.clusters.find(({ name }) => name === purpose.cluster)?.expiry?.owners
      : [];
  if (named !== undefined && named.length > 0) return named.map(inSlack);
  const owners = await ownersInEntra(world, application.objectId);
  const found = await Promise.all(owners.slice(0, MOST_OWNERS).map((owner) => asMention(world, owner)));
  if (found.some((owner) => 'slackUserId' in owner)) return found;
  return [...found, ...rules.expiry.owners.map(inSlack)];
}

// Applications own applications, too (Kastellan those that it made), but cannot be asked anything.
async function ownersInEntra(world: Asking, applicationId: string): Promise<Owner[]> {
  try {
    return (await world.directory.listOwners(applicationId)).filter(({ email }) => email !== undefined);
  } catch (thrown) {
    const { code, message } = asKastellanError(thrown);
    world.log.warn({ applicationId, code }, message);
    return [];
  }
}

// A person who cannot be mentioned is still named.
async function asMention(world: Asking, { name, email }: Owner): Promise<ReminderOwner> {
  try {
    const person = email === undefined ? undefined : await world.people.findByEmail(email, 'list');
    return person === undefined ? { name } : inSlack(person.id);
  } catch (thrown) {
    const { code, message } = asKastellanError(thrown);
    world.log.warn({ code }, message);
    return { name };
  }
}

function inSlack(slackUserId: string): ReminderOwner {
  return { slackUserId };
}
