import { KastellanError } from '../../domain/errors.ts';
import {
  type EntraAccount,
  type EntraPerson,
  matchLinked,
  matchPerson,
  type PersonMatch,
} from '../../domain/person.ts';
import type { Directory } from '../../ports/directory.ts';
import type { People, ReadPriority } from '../../ports/messenger.ts';
import type { PersonLinks } from '../../ports/stores.ts';

export interface PeopleLookups {
  readonly directory: Directory;
  readonly people: People;
  readonly links: PersonLinks;
}

/**
 * The Entra account of a Slack person: the one an operator linked, else the one with exactly their address.
 * @param priority for a decision unless told otherwise
 * @throws KastellanError `person.unfit` with the reason and the way out
 */
export async function resolvePerson(
  lookups: PeopleLookups,
  slackUserId: string,
  priority: ReadPriority = 'decision',
): Promise<EntraPerson> {
  const [slack, linked] = await Promise.all([
    lookups.people.find(slackUserId, { priority }),
    lookups.links.find(slackUserId),
  ]);
  if (slack === undefined)
    throw unfit(`Slack does not know the member ${slackUserId}.`, 'Choose somebody else.');
  const match =
    linked === undefined
      ? await matchByAddress(lookups, slackUserId, slack.email, (found) => matchPerson(slack, found))
      : matchLinked(slack, await lookups.directory.findPerson(linked));
  if (match.ok) return match.person;
  throw unfit(match.problem, match.hint);
}

/**
 * Every Entra account that a Slack person has: the one that `resolvePerson` gives, and where that was linked by hand, those
 * with their e-mail address, too. A link adds an account; it does not make somebody another person.
 * @throws KastellanError `person.unfit`
 */
export async function findAccounts(lookups: PeopleLookups, slackUserId: string): Promise<EntraAccount[]> {
  const { directory, people, links } = lookups;
  const account = await resolvePerson(lookups, slackUserId);
  const isLinked = (await links.find(slackUserId)) !== undefined;
  const email = isLinked ? (await people.find(slackUserId))?.email : undefined;
  const others = email === undefined ? [] : await directory.findPeopleByEmail(email);
  return [account, ...others.filter(({ objectId }) => objectId !== account.objectId)].map(
    ({ objectId, name }) => ({ objectId, name }),
  );
}

// An account that an operator linked to one person is not matched to another by e-mail: two would share a membership.
async function matchByAddress(
  { directory, links }: PeopleLookups,
  slackUserId: string,
  email: string | undefined,
  match: (found: readonly EntraPerson[]) => PersonMatch,
): Promise<PersonMatch> {
  const matched = match(email === undefined ? [] : await directory.findPeopleByEmail(email));
  if (!matched.ok) return matched;
  const owner = await links.findSlackUser(matched.person.objectId);
  if (owner === undefined || owner === slackUserId) return matched;
  return {
    ok: false,
    problem: `The Entra account ${matched.person.userPrincipalName} was linked by hand to another Slack account.`,
    hint: 'An operator can take that link back: /kasten link.',
  };
}

function unfit(message: string, hint: string): KastellanError {
  return new KastellanError({ code: 'person.unfit', message, hint });
}
