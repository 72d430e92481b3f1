import { createInterface } from 'node:readline';
import type { SandboxClock } from '../clock.ts';

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Moves time on by what somebody types: `4d`, `12h`, `30m`. */
export function followTyped(
  clock: SandboxClock,
  input: NodeJS.ReadableStream,
  say: (line: string) => void,
): void {
  createInterface({ input }).on('line', (line) => {
    const span = readSpan(line);
    if (span === undefined) return say('Time moves on by 4d, 12h or 30m.');
    clock.moveOn(span);
    return say(
      `It is ${new Date(Date.now() + clock.offsetMs).toUTCString()} now, in Entra and for Kastellan.`,
    );
  });
}

/** @returns milliseconds, or undefined where it is no span of time */
function readSpan(typed: string): number | undefined {
  const [, count, unit] = /^\s*(\d{1,4})\s*([mhd])\s*$/.exec(typed) ?? [];
  return count === undefined ? undefined : Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
}
