import { CAST, CHANNELS } from '../../sandbox/cast.ts';
import type { Entry } from '../../sandbox/entra/directory.ts';
import { AuditChain } from '../../src/adapters/redis/audit-chain.ts';
import { createGrantStore } from '../../src/adapters/redis/grant-store.ts';
import type { Grant, Removal } from '../../src/domain/access/grant.ts';
import { groupKey } from '../../src/domain/setup/group-key.ts';
import { atWrite } from './disturb.ts';
import { brokenMessage } from './invariants.ts';
import type { Lane } from './lane.ts';

const GRANTED = /Granted until/;
const ENDED = /Access ended/;
const ROLLED_BACK = /was rolled back/;
const GROUP = groupKey('prod-eu', 'admin');

/** A group as set-up leaves it, with a member whom Kastellan did not give it; signing in is not what is disturbed here. */
export function plantGroup(lane: Lane): Entry {
  const { directory, portal } = lane.sandbox.entra;
  const properties = {
    displayName: 'Kasten Users',
    uniqueName: GROUP,
    mailEnabled: false,
    securityEnabled: true,
  };
  const group = directory.add('group', properties);
  group.visibleAt = 0;
  portal.addMember(group.id, personOf(lane, 'asker').id);
  return group;
}

/** The Entra account of one of the cast. */
export function personOf({ sandbox }: Lane, who: keyof typeof CAST): Entry {
  const person = sandbox.entra.directory.findBy('user', 'userPrincipalName', CAST[who].email);
  if (person === undefined) throw new Error(`the ${who} is not in Entra`);
  return person;
}

/** Asks for an hour of access for the outsider; resolves once it can be decided on. */
export async function askForAccess(lane: Lane): Promise<string> {
  const id = await lane.newRequest('access', async () => {
    const asked = await lane.sandbox.slack.control.runCommand(
      CAST.outsider.slackId,
      CHANNELS.general,
      'access admin prod-eu 1h restore shop-db',
    );
    if (asked.outcome !== 'acknowledged') throw new Error(`The command was ${asked.outcome}`);
  });
  await lane.untilState(id, ['pending']);
  await lane.cardWith(id, 'request.approve');
  return id;
}

/** Access that was given, but could not be seen to be: what people roll back. */
export async function failedAccess(lane: Lane): Promise<string> {
  const { knobs } = lane.sandbox.entra;
  const id = await askForAccess(lane);
  const added = atWrite(lane, 1).then(() => {
    knobs.revokedPermissions = ['GroupMember.ReadWrite.All'];
  });
  await Promise.all([added, lane.press(id, 'request.approve')]);
  await lane.untilState(id, ['failed'], 'pending');
  knobs.revokedPermissions = [];
  return id;
}

/** Access that runs. */
export async function givenAccess(lane: Lane): Promise<string> {
  const id = await askForAccess(lane);
  await lane.approve(id);
  return id;
}

/** Access that runs, of somebody whom an administrator put into the group before it was approved. */
export async function keptAccess(lane: Lane): Promise<string> {
  const id = await askForAccess(lane);
  lane.sandbox.entra.portal.addMember(groupOf(lane).id, personOf(lane, 'outsider').id);
  await lane.approve(id);
  return id;
}

/** An operator takes back what the outsider has. */
export async function revoke(lane: Lane): Promise<void> {
  const { outsider, approver } = CAST;
  await lane.sandbox.slack.control.runCommand(
    approver.slackId,
    CHANNELS.general,
    `revoke <@${outsider.slackId}> the incident is over`,
  );
}

/** Resolves with the grant once it is over. */
export function untilOver(lane: Lane, id: string): Promise<Grant> {
  return lane.until(`grant ${id} to be over`, async () => {
    const grant = await findGrant(lane, id).catch(() => undefined);
    return grant?.state === 'ended' ? grant : undefined;
  });
}

export function findGrant(lane: Lane, id: string): Promise<Grant | undefined> {
  return grantsOf(lane).find(id);
}

export function grantsOf({ redis }: Lane) {
  return createGrantStore(redis, new AuditChain(redis, { now: () => new Date() }));
}

function groupOf({ sandbox }: Lane): Entry {
  const group = sandbox.entra.directory.findBy('group', 'uniqueName', GROUP);
  if (group === undefined) throw new Error('the group is gone');
  return group;
}

/** What does not hold of who is in the group: whoever was there before, and the outsider where they should be. */
export function brokenMembers(lane: Lane, outsider: 'in' | 'out'): string[] {
  const wanted = [CAST.asker.name, ...(outsider === 'in' ? [CAST.outsider.name] : [])];
  const { directory } = lane.sandbox.entra;
  const there = [...groupOf(lane).members].map((id) =>
    String(directory.entries.get(id)?.properties['displayName']),
  );
  return there.toSorted().join() === wanted.toSorted().join() ? [] : [`in the group: ${there.join()}`];
}

