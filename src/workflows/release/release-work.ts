import type { Change } from '../../domain/requests/plan.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { Releases } from '../../ports/releases.ts';

/** One K10's Helm release, and what has to be at hand to change it. */
export interface ReleaseWork {
  /** For which it is changed: `helm history` names it. */
  readonly requestId: string;
  readonly release: string;
  readonly namespace: string;
  /** What people approved that is no part of the sign-in. */
  readonly approved: readonly Change[];
  readonly systems: {
    readonly cluster: Cluster;
    readonly releases: Releases;
    /** Milliseconds that `helm upgrade` waits for K10. */
    readonly upgradeTimeout: number;
  };
}
