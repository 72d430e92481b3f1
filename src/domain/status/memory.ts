const SHORT_FROM = 0.7;
// What goes up and down around the limit is one crossing.
const ENOUGH_BELOW = 0.65;

/** Whether a store has to be given more memory: with all of it used, nothing could be stored any more. */
export function isShort(usedBytes: number, limitBytes: number): boolean {
  return usedBytes >= SHORT_FROM * limitBytes;
}

/** Whether a store that was short is not any more. */
export function isEnough(usedBytes: number, limitBytes: number): boolean {
  return usedBytes < ENOUGH_BELOW * limitBytes;
}

/** `71 % of 180 MiB`. */
export function shareText(usedBytes: number, limitBytes: number): string {
  return `${Math.round((usedBytes / limitBytes) * 100)} % of ${Math.round(limitBytes / 1_048_576)} MiB`;
}
