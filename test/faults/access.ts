import { CAST, CHANNELS } from '../../sandbox/cast.ts';
import type { Entry } from '../../sandbox/entra/directory.ts';
import { AuditChain } from '../../src/adapters/redis/audit-chain.ts';
import { createGrantStore } from '../../src/adapters/redis/grant-store.ts';
import type { Grant, Removal } from '../../src/domain/grant.ts';
import type { Target } from './killing.ts';
import type { Lane } from './lane.ts';
import { JournalWatch, type Moment } from './moments.ts';

const LONGEST_TAKE_OVER_MS = 30_000;
const GRANTED = /Granted until/;
const ENDED = /Access ended/;

/** A group as set-up leaves it; signing in is not what is disturbed here. */
export function plantGroup({ sandbox }: Lane): Entry {
  const { directory } = sandbox.entra;
  const properties = {
    displayName: 'Kasten Users',
    uniqueName: 'kastellan-prod-eu-admin',
    mailEnabled: false,
    securityEnabled: true,
  };
  const group = directory.add('group', properties);
  group.visibleAt = 0;
  return group;
}

/** Asks for an hour of access; resolves once it can be decided on. */
export async function askForAccess(lane: Lane): Promise<string> {
  const id = await lane.newRequest(async () => {
    const asked = await lane.sandbox.slack.control.runCommand(
      CAST.outsider.slackId,
      CHANNELS.general,
      'access admin 1h restore shop-db',
    );
    if (asked.outcome !== 'acknowledged') throw new Error(`The command was ${asked.outcome}`);
  });
  await lane.untilState(id, ['pending']);
  await lane.cardWith(id, 'request.approve');
  return id;
}

/** Access that could not be given: what people roll back. */
export async function failedAccess(lane: Lane): Promise<string> {
  const { knobs } = lane.sandbox.entra;
  const id = await askForAccess(lane);
  // The member is added, but Kastellan may not look any more.
  knobs.revokedPermissions = ['GroupMember.ReadWrite.All'];
  await lane.press(id, 'request.approve');
  await lane.untilState(id, ['failed'], 'pending');
  knobs.revokedPermissions = [];
  return id;
}

/** Access that runs. */
export async function givenAccess(lane: Lane): Promise<string> {
  const id = await askForAccess(lane);
  await lane.press(id, 'request.approve');
  await lane.untilState(id, ['done']);
  return id;
}

/** An operator takes back what the outsider has. */
async function revoke(lane: Lane): Promise<void> {
  const { outsider, approver } = CAST;
  await lane.sandbox.slack.control.runCommand(
    approver.slackId,
    CHANNELS.general,
    `revoke <@${outsider.slackId}> the incident is over`,
  );
}

export function grantsOf(lane: Lane) {
  return createGrantStore(lane.redis, new AuditChain(lane.redis, { now: () => new Date() }));
}

async function untilGrant(lane: Lane, id: string, state: Grant['state']): Promise<Grant> {
  return lane.until(`grant ${id} to be ${state}`, async () => {
    const grant = await grantsOf(lane)
      .find(id)
      .catch(() => undefined);
    return grant?.state === state ? grant : undefined;
  });
}

/** Names of who is in the group. */
export function membersOf(lane: Lane): string[] {
  const { directory } = lane.sandbox.entra;
  const group = directory.findBy('group', 'uniqueName', 'kastellan-prod-eu-admin');
  return [...(group?.members ?? [])].map((id) =>
    String(directory.entries.get(id)?.properties['displayName']),
  );
}

/** What does not hold while access runs. */
export async function brokenWhileGiven(lane: Lane, id: string): Promise<string[]> {
  const grant = await grantsOf(lane).find(id);
  const delayed = (await lane.redis.zcard('{kastellan}:jobs:requests:delayed')) > 0;
  return [
    ...(grant?.state === 'active' ? [] : [`the grant is ${grant?.state}`]),
    ...(grant?.before === 'absent' ? [] : ['it would not be taken back at its end']),
    ...(membersOf(lane).join() === CAST.outsider.name ? [] : [`in the group: ${membersOf(lane).join()}`]),
    ...(delayed ? [] : ['no job waits for its end']),
    ...(await brokenCard(lane, id, GRANTED)),
  ];
}

/** What does not hold once it was taken back. */
export async function brokenOnceOver(
  lane: Lane,
  id: string,
  removal: Removal['membership'] = 'removed',
): Promise<string[]> {
  const grant = await untilGrant(lane, id, 'ended');
  return [
    ...(grant.removal?.membership === removal ? [] : [`the membership: ${grant.removal?.membership}`]),
    ...(membersOf(lane).length === 0 ? [] : [`still in the group: ${membersOf(lane).join()}`]),
    ...(await brokenCard(lane, id, ENDED)),
  ];
}

/** What does not hold while access runs, and once it was taken back: the next try begins with nobody in the group. */
export async function brokenUntilOver(lane: Lane, id: string): Promise<string[]> {
  const broken = await brokenWhileGiven(lane, id);
  await revoke(lane);
  return [...broken, ...(await brokenOnceOver(lane, id))];
}

/** What does not hold once a request that failed was rolled back. */
export async function brokenOnceUndone(lane: Lane, id: string): Promise<string[]> {
  const live = await grantsOf(lane).live();
  return [
    ...(live.length === 0 ? [] : ['a grant is left']),
    ...(membersOf(lane).length === 0 ? [] : [`still in the group: ${membersOf(lane).join()}`]),
    ...(await brokenCard(lane, id, /was rolled back/)),
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
  const chain = await lane.audit.verify();
  return [
    ...broken,
    ...(cards.length === 1 ? [] : [`${cards.length} cards`]),
    ...(chain.intact ? [] : [`audit entry ${chain.sequence}: ${chain.problem}`]),
  ];
}

/** Kills the process that takes access back at the chosen moment, and waits until another one has. */
export async function killWhileRevoking(
  lane: Lane,
  id: string,
  target: Target | undefined,
): Promise<{ at: string | undefined; takeOverMs: number | undefined; seen: readonly Moment[] }> {
  const seen: Moment[] = [];
  let killed: { at: string; when: number } | undefined;
  let counted = 0;
  let watch: JournalWatch | undefined;
  const heard = (moment: Moment): void => {
    const runner = watch?.runner;
    if (runner === undefined) return;
    seen.push(moment);
    if (target?.stream !== moment.stream) return;
    counted += 1;
    if (counted !== target.n || killed !== undefined) return;
    killed = { at: moment.what, when: Date.now() };
    lane.fleet.kill(runner.pid);
  };
  lane.writes.listen(heard);
  watch = await JournalWatch.open(lane, id, heard);
  try {
    await revoke(lane);
    await untilGrant(lane, id, 'ended');
  } finally {
    lane.writes.listen(undefined);
    watch.close();
  }
  const since = watch.runner?.since ?? 0;
  return {
    at: killed?.at,
    takeOverMs: killed !== undefined && since > killed.when ? since - killed.when : undefined,
    seen,
  };
}

export function tooLate(takeOverMs: number | undefined): string[] {
  return takeOverMs !== undefined && takeOverMs > LONGEST_TAKE_OVER_MS
    ? [`taken over after ${Math.round(takeOverMs / 1_000)} s`]
    : [];
}
