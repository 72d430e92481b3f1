import type { EntraPerson } from '../../domain/person.ts';
import type { LinkView } from '../../ports/messenger.ts';
import type { World } from '../../ports/world.ts';

type LinkWorld = Pick<World, 'rules' | 'links' | 'directory' | 'people' | 'notifier' | 'audit' | 'clock'>;

export type LinkPersonResult =
  | { readonly linked: true; readonly person: EntraPerson }
  | { readonly linked: false; readonly unlinked: true }
  | { readonly linked: false; readonly why: 'not-allowed' | 'no-object-id' | 'not-in-entra' }
  /** @param slackUserId whose account it is already: by another link, or by their e-mail address */
  | { readonly linked: false; readonly why: 'taken' | 'has-by-email'; readonly slackUserId: string };

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Says by hand which Entra account a Slack person has, for those whose address does not tell; operators may. The person
 * hears of it. What they have been given stays as it is.
 * @param actor Slack user id
 * @param slackUserId whose account it is
 * @param objectId as it was typed; undefined takes the link back
 */
export async function linkPerson(
  world: LinkWorld,
  actor: string,
  slackUserId: string,
  objectId: string | undefined,
): Promise<LinkPersonResult> {
  if (!world.rules.operators.includes(actor)) {
    const detail = { person: slackUserId, verdict: 'link', why: 'not-allowed' };
    await world.audit.append({ action: 'click.refused', actor, detail });
    return { linked: false, why: 'not-allowed' };
  }
  if (objectId === undefined) {
    const event = { action: 'person.unlinked', actor, detail: { person: slackUserId } };
    await world.links.save(slackUserId, undefined, event);
    await tellPerson(world, { slackUserId, by: actor });
    return { linked: false, unlinked: true };
  }
  return link(world, actor, slackUserId, objectId.trim().toLowerCase());
}

async function link(
  world: LinkWorld,
  actor: string,
  slackUserId: string,
  objectId: string,
): Promise<LinkPersonResult> {
  if (!GUID.test(objectId)) return { linked: false, why: 'no-object-id' };
  const [person, owner] = await Promise.all([
    world.directory.findPerson(objectId),
    world.links.findSlackUser(objectId),
  ]);
  if (person === undefined) return { linked: false, why: 'not-in-entra' };
  // Two people with one account would end each other's access.
  if (owner !== undefined && owner !== slackUserId)
    return { linked: false, why: 'taken', slackUserId: owner };
  // With another person's account they could ask, or approve, in that person's name.
  const byEmail = await findByEmail(world, slackUserId, person);
  if (byEmail !== undefined) return refuse(world, actor, slackUserId, byEmail);
  const detail = { person: slackUserId, objectId, account: person.userPrincipalName };
  await world.links.save(slackUserId, objectId, { action: 'person.linked', actor, detail });
  await tellPerson(world, { slackUserId, by: actor, account: person });
  return { linked: true, person };
}

/** The Slack user id of another person whose e-mail address is that of the account. */
async function findByEmail(
  { people }: LinkWorld,
  slackUserId: string,
  { userPrincipalName, mail }: EntraPerson,
): Promise<string | undefined> {
  const addresses = [...new Set([userPrincipalName, mail ?? userPrincipalName])];
  const found = await Promise.all(addresses.map((address) => people.findByEmail(address)));
  return found.map((one) => one?.id).find((id) => id !== undefined && id !== slackUserId);
}

async function refuse(
  { audit }: LinkWorld,
  actor: string,
  person: string,
  owner: string,
): Promise<LinkPersonResult> {
  const detail = { person, verdict: 'link', why: 'has-by-email', owner };
  await audit.append({ action: 'click.refused', actor, detail });
  return { linked: false, why: 'has-by-email', slackUserId: owner };
}

async function tellPerson({ notifier, clock }: LinkWorld, link: Omit<LinkView['link'], 'at'>): Promise<void> {
  const at = clock.now().toISOString();
  await notifier.tell(link.slackUserId, `linked-${at}`, { link: { ...link, at } });
}
