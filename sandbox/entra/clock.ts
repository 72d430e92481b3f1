import type { Knobs } from './knobs.ts';

/** The sandbox's idea of now: the given clock plus the offset of the knob. */
export interface Clock {
  now(): Date;
}

/** A clock that follows `now` (the machine's if missing) and the knob `clockOffsetMs`. */
export function createClock(knobs: Knobs, now: () => Date = () => new Date()): Clock {
  return { now: () => new Date(now().getTime() + knobs.clockOffsetMs) };
}

/** Graph's way to write a time: seconds, UTC. */
export function graphTime(time: Date): string {
  return time.toISOString().replace(/\.\d{3}Z$/, 'Z');
}
