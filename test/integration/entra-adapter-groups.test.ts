import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type BenchOptions,
  BOT_CLIENT_ID,
  CANARY,
  type EntraBench,
  MINIMAL,
  openBench,
  person,
  writes,
} from '../support/entra-adapter.ts';
import { failureOf } from '../support/failure-of.ts';

let bench: EntraBench;
const open = async (options: BenchOptions = {}): Promise<EntraBench> => {
  bench = await openBench(options);
  return bench;
};
afterEach(() => bench.close());

const wanted = {
  uniqueName: 'kastellan-prod-admin',
  displayName: "Kasten's Users",
  description: 'May sign in',
};

function idOf(name: string): string {
  const found = bench.entra.directory.all('user').find((user) => user.properties['displayName'] === name);
  if (found === undefined) throw new Error(`There is no ${name}.`);
  return found.id;
}

describe('A group', () => {
  it('is created as a security group that Kastellan owns, and found again by its unique name', async () => {
    const { directory, entra } = await open();
    const created = await directory.createGroup(wanted);
    expect(created).toMatchObject({ displayName: "Kasten's Users", security: true, fixedBecause: undefined });
    expect(await directory.findGroup({ uniqueName: wanted.uniqueName })).toEqual(created);
    expect(await directory.findGroup({ objectId: created.objectId })).toEqual(created);
    const bot = entra.directory.servicePrincipal(BOT_CLIENT_ID);
    expect([...(entra.directory.entries.get(created.objectId)?.owners ?? [])]).toEqual([bot?.id]);
  });

  it('is given back, not made twice and not written to, when it is already there', async () => {
    const { directory, entra } = await open();
    const first = await directory.createGroup(wanted);
    const before = writes(entra).length;
    expect(await directory.createGroup(wanted)).toEqual(first);
    expect(writes(entra)).toHaveLength(before);
  });

  it('is returned only when it can be read, however long Entra needs to show it', async () => {
    const { directory, waits } = await open({ knobs: { replicationLagMs: 20_000 }, people: [person('Ada')] });
    bench.entra.knobs.clockOffsetMs += 30_000;
    const group = await directory.createGroup(wanted);
    expect(waits[0]).toBe(250);
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThanOrEqual(20_000);
    expect(await directory.findGroup({ objectId: group.objectId })).toEqual(group);
  });

  it('that is there but not visible yet is not made a second time', async () => {
    const { directory, entra } = await open({
      knobs: { replicationLagMs: 20_000 },
      replicationBudgetMs: 1_000,
    });
    entra.knobs.clockOffsetMs += 30_000;
    expect(await failureOf(directory.createGroup(wanted))).toMatchObject({
      code: 'entra.not-replicated',
      retry: { when: 'later' },
    });
    entra.knobs.replicationLagMs = 0;
    await failureOf(directory.createGroup(wanted));
    entra.knobs.clockOffsetMs += 20_000;
    await directory.createGroup(wanted);
    expect(entra.directory.all('group')).toHaveLength(1);
  });

  it('keeps a name with a quote and other signs apart', async () => {
    const { directory } = await open();
    const odd = "kastellan-o'brien & sons #1?/%";
    await directory.createGroup({ ...wanted, uniqueName: odd });
    expect(await directory.findGroup({ uniqueName: odd })).toBeDefined();
    expect(await directory.findGroup({ uniqueName: "kastellan-o''brien & sons #1?/%" })).toBeUndefined();
  });

  it('that does not exist is simply not found, and deleting it is no error', async () => {
    const { directory } = await open();
    const objectId = '5d1c2a40-0000-4000-8000-000000000000';
    expect(await directory.findGroup({ objectId })).toBeUndefined();
    await directory.deleteGroup(objectId);
  });

  it('can be deleted by Kastellan as its owner', async () => {
    const { directory } = await open();
    const { objectId } = await directory.createGroup(wanted);
    await directory.deleteGroup(objectId);
    expect(await directory.findGroup({ objectId })).toBeUndefined();
  });

  it('says when it is no security group or when its members cannot be changed', async () => {
    const { directory, entra } = await open({
      groups: [
        { displayName: 'Mail', properties: { securityEnabled: false, mailEnabled: true } },
        { displayName: 'Rule', properties: { securityEnabled: true, groupTypes: ['DynamicMembership'] } },
        { displayName: 'Synced', properties: { securityEnabled: true, onPremisesSyncEnabled: true } },
        { displayName: 'Role', properties: { securityEnabled: true, isAssignableToRole: true } },
      ],
    });
    const seen: Record<string, [boolean, string | undefined]> = {};
    for (const { id } of entra.directory.all('group')) {
      const group = await directory.findGroup({ objectId: id });
      if (group) seen[group.displayName] = [group.security, group.fixedBecause];
    }
    expect(seen).toEqual({
      Mail: [false, expect.stringContaining('mail-enabled')],
      Rule: [true, expect.stringContaining('rule')],
      Synced: [true, expect.stringContaining('on-premises')],
      Role: [true, expect.stringContaining('roles')],
    });
  });
});

