import { type Grant, isDue, isLive } from '../../domain/access/grant.ts';
import { asKastellanError } from '../../domain/errors.ts';
import type { RequestView } from '../../ports/messenger.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { findRequest } from '../requests/change-request.ts';
import { viewRequest } from '../requests/show-request.ts';
import { revokeMembership } from './revoke-membership.ts';

type Ports = RequestPorts & Pick<World, 'directory' | 'openCluster' | 'rosters' | 'log'>;

// A job that runs a little early waits; a job with another purpose leaves the end to the delayed job.
const EARLY_MS = 60_000;
const STUCK_WAIT_MS = 60_000;
const RECENTLY_MS = 600_000;

/**
 * Revokes a grant if its time is over or a person ended it, and says so once Entra shows it. Being woken for nothing
 * does no harm.
 * @returns when to come again, in milliseconds
 * @throws KastellanError where it cannot be taken back now but later
 */
export async function settleGrant(
  world: Ports,
  id: string,
): Promise<{ readonly againAfterMs: number } | undefined> {
  const grant = await world.grants.find(id);
  if (grant === undefined) return undefined;
  const now = world.clock.now();
  if (!isLive(grant)) return sayAgain(world, grant, now);
  if (!isDue(grant, now)) {
    const left = Date.parse(grant.endsAt) - now.getTime();
    return left <= EARLY_MS ? { againAfterMs: left } : undefined;
  }
  try {
    await revokeMembership(world, id, { why: 'expired', by: 'kastellan', at: now.toISOString() });
  } catch (thrown) {
    return comeAgain(world, grant, thrown);
  }
  await showGrant(world, id, 'ended');
  return undefined;
}

// The worker that saw it end may have died before it said so. A rolled-back grant is reported as such.
async function sayAgain(world: Ports, { id, end, endedAt }: Grant, now: Date): Promise<undefined> {
  const isRecent = now.getTime() - Date.parse(endedAt ?? '') < RECENTLY_MS;
  if (isRecent && end?.why !== 'rolled-back') await showGrant(world, id, 'ended');
}

async function comeAgain(
  world: Ports,
  grant: Grant,
  thrown: unknown,
): Promise<{ readonly againAfterMs: number }> {
  const error = asKastellanError(thrown);
  await showGrant(world, grant.id, 'stuck');
  if (error.retry.when === 'later') throw error;
  // An operator has to fix this first; until then the grant is tried again, so that access does not stay open unnoticed.
  world.log.error({ code: error.code }, 'access that is over could not be taken back', error);
  return { againAfterMs: STUCK_WAIT_MS };
}

// Draws the card of the grant's request anew, and tells those whom this state is for.
async function showGrant(world: Ports, id: string, topic: 'ended' | 'stuck'): Promise<void> {
  const request = await findRequest(world, id);
  const view = await viewRequest(world, request);
  await world.notifier.show(view);
  if (view.grant === undefined) return;
  const { beneficiary, end, cameBackAt } = view.grant;
  // Access that was there again after its end is news for both, each time that it happens.
  if (topic === 'ended' && cameBackAt !== undefined)
    return tellAll(world, [beneficiary, ...world.rules.operators], `grant-came-back ${cameBackAt}`, view);
  // A person who asked for more time has the message of the new grant; the end of the old one is not reported.
  if (topic === 'ended' && end?.why === 'prolonged') return;
  await tellAll(world, topic === 'ended' ? [beneficiary] : world.rules.operators, `grant-${topic}`, view);
}

async function tellAll(
  world: Pick<World, 'notifier'>,
  people: readonly string[],
  topic: string,
  view: RequestView,
): Promise<void> {
  for (const person of people) await world.notifier.tell(person, topic, view);
}
