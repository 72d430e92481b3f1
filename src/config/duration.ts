const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** How people write a duration: `30s`, `15m`, `24h`, `180d`. */
export const DURATION = /^\s*([1-9]\d{0,5})\s*([smhd])\s*$/;

/** @returns milliseconds, or undefined where the text is no duration */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}
