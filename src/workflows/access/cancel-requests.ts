import {
  advance,
  type Request,
  type RequestState,
  UNBEGUN_STATES,
  UNFINISHED_STATES,
} from '../../domain/requests/request.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { changeRequest, type Decided } from '../requests/change-request.ts';
import { forEachConcurrently } from '../requests/for-each-concurrently.ts';
import { showRequest } from '../requests/show-request.ts';
import { concernsThem, isForThem, type SamePerson } from './same-person.ts';

type Ports = RequestPorts & Pick<World, 'audit'>;

export interface CancelledRequests {
  readonly cancelled: readonly Request[];
  /** What has begun and concerns others, such as a set-up: it goes on, or waits to be rolled back. */
  readonly left: readonly Request[];
}

const MAX_RESULTS = 10_000;
const CONCURRENCY = 4;
const BEGUN: readonly RequestState[] = ['running', 'failed'];

/**
 * Ends every request for a person's access, whatever its state, and everything that this person asked for or that would make
 * them a permanent member, and that has not begun, with whichever of their accounts. Access that has begun is rolled back by a
 * worker.
 * @param actor Slack user id of the operator
 * @param reason as it was typed
 * @throws the first failure, once all were tried
 */
export async function cancelRequests(
  world: Ports,
  person: SamePerson,
  actor: string,
  reason: string,
): Promise<CancelledRequests> {
  const open = await world.requests.list({ states: UNFINISHED_STATES, limit: MAX_RESULTS });
  const theirs = open.filter((request) => concernsThem(person, request));
  const results = await forEachConcurrently(theirs, CONCURRENCY, (request) =>
    cancel(world, request, person, actor, reason),
  );
  return {
    cancelled: results.flatMap((result) => ('cancelled' in result ? [result.cancelled] : [])),
    left: results.flatMap((result) => ('left' in result ? [result.left] : [])),
  };
}

type Result = { readonly cancelled: Request } | { readonly left: Request } | { readonly over: Request };

async function cancel(
  world: Ports,
  { id }: Request,
  person: SamePerson,
  actor: string,
  reason: string,
): Promise<Result> {
  const outcome = await changeRequest<Result>(world, id, (request): Decided<Result> => {
    const to = cancelledState(request, person);
    if (to === undefined)
      return { stop: UNFINISHED_STATES.includes(request.state) ? { left: request } : { over: request } };
    const at = world.clock.now().toISOString();
    const ends = to === 'withdrawn' ? { endedAt: at } : { endedAt: undefined, failure: undefined };
    const [who = ''] = person.slackUserIds;
    const next = advance(request, to, at, { revocation: { by: actor, at, reason, person: who }, ...ends });
    return {
      next,
      event: {
        action: 'request.revoked',
        actor,
        detail: { person: who, reason, from: request.state },
      },
    };
  });
  if (!outcome.changed) return outcome.stop;
  if (outcome.request.state === 'undoing') await world.queue.add(id);
  await showRequest(world, outcome.request);
  return { cancelled: outcome.request };
}

function cancelledState(request: Request, person: SamePerson): RequestState | undefined {
  if (UNBEGUN_STATES.includes(request.state)) return 'withdrawn';
  return request.kind === 'access' && isForThem(person, request) && BEGUN.includes(request.state)
    ? 'undoing'
    : undefined;
}
