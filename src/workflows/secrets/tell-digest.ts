import { expiryRules } from '../../domain/requests/policy.ts';
import type { WatchedApplication } from '../../domain/secrets/credentials.ts';
import { digestDay } from '../../domain/secrets/expiry.ts';
import { tidyUp } from '../../domain/secrets/expiry-digest.ts';
import type { World } from '../../ports/world.ts';

type Ports = Pick<World, 'rules' | 'directory' | 'notifier' | 'digests' | 'clock'>;

/**
 * Tells once a week what is to be tidied up among secrets and certificates. What was found is stored first, so that it is
 * told once, and all the same where a process ends in between; a week in which nothing was found is silent.
 */
export async function tellDigest(world: Ports, watched: readonly WatchedApplication[]): Promise<void> {
  const { expiry } = world.rules;
  if (expiry.digest === undefined) return;
  const now = world.clock.now();
  const week = digestDay(now, expiryRules(world.rules), expiry.digest);
  let digest = await world.digests.find(week);
  if (digest === undefined) {
    const unowned = await world.directory.listUnowned();
    const items = tidyUp(watched, unowned, await allowedDays(world), now);
    digest = { week, items };
    const detail = { week, items: items.length };
    const created = await world.digests.create(digest, {
      action: 'expiry.digest',
      actor: 'kastellan',
      detail,
    });
    // Another process was faster, and posts its digest.
    if (!created) digest = await world.digests.find(week);
  }
  if (digest !== undefined && digest.items.length > 0) await world.notifier.show({ digest });
}

/** The shortest of what the tenant and the house allow. */
async function allowedDays(world: Pick<World, 'rules' | 'directory'>): Promise<number | undefined> {
  const { maxLifetimeDays } = await world.directory.secretPolicy();
  const known = [maxLifetimeDays, world.rules.expiry.longestLifetime].filter((days) => days !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
