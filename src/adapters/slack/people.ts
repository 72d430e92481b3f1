import type { UsersInfoResponse } from '@slack/web-api';
import { asKastellanError } from '../../domain/errors.ts';
import type { SlackPerson } from '../../domain/person.ts';
import type { Budgets } from '../../ports/limits.ts';
import type { Names, People, ReadPriority, SlackReads } from '../../ports/messenger.ts';
import { createSlackClient, type SlackClientOptions } from './client.ts';
import { bucketOf, MethodBudgets } from './method-budgets.ts';
import { createNames } from './names.ts';
import { SharedCache } from './shared-cache.ts';
import { asSlackError, slackProblem } from './slack-problem.ts';

const PERSON_MS = 60_000;
// Many people, as a set-up has members, are not all read within a minute; those who were are not read again for it.
const LISTED_PERSON_MS = 5 * 60_000;
const HANDLES_MS = 5 * 60_000;
const LISTED_MEMBERS_MS = 30_000;
const MINUTE_MS = 60_000;
// A handle that is not known is looked up again, but not at each click.
const HANDLES_AGAIN_MS = 30_000;

type SlackUser = NonNullable<UsersInfoResponse['user']>;

export interface PeopleOptions extends SlackClientOptions {
  readonly budgets: Budgets;
  readonly reads: SlackReads;
  readonly now?: () => number;
}

