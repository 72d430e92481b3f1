import type { UsersInfoResponse } from '@slack/web-api';
import type { SlackPerson } from '../../domain/person.ts';
import type { People } from '../../ports/messenger.ts';
import { createSlackClient, type SlackClientOptions } from './client.ts';
import { SharedCache } from './shared-cache.ts';
import { asSlackError, slackProblem } from './slack-problem.ts';

const PERSON_MS = 60_000;
const HANDLES_MS = 5 * 60_000;
// Slack allows 20 calls a minute (tier 2). Up to half of that, each click reads the group anew; in a burst of clicks, what
// was read is good for six seconds, which keeps to the limit however many there are.
const MEMBERS_BURST_MS = 6_000;
const CALM_CALLS = 10;
const MINUTE_MS = 60_000;
// A handle that is not known is looked up again, but not at each click.
const HANDLES_AGAIN_MS = 30_000;

type SlackUser = NonNullable<UsersInfoResponse['user']>;

/** People as Slack knows them; raises KastellanError `slack.*`. */
export function createPeople(options: SlackClientOptions & { now?: () => number }): People {
  const { log } = options;
  const client = createSlackClient(options);
  const now = options.now ?? Date.now;
  const team = new SharedCache<string>(Number.POSITIVE_INFINITY, now);
  const people = new SharedCache<SlackPerson | undefined>(PERSON_MS, now);
  const addresses = new SharedCache<{ id: string } | undefined>(PERSON_MS, now);
  const handles = new SharedCache<ReadonlyMap<string, string>>(HANDLES_MS, now);
  const members = new SharedCache<readonly string[]>(MEMBERS_BURST_MS, now);
  const memberReads: number[] = [];

  const teamId = () => team.get('team', async () => (await client.auth.test()).team_id ?? '');
  const listHandles = async () => {
    const { usergroups } = await client.usergroups.list({});
    return new Map((usergroups ?? []).map(({ handle, id }) => [handle ?? '', id ?? '']));
  };

  async function idOf(group: string): Promise<string | undefined> {
    if (/^S[A-Z0-9]{2,}$/.test(group)) return group;
    const handle = group.replace(/^@/, '');
    const known = (await handles.get('all', listHandles)).get(handle);
    if (known !== undefined) return known;
    return (await handles.get('all', listHandles, HANDLES_AGAIN_MS)).get(handle);
  }

  function membersMayBeOld(): number {
    while ((memberReads[0] ?? Number.POSITIVE_INFINITY) <= now() - MINUTE_MS) memberReads.shift();
    return memberReads.length < CALM_CALLS ? 0 : MEMBERS_BURST_MS;
  }

  async function readMembers(group: string): Promise<readonly string[]> {
    memberReads.push(now());
    const id = await idOf(group);
    if (id === undefined) return nobody(group, 'there is no user group with this handle');
    return (await client.usergroups.users.list({ usergroup: id })).users ?? [];
  }

  function nobody(group: string, problem: string): string[] {
    log.warn({ group, problem }, 'A user group has no members for Kastellan');
    return [];
  }

  return {
    async find(slackUserId, maxAgeMs) {
      const read = async () => {
        try {
          const [own, { user }] = await Promise.all([teamId(), client.users.info({ user: slackUserId })]);
          return user === undefined ? undefined : personFrom(user, slackUserId, own);
        } catch (thrown) {
          const problem = slackProblem(thrown);
          if (problem?.kind === 'refused' && problem.error === 'user_not_found') return undefined;
          throw asSlackError(thrown, 'read who a person is');
        }
      };
      return people.get(slackUserId, read, maxAgeMs);
    },
    async membersOf(userGroup) {
      const read = async () => {
        try {
          return await readMembers(userGroup);
        } catch (thrown) {
          const problem = slackProblem(thrown);
          if (problem?.kind === 'refused' && NO_GROUP.has(problem.error))
            return nobody(userGroup, problem.error);
          throw asSlackError(thrown, 'read who is in a user group');
        }
      };
      const found = await members.get(userGroup, read, membersMayBeOld());
      return [...found];
    },
    async findByEmail(email) {
      return addresses.get(email, async () => {
        try {
          const { user } = await client.users.lookupByEmail({ email });
          return user?.id === undefined || user.deleted === true || user.is_bot === true
            ? undefined
            : { id: user.id };
        } catch (thrown) {
          const problem = slackProblem(thrown);
          if (problem?.kind === 'refused' && problem.error === 'users_not_found') return undefined;
          throw asSlackError(thrown, 'find a person by e-mail address');
        }
      });
    },
  };
}

const NO_GROUP = new Set(['no_such_subteam', 'subteam_disabled', 'plan_upgrade_required']);

function personFrom(user: SlackUser, id: string, ownTeam: string): SlackPerson {
  const { profile } = user;
  const name = [profile?.display_name, user.real_name, user.name].find(
    (text) => text !== undefined && text !== '',
  );
  return {
    id,
    name: name ?? id,
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
