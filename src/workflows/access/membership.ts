import {
  ending,
  type Grant,
  granted,
  isActive,
  isLive,
  membershipBefore,
  sameMembership,
} from '../../domain/access/grant.ts';
import { KastellanError } from '../../domain/errors.ts';
import { approvalExpired, isPastDeadline } from '../../domain/requests/deadline.ts';
import { approvedDuration, approversOf, atEndOf } from '../../domain/requests/policy.ts';
import type { RequestOf } from '../../domain/requests/request.ts';
import { useText } from '../../domain/setup/group-use.ts';
import type { World } from '../../ports/world.ts';
import type { Step } from '../requests/step.ts';
import { activateBindings } from './bindings.ts';
import { changeGrant, eventOf } from './change-grant.ts';
import { findDashboard } from './level.ts';
import { loadMembershipContext } from './membership-context.ts';
import type { ObservedMembership } from './observe.ts';
import { revokeMembership } from './revoke-membership.ts';

type Ports = Pick<
  World,
  'rules' | 'directory' | 'openCluster' | 'requests' | 'grants' | 'rosters' | 'leases' | 'queue' | 'clock'
>;

/**
 * The membership with an end. The grant is noted before the member is added, with its end and with whether the membership
 * was there before, so that it is taken back whatever happens in between; its time is counted from the moment at which
 * Entra shows it.
 * Its work throws KastellanError `access.time-over`, `approval.expired`.
 */
export function membershipStep(
  world: Ports,
  request: RequestOf<'access'>,
  observed: () => Promise<ObservedMembership>,
): Step {
  return {
    name: 'membership',
    title: `Access level ${request.spec.level}`,
    needs: [],
    async apply() {
      const noted =
        (await world.grants.find(request.id)) ?? (await noteGrant(world, request, await observed()));
      if (!isActive(noted)) throw timeOver();
      await requireRunning(world, request.id);
      const { group, person } = noted;
      const atEnd = atEndOf(world.rules, noted.level);
      if (atEnd !== 'membership') await activateBindings(world, noted);
      if (atEnd !== 'binding') await world.directory.addMembers(group.objectId, [person.objectId]);
      const held = await findProlonged(world, noted);
      const grant = await noteGranted(world, noted.id, held?.endsAt);
      if (held !== undefined) await endProlonged(world, grant, held);
      return 'read back from Entra';
    },
    async undo() {
      const noted = await world.grants.find(request.id);
      if (noted === undefined || !isLive(noted)) return 'nothing was given';
      const at = world.clock.now().toISOString();
      const grant = await revokeMembership(world, noted.id, { why: 'rolled-back', by: 'kastellan', at });
      return grant.removal?.membership === 'removed' ? 'removed' : 'stays';
    },
  };
}

async function noteGrant(
  world: Ports,
  request: RequestOf<'access'>,
  { person, group, alsoOn }: ObservedMembership,
): Promise<Grant> {
  const { spec } = request;
  const [members, context, dashboard] = await Promise.all([
    world.directory.listMembers(group.objectId),
    loadMembershipContext(world, group.objectId, person.objectId),
    findDashboard(world, request.cluster, spec.level),
  ]);
  const { now } = context;
  if (isPastDeadline(request, now)) throw approvalExpired(request, now);
  const durationMs = approvedDuration(request);
  const grant: Grant = {
    id: request.id,
    version: 1,
    state: 'granting',
    cluster: request.cluster,
    level: spec.level,
    beneficiary: spec.beneficiary,
    asker: request.asker,
    approvers: approversOf(request),
    reason: spec.reason,
    breakGlass: spec.breakGlass === true,
    person: { objectId: person.objectId, name: person.name },
    group: { objectId: group.objectId, name: group.displayName },
    ...(alsoOn.length > 0 && { alsoOn }),
    ...(dashboard !== undefined && { dashboard }),
    before: membershipBefore(members.includes(person.objectId), context),
    durationMs,
    ...(spec.prolongs !== undefined && { prolongs: spec.prolongs }),
    createdAt: now.toISOString(),
    endsAt: new Date(now.getTime() + durationMs).toISOString(),
    ...(spec.breakGlass === true && {
      reviews: {
        required: world.rules.breakGlass?.reviews ?? 1,
        given: [],
        asked: 0,
        askedAt: now.toISOString(),
      },
    }),
  };
  const detail = {
    person: person.objectId,
    group: group.objectId,
    before: grant.before,
    durationMs,
    ...(alsoOn.length > 0 && { alsoOn: alsoOn.map(useText) }),
  };
  await world.grants.create(grant, eventOf(grant, { action: 'grant.noted', actor: 'kastellan', detail }));
  return grant;
}

async function noteGranted(
  world: Pick<World, 'grants' | 'queue' | 'clock'>,
  id: string,
  heldUntil = '',
): Promise<Grant> {
  const { grant } = await changeGrant(world, id, (current) => {
    if (current.state !== 'granting') return undefined;
    const given = granted(current, world.clock.now().toISOString());
    const next = { ...given, ...(heldUntil > given.endsAt && { heldUntil }) };
    const detail = { endsAt: next.endsAt };
    return { next, event: { action: 'grant.granted', actor: 'kastellan', detail } };
  });
  if (!isActive(grant)) throw timeOver();
  await world.queue.add(id, Date.parse(grant.endsAt) - world.clock.now().getTime());
  return grant;
}

async function findProlonged({ grants }: Pick<World, 'grants'>, grant: Grant): Promise<Grant | undefined> {
  const before = grant.prolongs === undefined ? undefined : await grants.find(grant.prolongs);
  return before !== undefined && isActive(before) && sameMembership(before, grant) ? before : undefined;
}

// The longer one takes its place: more time that was asked for never takes any away. Whether the membership stays is decided
// where it ends, by the rule for all grants.
async function endProlonged(
  world: Pick<World, 'grants' | 'queue' | 'clock'>,
  grant: Grant,
  { id, endsAt }: Grant,
): Promise<void> {
  if (endsAt > grant.endsAt) return;
  const at = world.clock.now().toISOString();
  const { changed } = await changeGrant(world, id, (current) => {
    if (current.state !== 'active') return undefined;
    const end = { why: 'prolonged' as const, by: grant.asker, at };
    return {
      next: ending(current, end),
      event: { action: 'grant.prolonged', actor: grant.asker, detail: { by: grant.id } },
    };
  });
  if (changed) await world.queue.add(id);
}

// Somebody may have revoked everything of this person since the step began; the grant is noted, so it ends either way.
async function requireRunning(world: Pick<World, 'requests'>, id: string): Promise<void> {
  if ((await world.requests.find(id))?.state !== 'running') throw timeOver();
}

function timeOver(): KastellanError {
  return new KastellanError({
    code: 'access.time-over',
    message: 'The time of this access was over, or somebody took it back, before Entra showed it.',
    hint: 'Ask anew with /kasten access.',
  });
}
