import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../domain/json.ts';
import type { EntraPerson } from '../../domain/person.ts';
import type { Proof } from '../../domain/requests/request.ts';
import { memberSession } from '../../domain/setup/member-session.ts';
import { prefixedGroup } from '../../domain/setup/naming.ts';
import type { LevelSpec } from '../../domain/setup/setup.ts';
import { named } from '../../domain/setup/setup-plan.ts';
import { allRest, sampleRight } from './level-rights.ts';
import type { SetupJob } from './systems.ts';

// A handful tells what a member gets; a group may have thousands.
const SAMPLE = 5;
const LOOKED_AT = 20;
// Graph may list a new membership at the group before it lists it at the person.
const MAX_TRIES = 15;
const POLL_MS = 2_000;

/** What the proof of a member is about. */
export interface MemberQuestion {
  readonly level: LevelSpec;
  /** Object ID of the level's group, and client ID of the application. */
  readonly groupId: string;
  readonly clientId: string;
  /** K10's values below `auth`, chart defaults included. */
  readonly auth: JsonObject;
}

/**
 * What a member of a level gets: the groups that Entra would send, those of them that K10 keeps, and what the cluster then
 * allows. It holds if at least one of the members looked at gets in; there is no proof for a group without people, or
 * if the level's rights come only with a grant.
 * @see https://docs.kasten.io/latest/access/authorization - K10 asks the cluster as the user and the groups of the session
 */
export async function proveMembers(job: SetupJob, question: MemberQuestion): Promise<Proof[]> {
  const { level } = question;
  const [people, rest] = await Promise.all([sampleOf(job, question), allRest(job, level)]);
  if (people.length === 0 || rest) return [];
  const problems = await Promise.all(people.map((person) => problemOf(job, question, person)));
  const able = people.filter((_person, index) => problems[index] === undefined);
  const holds = able.length > 0;
  const some = able.length === people.length ? 'a member' : `${named(able)} (of ${people.length} looked at)`;
  const who = holds ? some : 'a member';
  return [
    {
      name: `${who} for ${level.level} gets in: the groups in their token pass K10 and give the rights`,
      holds,
      detail: holds ? '' : (problems.find((problem) => problem !== undefined) ?? ''),
    },
  ];
}

/** People in the level's group, as far as a token names it for them: with group claims of ApplicationGroup only direct members. */
async function sampleOf({ spec, systems }: SetupJob, { groupId }: MemberQuestion): Promise<EntraPerson[]> {
  const { directory } = systems;
  const ids =
    spec.signIn.groupClaims === 'ApplicationGroup'
      ? await directory.listMembers(groupId)
      : await directory.listAllMembers(groupId);
  // Some of them may be groups or applications.
  const found = await Promise.all(ids.slice(0, LOOKED_AT).map((id) => directory.findPerson(id)));
  return found.filter((person) => person !== undefined).slice(0, SAMPLE);
}

async function problemOf(
  job: SetupJob,
  question: MemberQuestion,
  person: EntraPerson,
): Promise<string | undefined> {
  const { spec, systems } = job;
  if (!person.enabled) return 'the account is disabled in Entra';
  const tokenGroups = await tokenGroupsOf(job, question, person.objectId);
  const session = memberSession(spec, question.auth, person, tokenGroups);
  if ('problem' in session) return session.problem;
  const checks = question.level.roles.map((role) => sampleRight(role, spec.namespace));
  const answers = await systems.cluster.sessionMay(session, checks);
  const refused = checks.find((_check, index) => answers[index] !== true);
  if (refused === undefined) return undefined;
  const group = prefixedGroup(spec.signIn.groupPrefix, question.groupId);
  if (!tokenGroups.includes(question.groupId)) return `Entra does not send the group ${group}`;
  if (!session.groups.includes(group))
    return `K10's auth.groupAllowList does not name ${group}, so K10 drops it`;
  return `the cluster does not let them ${refused.verb} ${refused.resource}`;
}

/** The groups that Entra would put into the person's token. */
async function tokenGroupsOf(
  job: SetupJob,
  { groupId, clientId }: MemberQuestion,
  personId: string,
): Promise<readonly string[]> {
  const { directory } = job.systems;
  if (job.spec.signIn.groupClaims === 'ApplicationGroup') {
    const principal = await directory.findServicePrincipal(clientId);
    const assigned = principal === undefined ? [] : await directory.listAssignedGroups(principal.objectId);
    return assigned.includes(groupId) ? [groupId] : [];
  }
  for (let attempt = 1; ; attempt += 1) {
    const groups = await directory.listGroupsOf(personId);
    if (groups.includes(groupId) || attempt >= MAX_TRIES) return groups;
    await sleep(POLL_MS);
  }
}
