import { isFinal, REQUEST_STATES, type Request } from '../domain/request.ts';
import type { RequestStore } from '../ports.ts';
import type { StoredFigures } from './metrics.ts';

const MOST = 1_000;
const OPEN_STATES = REQUEST_STATES.filter((state) => !isFinal(state));

/**
 * Counts the requests that are not over, by kind and state, up to a thousand.
 * @param now the time against which their age is told
 */
export async function countOpenRequests(
  store: Pick<RequestStore, 'list'>,
  now: Date,
): Promise<StoredFigures['requests']> {
  const open = await store.list({ states: OPEN_STATES, limit: MOST });
  return [...Map.groupBy(open, ({ kind, state }) => `${kind} ${state}`).values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [figureOf(first, same, now)];
  });
}

function figureOf(
  { kind, state }: Request,
  same: readonly Request[],
  now: Date,
): StoredFigures['requests'][number] {
  const ages = same.map(({ changedAt }) => now.getTime() - Date.parse(changedAt));
  return { kind, state, count: same.length, oldestSeconds: Math.max(0, ...ages) / 1_000 };
}
