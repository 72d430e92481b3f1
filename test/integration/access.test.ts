import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { breakGlass } from '../../src/operations/break-glass.ts';
import { endGrant } from '../../src/operations/end-grant.ts';
import { listGrants } from '../../src/operations/list-grants.ts';
import { requestAccess } from '../../src/operations/request-access.ts';
import { revokePerson } from '../../src/operations/revoke-person.ts';
import { sweepGrants } from '../../src/operations/sweep-grants.ts';
import { AccessWorld, accessForm, WHO } from '../support/access-world.ts';

const HOUR_MS = 3_600_000;
let house: AccessWorld;

beforeEach(async () => {
  house = await AccessWorld.start();
});
afterEach(() => house.close());

describe('access that was approved', () => {
  it('is in Entra before anybody reads that it was granted, and its time is counted from then', async () => {
    const { id } = await house.asks();
    await house.work();
    expect(house.members()).toEqual([]);
    house.now += 5 * 60_000;
    await house.approves(id);
    await house.work();
    expect(house.members()).toEqual(['ada']);
    const grant = await house.grant(id);
    expect(grant).toMatchObject({ state: 'active', before: 'absent', approvers: [WHO.ben] });
    expect(Date.parse(grant.endsAt) - Date.parse(grant.grantedAt ?? '')).toBe(HOUR_MS);
    expect(await house.request(id)).toMatchObject({ state: 'done' });
  });

  it('is taken back when its time is over, and the card says so once Entra shows it', async () => {
    const { id } = await house.given();
    await house.passes(HOUR_MS - 1_000);
    expect(house.members()).toEqual(['ada']);
    await house.passes(1_000);
    expect(house.members()).toEqual([]);
    expect(await house.grant(id)).toMatchObject({
      state: 'ended',
      end: { why: 'expired' },
      removal: { membership: 'removed' },
      lateMs: 0,
    });
    expect(house.shown.at(-1)?.grant?.state).toBe('ended');
    expect(house.told.at(-1)).toMatchObject({ to: WHO.ada, topic: 'grant-ended' });
  });

  it('ends at once when who has it is done', async () => {
    const { id } = await house.given();
    expect(await endGrant(house.world, id, WHO.ada)).toMatchObject({ ending: true });
    await house.work();
    expect(house.members()).toEqual([]);
    expect(await house.grant(id)).toMatchObject({ state: 'ended', end: { why: 'done', by: WHO.ada } });
    expect(await endGrant(house.world, id, WHO.ada)).toMatchObject({ ending: false, why: 'too-late' });
  });

  it('is ended by approvers and operators, and by nobody else', async () => {
    const { id } = await house.given();
    house.approvers.delete(WHO.cleo);
    expect(await endGrant(house.world, id, WHO.cleo, 'no')).toMatchObject({
      ending: false,
      why: 'not-allowed',
    });
    expect(await endGrant(house.world, id, WHO.dan, 'the incident is over')).toMatchObject({ ending: true });
    await house.work();
    expect(await house.grant(id)).toMatchObject({
      end: { why: 'revoked', by: WHO.dan, reason: 'the incident is over' },
    });
  });

  it('is found by a sweep when its job was lost, and its lateness is noted', async () => {
    const { id } = await house.given();
    house.jobs = [];
    await house.passes(3 * HOUR_MS);
    expect(house.members()).toEqual(['ada']);
    await sweepGrants(house.world);
    await house.work();
    expect(house.members()).toEqual([]);
    expect(await house.grant(id)).toMatchObject({ state: 'ended', lateMs: 2 * HOUR_MS });
  });
});

describe('asking', () => {
  it('twice is answered with what was asked for already', async () => {
    const { id } = await house.asks();
    const again = await requestAccess(house.world, WHO.cleo, accessForm(), 5_000);
    expect(again).toMatchObject({ ok: false, existing: { request: { id } } });
  });

  it('for what somebody has is answered with it, unless it is for more time', async () => {
    const { id } = await house.given();
    const again = await requestAccess(house.world, WHO.ada, accessForm(), 5_000);
    expect(again).toMatchObject({ ok: false, existing: { grant: { id } } });
    const more = await house.given({ prolongs: id, durationMs: 2 * HOUR_MS });
    expect(more.before).toBe('absent');
    expect(await house.grant(id)).toMatchObject({
      state: 'ended',
      end: { why: 'prolonged' },
      removal: { membership: 'kept-for-other', for: more.id },
    });
    await house.passes(HOUR_MS);
    expect(house.members()).toEqual(['ada']);
    await house.passes(HOUR_MS);
    expect(house.members()).toEqual([]);
  });
});

describe('who wants to know', () => {
  it('sees their own grants, and operators see everybody’s', async () => {
    const first = await house.given();
    const second = await house.given({ beneficiary: WHO.dan, durationMs: HOUR_MS / 2 }, WHO.dan);
    expect(await listGrants(house.world, WHO.ada, 'mine')).toMatchObject({ grants: [{ id: first.id }] });
    expect(await listGrants(house.world, WHO.ada, 'everybody')).toEqual({ allowed: false });
    const all = await listGrants(house.world, WHO.dan, 'everybody');
    expect(all).toMatchObject({ grants: [{ id: second.id }, { id: first.id }] });
  });
});

describe('revoking a person', () => {
  it('takes back all that they have, everywhere', async () => {
    await house.given();
    await house.given({ cluster: 'prod-us' });
    expect(await revokePerson(house.world, WHO.ben, WHO.ada, 'no')).toEqual({ allowed: false });
    const result = await revokePerson(house.world, WHO.dan, WHO.ada, 'left the company');
    expect(result).toMatchObject({ allowed: true, grants: [{ state: 'ending' }, { state: 'ending' }] });
    await house.work();
    expect([...house.members(), ...house.members('prod-us')]).toEqual([]);
  });
});

describe('break-glass', () => {
  it('is for nobody as long as it is not configured', async () => {
    const result = await breakGlass(house.world, WHO.ada, { cluster: 'prod-eu', reason: 'all is down' });
    expect(result).toEqual({ ok: false, why: 'not-configured' });
  });
});
