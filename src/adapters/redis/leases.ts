import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { KastellanError } from '../../domain/errors.ts';
import type { Lease, Leases } from '../../ports/leases.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { parseStored } from './stored.ts';

export interface LeaseOptions {
  /** How long a lease outlives its holder, in milliseconds. Default: 10 000. */
  readonly ttlMs?: number;
  /** How often it is renewed, in milliseconds. Default: a third of the lifetime. */
  readonly renewEveryMs?: number;
}

const DEFAULT_TTL_MS = 10_000;

const RENEW = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

const RELEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

const valueSchema = z.object({ holder: z.string(), token: z.string() });

/** Leases as keys that expire (https://redis.io/docs/latest/commands/set/#patterns), renewed while they are held. */
export function createLeases(redis: RedisClient, options: LeaseOptions = {}): Leases {
  const ttlMs = options.ttlMs ?? DEFAULT_TTL_MS;
  const renewEveryMs = options.renewEveryMs ?? Math.ceil(ttlMs / 3);
  return {
    async acquire(name, holder) {
      const value = JSON.stringify({ holder, token: randomUUID() });
      const asked = performance.now();
      const answer = await withRedis(() => redis.set(KEYS.lease(name), value, 'PX', ttlMs, 'NX'));
      if (answer !== 'OK') return undefined;
      return hold({ redis, name, value, ttlMs, renewEveryMs, confirmedAt: asked });
    },
    async holder(name) {
      const value = await withRedis(() => redis.get(KEYS.lease(name)));
      return value === null ? undefined : parseStored(valueSchema, value, `lease ${name}`).holder;
    },
  };
}

interface Held {
  readonly redis: RedisClient;
  readonly name: string;
  readonly value: string;
  readonly ttlMs: number;
  readonly renewEveryMs: number;
  /** When the last command that Redis confirmed was sent: the lease cannot end before this plus its lifetime. */
  confirmedAt: number;
}

function hold(held: Held): Lease {
  const lost = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let deadline: NodeJS.Timeout | undefined;
  let over = false;

  const stop = (): void => {
    over = true;
    clearTimeout(timer);
    clearTimeout(deadline);
  };
  const lose = (): void => {
    if (over) return;
    stop();
    lost.abort(leaseLost(held.name));
  };
  // Redis may be out of reach: the holder then has to stop before somebody else can have the lease.
  const watch = (): void => {
    clearTimeout(deadline);
    const left = held.confirmedAt + held.ttlMs - performance.now();
    deadline = setTimeout(lose, Math.max(0, left - held.ttlMs / 10)).unref();
  };
  const renew = async (): Promise<void> => {
    const kept = await tryToRenew(held);
    if (over) return;
    if (kept === false) return lose();
    if (kept === true) watch();
    schedule(kept === undefined ? held.renewEveryMs / 4 : held.renewEveryMs);
  };
  const schedule = (afterMs: number): void => {
    timer = setTimeout(() => void renew(), afterMs).unref();
  };

  watch();
  schedule(held.renewEveryMs);
  return {
    signal: lost.signal,
    async release() {
      stop();
      await withRedis(() => held.redis.eval(RELEASE, 1, KEYS.lease(held.name), held.value));
    },
  };
}

// undefined: Redis did not answer, so nobody knows yet.
async function tryToRenew(held: Held): Promise<boolean | undefined> {
  const sent = performance.now();
  try {
    const kept = await held.redis.eval(RENEW, 1, KEYS.lease(held.name), held.value, held.ttlMs);
    if (kept !== 1) return false;
    held.confirmedAt = sent;
    return true;
  } catch {
    return undefined;
  }
}

function leaseLost(name: string): KastellanError {
  return new KastellanError({
    code: 'lease.lost',
    message: `The lock ${name} was lost, so the work under it stops here.`,
    hint: 'Another worker goes on from the last finished step.',
    retry: { when: 'later' },
  });
}
