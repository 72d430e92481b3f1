import { dueAt, type Grant } from '../domain/access/grant.ts';
import { UNFINISHED_STATES } from '../domain/requests/request.ts';
import type { CredentialEnds } from '../domain/secrets/credential-ends.ts';
import type { World } from '../ports/world.ts';
import type { StoredFigures } from './metrics.ts';

const MAX_RESULTS = 1_000;
const DAY_MS = 86_400_000;

type StoredWorld = Pick<World, 'requests' | 'grants' | 'credentialEnds' | 'clock'>;

/**
 * What the store knows of requests, grants and credentials.
 * @throws KastellanError `redis.*`, `store.corrupt`
 */
export async function readFigures(
  world: StoredWorld,
): Promise<Omit<StoredFigures, 'jobs' | 'auditSinks' | 'memory'>> {
  const now = world.clock.now();
  const [open, live, ends] = await Promise.all([
    world.requests.list({ states: UNFINISHED_STATES, limit: MAX_RESULTS }),
    world.grants.live(),
    world.credentialEnds.find(),
  ]);
  return {
    requests: groups(
      open,
      ({ kind, state }) => `${kind} ${state}`,
      (first, all) => ({
        kind: first.kind,
        state: first.state,
        count: all.length,
        oldestSeconds: secondsSince(Math.min(...all.map(({ changedAt }) => Date.parse(changedAt))), now),
      }),
    ),
    grants: groups(
      live,
      ({ cluster }) => cluster,
      ({ cluster }, all) => ({
        cluster,
        live: all.length,
        overdueSeconds: overdue(all, now),
      }),
    ),
    credentials: ends === undefined ? undefined : figuresOf(ends, now),
  };
}

function groups<Item, Figure>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  figureOf: (first: Item, all: readonly Item[]) => Figure,
): Figure[] {
  return [...Map.groupBy(items, keyOf).values()].flatMap((all) => {
    const [first] = all;
    return first === undefined ? [] : [figureOf(first, all)];
  });
}

function overdue(grants: readonly Grant[], now: Date): number {
  return secondsSince(Math.min(...grants.map(dueAt)), now);
}

function secondsSince(epochMs: number, now: Date): number {
  return Math.max(0, now.getTime() - epochMs) / 1_000;
}

function figuresOf({ count, soonest }: CredentialEnds, now: Date): StoredFigures['credentials'] {
  return {
    count,
    soonest: soonest.map(({ purpose, clientId, keyId, kind, endsAt }) => ({
      labels: {
        purpose: purpose.of,
        ...(purpose.of === 'cluster' && { cluster: purpose.cluster }),
        kind,
        client_id: clientId,
        key_id: keyId,
      },
      days: (Date.parse(endsAt) - now.getTime()) / DAY_MS,
    })),
  };
}