describe('A group in a tenant that allows its owner less', () => {
  const strict = { knobs: { strictGroups: true } };

  it('is created without an upsert, under the same unique name and owned by Kastellan', async () => {
    const { directory, entra } = await open(strict);
    const created = await directory.createGroup(wanted);
    expect(created).toMatchObject({ displayName: "Kasten's Users", uniqueName: wanted.uniqueName });
    const bot = entra.directory.servicePrincipal(BOT_CLIENT_ID);
    expect([...(entra.directory.entries.get(created.objectId)?.owners ?? [])]).toEqual([bot?.id]);
    expect(writes(entra)).toEqual(['POST /v1.0/groups']);
  });

  it('is not made a second time by a Kastellan that was killed after the first', async () => {
    const { directory, entra } = await open({ ...strict, replicationBudgetMs: 1_000 });
    entra.knobs.clockOffsetMs += 30_000;
    entra.knobs.replicationLagMs = 20_000;
    expect(await failureOf(directory.createGroup(wanted))).toMatchObject({ code: 'entra.not-replicated' });
    expect(await failureOf(directory.createGroup(wanted))).toMatchObject({
      code: 'entra.name-taken',
      retry: { when: 'later' },
    });
    entra.knobs.clockOffsetMs += 20_000;
    await directory.createGroup(wanted);
    expect(entra.directory.all('group')).toHaveLength(1);
    expect(writes(entra)).toEqual(['POST /v1.0/groups']);
  });

  it('that Kastellan may not delete is named, with the permission and what is left', async () => {
    const { directory } = await open(strict);
    const { objectId } = await directory.createGroup(wanted);
    const failure = await failureOf(directory.deleteGroup(objectId));
    expect(failure).toMatchObject({ code: 'entra.permission-missing', retry: { when: 'never' } });
    expect(failure.message).toMatch(
      /delete the group Kasten's Users \(.*Group\.ReadWrite\.All\. The group is left/,
    );
    expect(failure.hint).toContain('delete the group by hand');
  });
});

