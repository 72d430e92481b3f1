import { setTimeout as sleep } from 'node:timers/promises';
import { asKastellanError, KastellanError, LATER } from '../../domain/errors.ts';
import { NotARequester, requestersOf, type Wish, whomToAsk } from '../../domain/requests/requesters.ts';
import type { Requesters } from '../../domain/requests/rules.ts';
import type { World } from '../../ports/world.ts';
import { resolvePerson } from '../setup/people.ts';
import { membersOfAny } from './approvers.ts';

/** What it takes to say whether a person may ask. */
export type RequesterPorts = Pick<World, 'rules' | 'people' | 'directory' | 'links' | 'audit'>;

/** The levels that a person may ask for. */
export interface AskableLevel {
  /** The level's name. */
  readonly level: string;
  /** Whether they may ask for it for themselves, and for another person; at least one of them. */
  readonly forSelf: boolean;
  readonly onBehalf: boolean;
}

/**
 * Lets those go on who may ask for this; a refusal goes into the audit log.
 * @param person Slack user id
 * @param within milliseconds this may take; as long as Slack and Entra need if left out
 * @throws KastellanError `request.not-a-requester`, a NotARequester; `request.requester-unknown` where Slack or Entra do
 * not say whether they may
 */
export async function requireRequester(
  world: RequesterPorts,
  person: string,
  wish: Wish,
  within?: number,
): Promise<void> {
  const rights = new AskingRights(world, person);
  if (await inTime(rights.mayAsk(wish), within)) return;
  const detail = { verdict: 'ask', why: 'not-a-requester', ...wish };
  await world.audit.append({ action: 'click.refused', actor: person, detail });
  const { unfit } = rights;
  throw new NotARequester({ wish, instead: whomToAsk(world.rules, wish), unfit });
}

/**
 * The levels that a person may ask for, in the order of the configuration.
 * @param within milliseconds this may take
 * @throws KastellanError `request.requester-unknown`
 */
export async function findAskableLevels(
  world: RequesterPorts,
  person: string,
  within: number,
): Promise<AskableLevel[]> {
  const rights = new AskingRights(world, person);
  const levels = world.rules.accessLevels.map(async ({ name: level }) => {
    const [forSelf, onBehalf] = await Promise.all([
      rights.mayAsk({ kind: 'access', level, onBehalf: false }),
      rights.mayAsk({ kind: 'access', level, onBehalf: true }),
    ]);
    return { level, forSelf, onBehalf };
  });
  const found = await inTime(Promise.all(levels), within);
  return found.filter(({ forSelf, onBehalf }) => forSelf || onBehalf);
}

/** What one person may ask for, read live; each list and the person's Entra groups once. */
class AskingRights {
  readonly #world: RequesterPorts;
  readonly #person: string;
  readonly #known = new Map<Requesters, Promise<boolean>>();
  #groups: Promise<readonly string[]> | undefined;
  /** Why Entra groups do not count for the person, once that was seen. */
  unfit: string | undefined;

  constructor(world: RequesterPorts, person: string) {
    this.#world = world;
    this.#person = person;
  }

  async mayAsk(wish: Wish): Promise<boolean> {
    const requesters = requestersOf(this.#world.rules, wish);
    // Whether they are a full member is asked of Slack for everything that changes something.
    if (requesters === undefined || requesters.users.includes(this.#person)) return true;
    const known = this.#known.get(requesters) ?? this.#isAmong(requesters);
    this.#known.set(requesters, known);
    return known;
  }

  // What cannot be read matters only where nothing else lets them ask.
  async #isAmong(requesters: Requesters): Promise<boolean> {
    const answers = await Promise.allSettled([this.#isInSlack(requesters), this.#isInEntra(requesters)]);
    if (answers.some((answer) => answer.status === 'fulfilled' && answer.value)) return true;
    const unread = answers.find((answer) => answer.status === 'rejected');
    if (unread !== undefined) throw unknown(unread.reason);
    return false;
  }

  async #isInSlack(requesters: Requesters): Promise<boolean> {
    return (await membersOfAny(this.#world.people, requesters, this.#person)).has(this.#person);
  }

  async #isInEntra({ entraGroups }: Requesters): Promise<boolean> {
    if (entraGroups.length === 0) return false;
    this.#groups ??= this.#findGroups();
    const groups = await this.#groups;
    return groups.some((id) => entraGroups.some((group) => group.toLowerCase() === id.toLowerCase()));
  }

  // Whom Entra does not know is in none of its groups, and hears why.
  async #findGroups(): Promise<readonly string[]> {
    try {
      const { objectId } = await resolvePerson(this.#world, this.#person);
      return await this.#world.directory.listGroupsOf(objectId);
    } catch (thrown) {
      const { code, message, hint } = asKastellanError(thrown);
      if (code !== 'person.unfit') throw thrown;
      this.unfit = hint === undefined ? message : `${message} ${hint}`;
      return [];
    }
  }
}

// A form has to open within seconds, and Entra may take longer.
async function inTime<Answer>(looked: Promise<Answer>, within: number | undefined): Promise<Answer> {
  if (within === undefined) return looked;
  const timer = new AbortController();
  const late = sleep(within, undefined, { signal: timer.signal }).then(() => {
    throw unknown(undefined);
  });
  try {
    return await Promise.race([looked, late]);
  } finally {
    timer.abort();
  }
}

function unknown(thrown: unknown): KastellanError {
  const why = thrown === undefined ? 'Slack or Entra took too long.' : asKastellanError(thrown).message;
  return new KastellanError({
    code: 'request.requester-unknown',
    message: `Kastellan could not find out whether you may ask for this: ${why}`,
    hint: 'Nothing was asked for. Try again in a minute; if it stays so, /kasten doctor says what is wrong.',
    retry: LATER,
    cause: thrown,
  });
}