/** People as Slack knows them; raises KastellanError `slack.*` and `redis.*`. */
export function createPeople(options: PeopleOptions): { readonly people: People; readonly names: Names } {
  const { log, reads } = options;
  const client = createSlackClient(options);
  const budgets = new MethodBudgets(options.budgets);
  const now = options.now ?? Date.now;
  const team = new SharedCache<string>(Number.POSITIVE_INFINITY, now);
  // What is read for a decision is kept apart: it must not wait, or fail, with a list.
  const people = new SharedCache<SlackPerson | undefined>(PERSON_MS, now);
  const addresses = new SharedCache<{ id: string } | undefined>(PERSON_MS, now);
  const handles = new SharedCache<ReadonlyMap<string, string>>(HANDLES_MS, now);
  const members = new SharedCache<readonly string[]>(0, now);
  const askedAt = new Map<string, number>();

  const teamId = () => team.get('team', async () => (await client.auth.test()).team_id ?? '');
  const listHandles = async () => {
    const { usergroups } = await budgets.run('usergroups.list', 'decision', () => client.usergroups.list({}));
    return new Map((usergroups ?? []).map(({ handle, id }) => [handle ?? '', id ?? '']));
  };
  const userOf = async (id: string, priority: ReadPriority, withinMs?: number) => {
    const read = () => client.users.info({ user: id });
    return (await budgets.run('users.info', priority, read, withinMs)).user;
  };
  const names = createNames({
    reads,
    now,
    async read(id, withinMs) {
      try {
        const user = await userOf(id, 'list', withinMs);
        return user && nameOf(user);
      } catch (thrown) {
        throw asSlackError(thrown, 'read what a person is called');
      }
    },
  });

  async function idOf(group: string): Promise<string | undefined> {
    if (/^S[A-Z0-9]{2,}$/.test(group)) return group;
    const handle = group.replace(/^@/, '');
    const known = (await handles.get('all', listHandles)).get(handle);
    if (known !== undefined) return known;
    return (await handles.get('all', listHandles, HANDLES_AGAIN_MS)).get(handle);
  }

  // In a burst of clicks the groups that are asked for take turns.
  function goodInBurstMs(): number {
    for (const [group, at] of askedAt) if (at <= now() - MINUTE_MS) askedAt.delete(group);
    return (askedAt.size * MINUTE_MS) / bucketOf('usergroups.users.list', 'decision').perMinute;
  }

  async function membersFor(group: string, priority: ReadPriority): Promise<readonly string[]> {
    askedAt.set(group, now());
    const known = await reads.members(group);
    if (priority === 'list') {
      return known !== undefined && known.ageMs < LISTED_MEMBERS_MS
        ? known.members
        : readMembers(group, 'list');
    }
    // While it is calm each click reads the group anew.
    const fresh = await unlessLimited(() => readMembers(group, 'list', 0));
    if (fresh !== undefined) return fresh;
    if (known === undefined) return readMembers(group, 'decision');
    if (known.ageMs < goodInBurstMs()) return known.members;
    return (await unlessLimited(() => readMembers(group, 'decision', 0))) ?? known.members;
  }

  async function readMembers(
    group: string,
    priority: ReadPriority,
    withinMs?: number,
  ): Promise<readonly string[]> {
    const found = await listMembers(group, priority, withinMs);
    await reads.saveMembers(group, found);
    return found;
  }

  async function listMembers(group: string, priority: ReadPriority, withinMs: number | undefined) {
    try {
      const usergroup = await idOf(group);
      if (usergroup === undefined) return noMembers(group, 'there is no user group with this handle');
      const read = () => client.usergroups.users.list({ usergroup });
      return (await budgets.run('usergroups.users.list', priority, read, withinMs)).users ?? [];
    } catch (thrown) {
      const problem = slackProblem(thrown);
      if (problem?.kind === 'refused' && NO_GROUP.has(problem.error)) return noMembers(group, problem.error);
      throw asSlackError(thrown, 'read who is in a user group');
    }
  }

  function noMembers(group: string, problem: string): string[] {
    log.warn({ group, problem }, 'A user group has no members for Kastellan');
    return [];
  }

  async function readPerson(id: string, priority: ReadPriority): Promise<SlackPerson | undefined> {
    try {
      const [own, user] = await Promise.all([teamId(), userOf(id, priority)]);
      if (user === undefined) return undefined;
      names.remember(id, nameOf(user));
      return personFrom(user, id, own);
    } catch (thrown) {
      const problem = slackProblem(thrown);
      if (problem?.kind === 'refused' && problem.error === 'user_not_found') return undefined;
      throw asSlackError(thrown, 'read who a person is');
    }
  }

  async function readByEmail(email: string, priority: ReadPriority) {
    try {
      const read = () => client.users.lookupByEmail({ email });
      const { user } = await budgets.run('users.lookupByEmail', priority, read);
      return user?.id === undefined || user.deleted === true || user.is_bot === true
        ? undefined
        : { id: user.id };
    } catch (thrown) {
      const problem = slackProblem(thrown);
      if (problem?.kind === 'refused' && problem.error === 'users_not_found') return undefined;
      throw asSlackError(thrown, 'find a person by e-mail address');
    }
  }

  return {
    names,
    people: {
      find(id, { maxAgeMs, priority = 'decision' } = {}) {
        const usualMs = priority === 'list' ? LISTED_PERSON_MS : PERSON_MS;
        return people.get(`${priority} ${id}`, () => readPerson(id, priority), maxAgeMs ?? usualMs);
      },
      async membersOf(group, priority = 'decision') {
        return [...(await members.get(`${priority} ${group}`, () => membersFor(group, priority)))];
      },
      findByEmail: (email, priority = 'decision') =>
        addresses.get(`${priority} ${email}`, () => readByEmail(email, priority)),
    },
  };
}

const NO_GROUP = new Set(['no_such_subteam', 'subteam_disabled', 'plan_upgrade_required']);

async function unlessLimited<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (thrown) {
    if (asKastellanError(thrown).code !== 'slack.rate-limited') throw thrown;
    return undefined;
  }
}

function nameOf({ profile, real_name, name }: SlackUser): string | undefined {
  return [profile?.display_name, real_name, name].find((text) => text !== undefined && text !== '');
}

function personFrom(user: SlackUser, id: string, ownTeam: string): SlackPerson {
  const { profile } = user;
  return {
    id,
    name: nameOf(user) ?? id,
    email: profile?.email,
    // Slack leaves the flag out where the address needs no confirmation.
    emailConfirmed: user.is_email_confirmed !== false,
    kind: kindOf(user, ownTeam),
  };
}

function kindOf(user: SlackUser & { is_stranger?: boolean }, ownTeam: string): SlackPerson['kind'] {
  if (user.deleted === true) return 'deleted';
  if (user.is_bot === true || user.id === 'USLACKBOT') return 'bot';
  if (user.is_stranger === true || (user.team_id !== undefined && user.team_id !== ownTeam))
    return 'stranger';
  return user.is_restricted === true || user.is_ultra_restricted === true ? 'guest' : 'member';
}
