import { type RequestState, WORKING_STATES } from '../../domain/request.ts';
import type { CardView } from '../../ports.ts';

/** What has to be known of a card to send it; how it looks is somebody else's. */
export interface CardFacts {
  /** There is one message with this id, however often and wherever it is shown. */
  readonly id: string;
  /** Grows with each change; a card never goes back to a lower one. */
  readonly version: number;
  /** Whether it reports progress: then it changes while its version stays. */
  readonly moves: boolean;
  /** Whether somebody has to press one of its buttons, so that it must be there to be pressed. */
  readonly waits: boolean;
}

// States in which a request waits for somebody to press a button on its card.
const WAITING_STATES: ReadonlySet<RequestState> = new Set(['pending', 'failed', 'needs-operator']);

/** What has to be known of the card that shows this. */
export function cardFacts({ request: { id, version, state }, grant }: CardView): CardFacts {
  return {
    id,
    // The card of a request also shows what it gave, which changes by itself.
    version: version + (grant?.version ?? 0),
    moves: state !== 'planning' && WORKING_STATES.includes(state),
    waits: WAITING_STATES.has(state),
  };
}
