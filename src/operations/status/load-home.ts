import type { Grant } from '../../domain/access/grant.ts';
import { objectionTo } from '../../domain/requests/policy.ts';
import { isFinal, type Request, UNFINISHED_STATES } from '../../domain/requests/request.ts';
import type { World } from '../../ports/world.ts';
import { approversByRule } from '../../workflows/requests/approvers.ts';
import { findRequest } from '../../workflows/requests/change-request.ts';
import { findReviewers } from '../access/review-grant.ts';

type Ports = Pick<World, 'rules' | 'people' | 'requests' | 'grants' | 'clock'>;

const DAY_MS = 24 * 3_600_000;
const MOST_RECENT = 30;
const MOST_OPEN = 100;
// What waits longest is shown first, so all of them are read.
const MOST_WAITING = 1_000;

/** What one person wants to see first: what they have, what they asked for, and what waits for them. */
export interface Overview {
  /** Live ones, the one that ends first first. */
  readonly grants: readonly Grant[];
  /** Open ones, and of the newest those that ended within the last day; newest first. */
  readonly requests: readonly Request[];
  /** Requests on which this person may decide now, the oldest first. */
  readonly decisions: readonly Request[];
  /** Grants that nobody approved, at which this person may look. */
  readonly reviews: readonly Grant[];
}

/** @param person Slack user id */
export async function loadHome(world: Ports, person: string): Promise<Overview> {
  const [grants, recent, open, pending, unreviewed] = await Promise.all([
    world.grants.liveOfPerson(person),
    world.requests.list({ person, limit: MOST_RECENT }),
    world.requests.list({ person, states: UNFINISHED_STATES, limit: MOST_OPEN }),
    world.requests.list({ states: ['pending'], limit: MOST_WAITING }),
    world.grants.unreviewed(),
  ]);
  const mayDecide = approverCheck(world, person);
  const since = world.clock.now().getTime() - DAY_MS;
  const mine = new Map([...recent, ...open].map((request) => [request.id, request]));
  return {
    grants,
    requests: [...mine.values()]
      .toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
      .filter(({ batch }) => batch === undefined)
      .filter(({ state, changedAt }) => !isFinal(state) || Date.parse(changedAt) >= since),
    decisions: (await filtered(pending, mayDecide)).toReversed(),
    reviews: await filtered(unreviewed, async (grant) =>
      (await findReviewers(world, grant, await findRequest(world, grant.id))).includes(person),
    ),
  };
}

function approverCheck(
  world: Pick<World, 'rules' | 'people'>,
  person: string,
): (request: Request) => Promise<boolean> {
  const approversOf = approversByRule(world);
  return async (request) => objectionTo(request, person, await approversOf(request)) === undefined;
}

async function filtered<T>(items: readonly T[], keep: (item: T) => Promise<boolean>): Promise<T[]> {
  const kept = await Promise.all(items.map(keep));
  return items.filter((_item, index) => kept[index]);
}
