import { advance, ofKind, type Request, type RequestOf } from '../../domain/requests/request.ts';
import { nextFirstSignIn } from '../../domain/status/first-sign-in.ts';
import type { SignInRecord } from '../../domain/status/sign-in-log.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { changeRequest, type Decided } from '../requests/change-request.ts';
import { redrawRequest } from '../requests/show-request.ts';

type Ports = RequestPorts;

// Older ones have ended their waiting long ago.
const LATEST = 20;

/** The set-ups of a cluster whose card waits for the first sign-in. */
export async function waitingSetups(
  { requests }: Pick<World, 'requests'>,
  cluster: string,
): Promise<RequestOf<'setup'>[]> {
  const done = await requests.list({ cluster, kind: 'setup', states: ['done'], limit: LATEST });
  return done.filter(ofKind('setup')).filter(({ outcome }) => outcome?.firstSignIn?.state === 'waiting');
}

/**
 * Notes at a set-up that the first sign-in was seen, or that the time for it is over, and draws its card anew.
 * @param records sign-ins at the cluster's application
 * @param members object IDs of all members of the groups of the cluster
 */
export async function settleFirstSignIn(
  world: Ports,
  { id }: Pick<Request, 'id'>,
  records: readonly SignInRecord[],
  members: ReadonlySet<string>,
): Promise<void> {
  const changed = await changeRequest(world, id, (request): Decided<'nothing new'> => {
    const { outcome, state } = request;
    const firstSignIn = nextFirstSignIn(outcome?.firstSignIn, records, members, world.clock.now());
    if (outcome === undefined || firstSignIn === undefined) return { stop: 'nothing new' };
    // What was done since, a tear-down above all, has to stay newer than this set-up.
    const at = new Date(Date.parse(request.changedAt) + 1).toISOString();
    const next = advance(request, state, at, { outcome: { ...outcome, firstSignIn } });
    const event = { action: 'setup.first-sign-in', actor: 'kastellan', detail: { state: firstSignIn.state } };
    return { next, event };
  });
  if (changed.changed) await redrawRequest(world, changed.request);
}
