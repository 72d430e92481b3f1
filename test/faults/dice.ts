/** Random numbers that come again with the same seed. */
export interface Dice {
  /** A whole number from 0 to `sides` - 1. */
  roll(sides: number): number;
  /** The same things in another order. */
  shuffle<T>(things: readonly T[]): T[];
}

/** Marsaglia's xorshift with 32 bits: plenty for choosing moments. */
export function createDice(seed: number): Dice {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  const roll = (sides: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % sides;
  };
  return {
    roll,
    shuffle(things) {
      return things
        .map((thing) => ({ thing, at: roll(1_000_000_007) }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ thing }) => thing);
    },
  };
}
