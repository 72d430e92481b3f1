import type { ClusterSetup } from '../setup/setup.ts';

/** As many clusters as one request may set up: a card has to hold a line for each. */
export const MOST_IN_BATCH = 50;

/** What is asked for on one of several clusters. */
interface BatchPart extends ClusterSetup {
  /** The id of the request that does it, which is chosen before that is made: it is never made twice. */
  readonly requestId: string;
}

/** Set-ups of several clusters that are asked for, shown and decided on together. */
export interface BatchSpec {
  readonly parts: readonly BatchPart[];
}
