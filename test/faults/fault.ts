import type { Dice } from './dice.ts';
import type { Lane } from './lane.ts';

/** How one try ended. */
export interface TryResult {
  /** A line for each thing that does not hold. */
  readonly broken: readonly string[];
  /** From the kill until another process held the request, in milliseconds. */
  readonly takeOverMs?: number;
  /** Set where the moment never came, so that nothing was tried. */
  readonly notReached?: boolean;
}

/** One try of one fault. It begins in a bare world with everybody at work. */
export interface Try {
  /** The row of the table it belongs to. */
  readonly fault: string;
  /** What tells it from the others of its row. */
  readonly variant: string;
  run(lane: Lane, dice: Dice): Promise<TryResult>;
}