describe('Members', () => {
  const crowd = Array.from({ length: 45 }, (_, index) => person(`P${index}`));

  it('are added in batches of twenty, only those who are missing, and read back', async () => {
    const { directory, entra } = await open({ people: crowd });
    const { objectId } = await directory.createGroup(wanted);
    const ids = crowd.map(({ displayName }) => idOf(displayName));
    await directory.addMembers(objectId, ids.slice(0, 3));
    const before = writes(entra).length;
    await directory.addMembers(objectId, ids);
    expect(writes(entra).slice(before)).toHaveLength(3);
    expect((await directory.listMembers(objectId)).sort()).toEqual([...ids].sort());
    await directory.addMembers(objectId, ids);
    expect(writes(entra).slice(before)).toHaveLength(3);
  });

  it('are added one by one when one of a batch was added by somebody else in the meantime', async () => {
    const { directory, entra } = await open({ people: crowd });
    const { objectId } = await directory.createGroup(wanted);
    const [first = '', ...others] = crowd.slice(0, 4).map(({ displayName }) => idOf(displayName));
    const group = entra.directory.entries.get(objectId);
    // The adapter has listed the members when the bind arrives: now somebody else is quicker.
    bench.exchanges.push = (exchange) => {
      if (exchange.method === 'GET' && exchange.url.includes('/members')) group?.members.add(first);
      return 0;
    };
    await directory.addMembers(objectId, [first, ...others]);
    expect([...(group?.members ?? [])].sort()).toEqual([first, ...others].sort());
  });

  it('who are so new that Entra does not know them everywhere are added after a while', async () => {
    const { directory, entra, waits } = await open();
    const { objectId } = await directory.createGroup(wanted);
    entra.knobs.replicationLagMs = 5_000;
    const newcomer = entra.directory.add('user', {
      displayName: 'New',
      userPrincipalName: 'new@example.com',
    });
    await directory.addMembers(objectId, [newcomer.id]);
    expect(waits.length).toBeGreaterThan(0);
    expect(await directory.listMembers(objectId)).toEqual([newcomer.id]);
  });

  it('who do not exist are named, and the others are added all the same', async () => {
    const { directory } = await open({ people: crowd });
    const { objectId } = await directory.createGroup(wanted);
    const ghost = '5d1c2a40-0000-4000-8000-000000000001';
    const failure = await failureOf(directory.addMembers(objectId, [idOf('P0'), ghost]));
    expect(failure.code).toBe('entra.not-found');
    expect(failure.message).toContain(ghost);
    expect(await directory.listMembers(objectId)).toEqual([idOf('P0')]);
  });

  it('are removed from the group, and only from the group', async () => {
    const { directory, entra } = await open({ people: crowd });
    const { objectId } = await directory.createGroup(wanted);
    const ids = [idOf('P0'), idOf('P1')];
    await directory.addMembers(objectId, ids);
    await directory.removeMembers(objectId, [idOf('P0'), idOf('P7')]);
    expect(await directory.listMembers(objectId)).toEqual([idOf('P1')]);
    expect(entra.directory.all('user')).toHaveLength(crowd.length);
    const deletes = entra.requestLog.filter(({ method }) => method === 'DELETE');
    expect(deletes).toHaveLength(1);
    expect(deletes[0]?.url).toMatch(/\/members\/[^/]+\/\$ref$/);
  });

  it('that many people are given at the same moment cost a handful of requests, and each hears of their own', async () => {
    const many = Array.from({ length: 200 }, (_, index) => person(`M${index}`));
    const { directory, entra } = await open({ people: many });
    const { objectId } = await directory.createGroup(wanted);
    const ids = many.map(({ displayName }) => idOf(displayName));
    const ghost = '5d1c2a40-0000-4000-8000-000000000003';
    entra.requestLog.length = 0;
    const outcomes = await Promise.allSettled(ids.map((id) => directory.addMembers(objectId, [id])));
    expect(outcomes.every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(writes(entra)).toHaveLength(10);
    expect(entra.requestLog.filter(({ url }) => url.startsWith('/v1.0')).length).toBeLessThan(20);
    const [good, bad] = await Promise.allSettled([
      directory.addMembers(objectId, [idOf('M0')]),
      directory.addMembers(objectId, [ghost]),
    ]);
    expect([good?.status, bad?.status]).toEqual(['fulfilled', 'rejected']);
    entra.requestLog.length = 0;
    const removed = await Promise.all(ids.map((id) => directory.removeMembers(objectId, [id])));
    expect(removed.flat()).toHaveLength(200);
    expect(await directory.listMembers(objectId)).toEqual([]);
    const sent = entra.requestLog.filter(({ url, batched }) => url.startsWith('/v1.0') && !batched);
    expect(sent.length).toBeLessThan(20);
  });

  it('that are throttled one by one inside a batch are removed after the pause that was asked for', async () => {
    const { directory, entra, waits } = await open({ people: crowd });
    const { objectId } = await directory.createGroup(wanted);
    const ids = crowd.slice(0, 6).map(({ displayName }) => idOf(displayName));
    await directory.addMembers(objectId, ids);
    entra.knobs.throttle = { every: 3, retryAfterSeconds: 2.5 };
    expect((await directory.removeMembers(objectId, ids)).toSorted()).toEqual(ids.toSorted());
    expect(waits).toContain(2_500);
    entra.knobs.throttle.every = 0;
    expect(await directory.listMembers(objectId)).toEqual([]);
  });

  it('of a group that is gone are removed already', async () => {
    const { directory } = await open({ people: crowd });
    await directory.removeMembers('5d1c2a40-0000-4000-8000-000000000002', [idOf('P0')]);
  });
});

describe('People', () => {
  it('are found by mail or sign-in name, exactly, quotes and plus signs included', async () => {
    const { directory } = await open({
      people: [
        person("O'Brien", { mail: "o'brien+k10@example.com" }),
        person('Ada'),
        person('Eve', { userPrincipalName: 'ada@example.com.evil.example', mail: null }),
      ],
    });
    expect(await directory.findPeopleByEmail("O'Brien+k10@example.com")).toMatchObject([{ name: "O'Brien" }]);
    expect(await directory.findPeopleByEmail('ada@example.com')).toMatchObject([{ name: 'Ada' }]);
    expect(await directory.findPeopleByEmail("x' or mail ne '")).toEqual([]);
  });

  it('show whether they are disabled or guests, and all who share an address are given', async () => {
    const { directory } = await open({
      people: [
        person('Off', { accountEnabled: false }),
        person('Guest', {
          userPrincipalName: 'g_partner#EXT#@example.com',
          mail: 'g@partner.example',
          userType: 'Guest',
        }),
        person('Twin', { mail: 'shared@example.com' }),
        person('Other', { mail: 'shared@example.com' }),
      ],
    });
    expect(await directory.findPeopleByEmail('off@example.com')).toMatchObject([
      { enabled: false, guest: false },
    ]);
    expect(await directory.findPeopleByEmail('g@partner.example')).toMatchObject([
      { enabled: true, guest: true },
    ]);
    expect(await directory.findPeopleByEmail('g_partner#EXT#@example.com')).toMatchObject([{ guest: true }]);
    expect(await directory.findPeopleByEmail('shared@example.com')).toHaveLength(2);
  });

  it('are not matched blindly when the permission shows only their names', async () => {
    const { directory } = await open({
      people: [person('Ada')],
      permissions: [...MINIMAL.filter((name) => name !== 'User.Read.All'), 'User.ReadBasic.All'],
    });
    const failure = await failureOf(directory.findPeopleByEmail('ada@example.com'));
    expect(failure.code).toBe('entra.permission-missing');
    expect(failure.message).toContain('User.Read.All');
  });
});

describe('A bad day at Microsoft', () => {
  it('is waited out: throttling with fractions of a second, outages, conflicts', async () => {
    const { directory, entra, waits } = await open();
    entra.knobs.unavailableNext = 2;
    entra.knobs.conflictNext = 1;
    const { objectId } = await directory.createGroup(wanted);
    entra.knobs.throttle = { every: 2, retryAfterSeconds: 2.128 };
    await directory.findGroup({ objectId });
    await directory.findGroup({ objectId });
    expect(waits).toContain(2128);
    expect(entra.directory.all('group')).toHaveLength(1);
  });

  it('that lasts longer than the budget ends with the delay that Graph asked for', async () => {
    const { directory, entra } = await open({ throttleBudgetMs: 10_000 });
    entra.knobs.throttle = { every: 1, retryAfterSeconds: 60.5 };
    expect(await failureOf(directory.findGroup({ uniqueName: 'x' }))).toMatchObject({
      code: 'entra.throttled',
      retry: { when: 'later', afterMs: 60_500 },
    });
  });

  it('with nobody answering is told as such', async () => {
    const { directory, entra } = await open();
    await directory.findGroup({ uniqueName: 'x' });
    await entra.close();
    expect(await failureOf(directory.findGroup({ uniqueName: 'x' }))).toMatchObject({
      code: 'entra.unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
      retry: { when: 'later' },
    });
  });
});

describe('Missing permissions', () => {
  it.each([
    ['Group.Create', () => bench.directory.createGroup(wanted)],
    [
      'GroupMember.ReadWrite.All',
      () => bench.directory.listMembers(bench.entra.directory.all('group')[0]?.id ?? ''),
    ],
    ['User.Read.All', () => bench.directory.findPeopleByEmail('a@example.com')],
    [
      'Application.ReadWrite.OwnedBy',
      () => bench.directory.findServicePrincipal('5d1c2a40-0000-4000-8000-000000000003'),
    ],
  ])('name %s, at once', async (permission, act) => {
    await open({
      permissions: MINIMAL.filter((name) => name !== permission),
      groups: [{ displayName: 'Some', properties: { securityEnabled: true } }],
    });
    const failure = await failureOf(act());
    expect(failure.code).toBe('entra.permission-missing');
    expect(failure.message).toContain(permission);
    expect(failure.hint).toContain(permission);
    expect(inspect(failure, { depth: 9 })).toMatch(/request-id [0-9a-f-]{36}/);
    expect(bench.waits).toEqual([]);
  });
});

describe("Kastellan's own secret", () => {
  it('turns up in no failure', async () => {
    const { directory, entra } = await open();
    const failures = [
      await failureOf(directory.addMembers('5d1c2a40-0000-4000-8000-000000000004', ['nonsense'])),
    ];
    for (const [code] of entra.directory.secretTexts) entra.directory.secretTexts.delete(code);
    const stranger = await openBench();
    stranger.entra.directory.secretTexts.clear();
    failures.push(await failureOf(stranger.directory.findGroup({ uniqueName: 'x' })));
    await stranger.close();
    expect(failures.map(({ code }) => code)).toEqual(['entra.not-found', 'entra.sign-in-failed']);
    expect(failures[1]?.message).toContain('The client secret is wrong');
    for (const failure of failures) {
      const everything =
        inspect(failure, { depth: 9, showHidden: true }) + JSON.stringify(failure) + failure.stack;
      expect(everything).not.toContain('CANARY');
      expect(everything).not.toContain(encodeURIComponent(CANARY));
      expect(everything).not.toMatch(/eyJ/);
    }
  });
});
