import { createHash } from 'node:crypto';
import { isFinal, type Request, type RequestOf, type RequestState, WORKING_STATES } from './request.ts';

type Batch = RequestOf<'batch'>;
type Part = Pick<Request, 'batch' | 'state' | 'startedAt'>;

/**
 * Whether a request is decided on and shown with the others of its batch. That ends when its work begins: from then on it
 * is a request like any other, which fails, is tried again or becomes stale by itself.
 */
export function followsBatch({ batch, startedAt }: Pick<Part, 'batch' | 'startedAt'>): boolean {
  return batch !== undefined && startedAt === undefined;
}

// What was decided on a batch, and what becomes of those of its parts that go with it.
const FOLLOWS: Readonly<Partial<Record<RequestState, RequestState>>> = {
  approved: 'approved',
  running: 'approved',
  denied: 'denied',
  withdrawn: 'withdrawn',
  expired: 'expired',
};

/** The state into which a part follows its batch; undefined where it stays as it is. */
export function followedState(batch: Pick<Batch, 'state'>, part: Part): RequestState | undefined {
  if (!followsBatch(part)) return undefined;
  const to = FOLLOWS[batch.state];
  return part.state === 'pending' || (part.state === 'planning' && to === 'withdrawn') ? to : undefined;
}

/** The state that comes next for a batch, as its parts are now; the same one where nothing changes. */
export function nextBatchState(
  { state, required, spec }: Pick<Batch, 'state' | 'required' | 'spec'>,
  parts: readonly Part[],
): RequestState {
  switch (state) {
    case 'planning':
      return parts.length < spec.parts.length ? state : plannedState(required, parts);
    case 'approved':
      return 'running';
    case 'running':
      return endOf(parts);
    case 'failed':
      // What was mended part by part is over, too; on the way there it runs.
      return endOf(parts) === 'failed' ? state : 'running';
    default:
      return state;
  }
}

function plannedState(required: number, parts: readonly Part[]): RequestState {
  if (parts.some(({ state }) => state === 'planning')) return 'planning';
  if (parts.some(({ state }) => state === 'pending')) return required === 0 ? 'approved' : 'pending';
  return parts.some(({ state }) => state === 'done') ? 'done' : 'refused';
}

function endOf(parts: readonly Part[]): RequestState {
  if (parts.some(isUnderWay)) return 'running';
  return parts.some(({ state }) => !isFinal(state)) ? 'failed' : 'done';
}

/** Whether a part will go on without anybody; one that still goes with its batch does as soon as that runs. */
function isUnderWay(part: Part): boolean {
  return WORKING_STATES.includes(part.state) || (part.state === 'pending' && followsBatch(part));
}

/** Twelve hex digits that stand for just these plans: what people approve. */
export function batchDigest(parts: readonly Pick<Request, 'cluster' | 'state' | 'planDigest'>[]): string {
  const waiting = parts.filter(({ state }) => state === 'pending');
  const identity = JSON.stringify(waiting.map(({ cluster, planDigest }) => [cluster, planDigest]).toSorted());
  return createHash('sha256').update(identity).digest('hex').slice(0, 12);
}
