import { Temporal } from 'temporal-polyfill';

const UNIT_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 } as const;
const GO_UNIT_MS = { ...UNIT_MS, ms: 1, us: 1e-3, µs: 1e-3, ns: 1e-6 } as const;
const WORDS = [
  ['d', UNIT_MS.d],
  ['h', UNIT_MS.h],
  ['min', UNIT_MS.m],
  ['s', UNIT_MS.s],
] as const;

/** How people write a duration: `30s`, `15m`, `24h`, `180d`. */
export const DURATION = /^\s*([1-9]\d{0,5})\s*([smhd])\s*$/;

/** @returns milliseconds, or undefined where the text is no duration */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}

/**
 * A duration as Go writes it: `1h30m`, `1.5h`.
 * @returns milliseconds, or undefined where the text is no duration that is not negative
 * @see https://pkg.go.dev/time#ParseDuration
 */
export function parseGoDuration(text: string): number | undefined {
  if (!/^\+?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/([\d.]+)([a-zµ]+)/g)];
  return parts.reduce(
    (sum, [, number, unit]) => sum + Number(number) * GO_UNIT_MS[unit as keyof typeof GO_UNIT_MS],
    0,
  );
}

/**
 * An ISO 8601 duration (`P90D`) in whole days, rounded down; `undefined` for anything else. Years and months count as their
 * shortest, so that a secret never outlives what is allowed.
 */
export function durationDays(text: string): number | undefined {
  try {
    const duration = Temporal.Duration.from(text);
    if (duration.sign < 0) return undefined;
    const { years, months, weeks, days } = duration;
    const hours = duration.with({ years: 0, months: 0, weeks: 0, days: 0 }).total('hours');
    return years * 365 + months * 28 + weeks * 7 + days + Math.floor(hours / 24);
  } catch {
    return undefined;
  }
}

/**
 * A duration in words, without rounding: `1 h 30 min`.
 * @param mostUnits counted from the biggest that is not zero: with 2, a day and a minute are `1 d`
 */
export function durationText(ms: number, mostUnits: number = WORDS.length): string {
  const biggest = WORDS.findIndex(([, size]) => ms >= size);
  if (biggest === -1) return '0 s';
  let rest = ms;
  const parts = WORDS.slice(biggest, biggest + mostUnits).flatMap(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? [] : [`${count} ${unit}`];
  });
  return parts.join(' ');
}
