import type { Grant } from '../../domain/access/grant.ts';
import type { AuditEntry } from '../../domain/audit/audit.ts';
import { InFlight } from '../../domain/in-flight.ts';
import { ofKind, type RequestOf } from '../../domain/requests/request.ts';
import type { WhoMay } from '../../domain/requests/rules.ts';
import type { World } from '../../ports/world.ts';
import { approversByRule, membersOfAny } from '../../workflows/requests/approvers.ts';

/** Everything that happened around one request for access: asked, decided, granted, ended, looked at. */
export interface AccessStory {
  readonly request: RequestOf<'access'>;
  /** Absent where nothing was given. */
  readonly grant?: Grant;
  /** Oldest first. */
  readonly entries: readonly AuditEntry[];
}

export type AccessStoriesResult =
  | { readonly allowed: false }
  | {
      readonly allowed: true;
      /** Whether it is only of the requests on which the reader may decide. */
      readonly partly: boolean;
      /** Newest first. */
      readonly stories: readonly AccessStory[];
      /** What else was done by or for this person, or to this cluster; newest first. */
      readonly others: readonly AuditEntry[];
    };

export interface StoryQuestion {
  /** Slack user id of who asked for access, or got it. */
  readonly person?: string;
  readonly cluster?: string;
  /** How much is read, the newest first: `FOR_A_FILE` unless told. */
  readonly most?: Most;
}

/** How much is read at the most. */
export interface Most {
  readonly stories: number;
  /** Entries of all stories together, and entries besides. */
  readonly entries: number;
  readonly others: number;
}

type StoryWorld = Pick<World, 'requests' | 'grants' | 'audit' | 'people' | 'rules'>;

// Where the first of them are enough, no more are read.
const MOST_LOOKED_AT = 50;
const FOR_A_FILE: Most = { stories: 1_000, entries: 50_000, others: 50_000 };

/**
 * The story of each access that a person, or a cluster, has to do with. Operators see everything, people see their own, and
 * whoever decides on access sees the stories of the requests on which they may.
 * @param actor Slack user id
 */
export async function accessStories(
  world: StoryWorld,
  actor: string,
  question: StoryQuestion,
): Promise<AccessStoriesResult> {
  const { person, cluster, most } = question;
  const partly = person !== actor && !world.rules.operators.includes(actor);
  if (partly && !(await decidesOnAccess(world, actor))) return { allowed: false };
  // Who may see only a part has an answer of their own.
  const key = JSON.stringify([partly ? actor : '', person, cluster, most]);
  return readingOf(world).once(key, () => readStories(world, partly ? actor : undefined, question));
}

const readings = new WeakMap<StoryWorld['audit'], InFlight<AccessStoriesResult>>();

function readingOf({ audit }: StoryWorld): InFlight<AccessStoriesResult> {
  const reading = readings.get(audit) ?? new InFlight();
  readings.set(audit, reading);
  return reading;
}

/** @param decider Slack user id of a reader who may only see the requests on which they decide; absent: may see all */
async function readStories(
  world: StoryWorld,
  decider: string | undefined,
  { person, cluster, most = FOR_A_FILE }: StoryQuestion,
): Promise<AccessStoriesResult> {
  const about = { ...(person !== undefined && { person }), ...(cluster !== undefined && { cluster }) };
  const requests = await newestAccess(world, decider, about, most.stories);
  const requestIds = new Set(requests.map(({ id }) => id));
  const oldest = requests.at(-1)?.createdAt;
  const since = oldest === undefined ? {} : { since: oldest };
  const besides = { ...about, ...since, exceptRequestIds: requestIds, limit: most.others };
  const [entries, others] = await Promise.all([
    world.audit.read({ requestIds, ...since, limit: most.entries }),
    decider === undefined ? world.audit.read(besides) : [],
  ]);
  const stories = await Promise.all(requests.map((request) => storyOf(world, request, entries)));
  return { allowed: true, partly: decider !== undefined, stories, others };
}

async function newestAccess(
  world: StoryWorld,
  decider: string | undefined,
  about: Pick<StoryQuestion, 'person' | 'cluster'>,
  most: number,
): Promise<RequestOf<'access'>[]> {
  const newest = async (limit: number) =>
    (await world.requests.list({ kind: 'access', ...about, limit })).filter(ofKind('access'));
  if (decider === undefined) return newest(most);
  const few = await newest(MOST_LOOKED_AT);
  const found = await whereDecides(world, decider, few);
  if (found.length >= most || few.length < MOST_LOOKED_AT) return found.slice(0, most);
  return (await whereDecides(world, decider, await newest(FOR_A_FILE.stories))).slice(0, most);
}

async function decidesOnAccess({ people, rules }: StoryWorld, actor: string): Promise<boolean> {
  const deciding = rules.accessLevels.flatMap(({ access }) => [
    access.approvers,
    ...(access.escalation === undefined ? [] : [access.escalation.approvers]),
  ]);
  const readers: WhoMay = {
    userGroups: [...new Set(deciding.flatMap(({ userGroups }) => userGroups))],
    users: deciding.flatMap(({ users }) => users),
  };
  return (await membersOfAny(people, readers, actor)).has(actor);
}

async function whereDecides(
  world: StoryWorld,
  actor: string,
  requests: readonly RequestOf<'access'>[],
): Promise<RequestOf<'access'>[]> {
  const approversOf = approversByRule(world, actor);
  const approvers = await Promise.all(requests.map(approversOf));
  return requests.filter((_request, at) => approvers[at]?.has(actor) === true);
}

async function storyOf(
  world: StoryWorld,
  request: RequestOf<'access'>,
  entries: readonly AuditEntry[],
): Promise<AccessStory> {
  const grant = await world.grants.find(request.id);
  const own = entries.filter(({ requestId }) => requestId === request.id).toReversed();
  return { request, entries: own, ...(grant !== undefined && { grant }) };
}
