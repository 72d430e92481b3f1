import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease } from '../../ports/leases.ts';
import type { World } from '../../ports/world.ts';

const POLL_MS = 100;

/**
 * Takes a lock, and waits for it while another holds it.
 * @param patienceMs milliseconds, also if Redis takes long to answer
 * @returns undefined if the time is over
 */
export async function waitForLease(
  { leases }: Pick<World, 'leases'>,
  name: string,
  holder: string,
  patienceMs: number,
): Promise<Lease | undefined> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const lease = await leases.acquire(name, holder);
    if (lease !== undefined || performance.now() >= deadline) return lease;
    await sleep(POLL_MS);
  }
}