/** What does not hold while access runs. */
export async function brokenWhileGiven(lane: Lane, id: string): Promise<string[]> {
  const grant = await findGrant(lane, id);
  const delayed = (await lane.redis.zcard('{kastellan}:jobs:requests:delayed')) > 0;
  return [
    ...(grant?.state === 'active' ? [] : [`the grant is ${grant?.state}`]),
    ...(grant?.before === 'absent' ? [] : ['it would not be taken back at its end']),
    ...brokenMembers(lane, 'in'),
    ...(delayed ? [] : ['no job waits for its end']),
    ...(await brokenCard(lane, id, GRANTED)),
    ...(await brokenMessage(lane, 'outsider', id, /You have .* until/)),
    ...(await brokenOnce(lane, id, ['grant.noted', 'grant.granted', 'request.done'])),
  ];
}

/** What does not hold once it was taken back. */
export async function brokenOnceOver(
  lane: Lane,
  id: string,
  membership: Removal['membership'] = 'removed',
): Promise<string[]> {
  const { removal } = await untilOver(lane, id);
  return [
    ...(removal?.membership === membership ? [] : [`the membership: ${removal?.membership}`]),
    ...brokenMembers(lane, membership === 'kept-from-before' ? 'in' : 'out'),
    ...(await brokenCard(lane, id, ENDED)),
    ...(await brokenMessage(lane, 'outsider', id, /Your access .* ended/)),
    ...(await brokenOnce(lane, id, ['grant.noted', 'grant.granted', 'grant.ended', 'request.done'])),
  ];
}

/** What does not hold while access runs, and once it was taken back: the next try begins with nobody in the group. */
export async function brokenUntilOver(lane: Lane, id: string): Promise<string[]> {
  const broken = await brokenWhileGiven(lane, id);
  await revoke(lane);
  return [...broken, ...(await brokenOnceOver(lane, id))];
}

/** What does not hold once a request that failed was rolled back. */
export async function brokenOnceUndone(
  lane: Lane,
  id: string,
  membership: Removal['membership'] = 'removed',
): Promise<string[]> {
  const { state, end, removal } = (await findGrant(lane, id)) ?? {};
  return [
    ...(state === 'ended' && end?.why === 'rolled-back' ? [] : [`the grant is ${state}: ${end?.why}`]),
    ...(removal?.membership === membership ? [] : [`the membership: ${removal?.membership}`]),
    ...brokenMembers(lane, 'out'),
    ...(await brokenCard(lane, id, ROLLED_BACK)),
    ...(await brokenOnce(lane, id, ['grant.noted', 'grant.ended', 'request.failed', 'request.undone'])),
  ];
}

async function brokenCard(lane: Lane, id: string, words: RegExp): Promise<string[]> {
  const broken: string[] = [];
  await lane
    .until('the card', async () => {
      const cards = await lane.cards(id);
      return cards.some(({ text = '' }) => words.test(text)) ? true : undefined;
    })
    .catch(() => broken.push('the last state is not shown'));
  const cards = await lane.cards(id);
  return [...broken, ...(cards.length === 1 ? [] : [`${cards.length} cards`])];
}

/** What the audit log tells too often, or not at all; and whether it is whole. */
async function brokenOnce(lane: Lane, requestId: string, actions: readonly string[]): Promise<string[]> {
  const [chain, entries] = await Promise.all([
    lane.audit.verify(),
    lane.audit.read({ requestIds: new Set([requestId]), limit: 500 }),
  ]);
  const counts = actions.map((wanted) => [wanted, entries.filter(({ action }) => action === wanted).length]);
  return [
    ...(chain.intact ? [] : [`audit entry ${chain.sequence}: ${chain.problem}`]),
    ...counts.filter(([, count]) => count !== 1).map(([action, count]) => `${action} ${count} times`),
    ...brokenInEntra(lane),
  ];
}

/** What Entra's own log tells of the outsider: nobody is put into the group, or taken out of it, twice. */
function brokenInEntra(lane: Lane): string[] {
  const { audits } = lane.sandbox.entra.directory;
  const group = groupOf(lane);
  const about = audits.filter(({ targetResources }) => {
    const targets = targetResources as { id: string; displayName: string | null }[];
    return [group.id, CAST.outsider.name].every((wanted) =>
      targets.some(({ id, displayName }) => id === wanted || displayName === wanted),
    );
  });
  return ['Add member to group', 'Remove member from group'].flatMap((activity) => {
    const times = about.filter(({ activityDisplayName }) => activityDisplayName === activity).length;
    return times > 1 ? [`Entra saw "${activity}" ${times} times`] : [];
  });
}
