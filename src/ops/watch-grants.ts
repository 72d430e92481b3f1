import { type Grant, isOut } from '../domain/access/grant.ts';
import type { GrantStore } from '../ports/stores.ts';
import type { Metrics } from './metrics.ts';

/** The same store, which notes how late access ended: once, in the process that saw the member gone from Entra. */
export function watchGrants(store: GrantStore, metrics: Pick<Metrics, 'revoked'>): GrantStore {
  return {
    ...store,
    async replace(next, expectedVersion, event) {
      const outcome = await store.replace(next, expectedVersion, event);
      // What is noted about a grant later leaves its end as it was.
      if (outcome === 'replaced' && event.action === 'grant.ended') noteEnd(next, metrics);
      return outcome;
    },
  };
}

// Where the membership stays, nothing was taken back that could be late.
function noteEnd(grant: Grant, metrics: Pick<Metrics, 'revoked'>): void {
  if (isOut(grant)) metrics.revoked(grant.end?.why ?? 'expired', (grant.lateMs ?? 0) / 1_000);
}
