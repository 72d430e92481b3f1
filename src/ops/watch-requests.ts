import type { Request } from '../domain/requests/request.ts';
import type { RequestStore } from '../ports/stores.ts';
import type { Metrics } from './metrics.ts';

type RequestMetrics = Pick<Metrics, 'requestCreated' | 'requestEnded' | 'decided' | 'effected'>;

/**
 * The same store, which counts what becomes of requests. Each change is a compare-and-set, so of all processes just the
 * one that made it counts it.
 */
export function watchRequests(store: RequestStore, metrics: RequestMetrics): RequestStore {
  return {
    ...store,
    async create(request, event, taking) {
      await store.create(request, event, taking);
      metrics.requestCreated(request.kind);
    },
    async replace(next, expectedVersion, event) {
      const outcome = await store.replace(next, expectedVersion, event);
      if (outcome === 'replaced') count(next, metrics);
      return outcome;
    },
  };
}

function count(request: Request, metrics: RequestMetrics): void {
  const { kind, state, changedAt, createdAt, endedAt } = request;
  const decision = request.decisions.at(-1);
  // A change of something else leaves these times as they were.
  if (decision?.at === changedAt && (state === 'approved' || state === 'denied')) {
    metrics.decided(kind, decision.verdict, secondsBetween(createdAt, changedAt));
  }
  if (endedAt !== changedAt) return;
  metrics.requestEnded(kind, state);
  if (state === 'done' && decision !== undefined) {
    metrics.effected(kind, secondsBetween(decision.at, endedAt));
  }
}

function secondsBetween(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from)) / 1_000;
}
