import { asKastellanError, KastellanError } from '../domain/errors.ts';
import type { Away } from '../ports/cluster.ts';

export interface Breaker {
  /**
   * Makes a call, or fails at once where the remote side is known to be away.
   * @throws KastellanError whatever the call raises; where it is away, `kubernetes.unreachable` with the time of the next try
   */
  guard<T>(call: () => Promise<T>): Promise<T>;
  /** Since when it is away, and when it is tried again; undefined while it answers. */
  away(): Away | undefined;
}

export interface BreakerOptions {
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** Told when the remote side is found away, and when it is back. */
  onChange?(away: boolean): void;
}

// One failure in a row may be a hiccup; a call that hung has cost enough.
const FAILURES = 3;
const HUNG_MS = 5_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
// A Helm upgrade can be the one that tries: others need not wait for its end.
const LONGEST_TRY_MS = 30_000;

interface Open {
  readonly since: number;
  readonly said: KastellanError;
  pauseMs: number;
  againAt: number;
}

/**
 * A circuit breaker: once a cluster does not answer, whoever wants something of it hears so at once, and one call at a time
 * tries whether it is back. Its own few lines, because people are told since when and until when, which no library keeps.
 */
export function createBreaker({ now = Date.now, onChange }: BreakerOptions = {}): Breaker {
  let failures = 0;
  let firstFailure = 0;
  let open: Open | undefined;

  function answered(): void {
    failures = 0;
    if (open === undefined) return;
    open = undefined;
    onChange?.(false);
  }

  function failed(said: KastellanError, began: number, isTry: boolean): void {
    failures += 1;
    if (failures === 1) firstFailure = began;
    if (open !== undefined) {
      // What was on its way when it was found away says nothing new.
      if (!isTry) return;
      open.pauseMs = Math.min(open.pauseMs * 2, LONGEST_PAUSE_MS);
      open.againAt = now() + open.pauseMs;
    } else if (failures >= FAILURES || now() - began >= HUNG_MS) {
      open = { since: firstFailure, said, pauseMs: FIRST_PAUSE_MS, againAt: now() + FIRST_PAUSE_MS };
      onChange?.(true);
    }
  }

  return {
    async guard(call) {
      const isTry = open !== undefined;
      if (open !== undefined) {
        if (now() < open.againAt) throw stillAway(open, now());
        open.againAt = now() + LONGEST_TRY_MS;
      }
      const began = now();
      try {
        const result = await call();
        answered();
        return result;
      } catch (thrown) {
        const error = asKastellanError(thrown);
        if (error.code === 'kubernetes.unreachable') failed(error, began, isTry);
        // A refusal is an answer; what is no fault of the remote side says nothing.
        else if (error.code !== 'unexpected') answered();
        throw thrown;
      }
    },
    away: () =>
      open && {
        since: new Date(open.since).toISOString(),
        againAt: new Date(open.againAt).toISOString(),
      },
  };
}

function stillAway({ since, said, againAt }: Open, now: number): KastellanError {
  return new KastellanError({
    code: said.code,
    message: `${said.message} It has not since ${clock(since)} and is tried again at ${clock(againAt)} UTC.`,
    ...(said.hint !== undefined && { hint: said.hint }),
    retry: { when: 'later', afterMs: againAt - now },
  });
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

/**
 * The same object, each of whose methods goes through the breaker.
 * @param except methods that say nothing about the remote side, or have to look whatever is known
 */
export function guarded<T extends object>(target: T, breaker: Breaker, except: readonly (keyof T)[]): T {
  const passing = new Set<PropertyKey>(except);
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name);
      if (typeof value !== 'function' || passing.has(name)) return value;
      return (...args: unknown[]) => breaker.guard(async () => Reflect.apply(value, object, args));
    },
  });
}
