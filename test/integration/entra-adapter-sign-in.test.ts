import { afterEach, describe, expect, it } from '@jest/globals';
import type { Properties } from '../../sandbox/entra/directory.ts';
import { type BenchOptions, type EntraBench, MINIMAL, openBench } from '../support/entra-adapter.ts';
import { failureOf } from '../support/failure-of.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function open(options: BenchOptions = {}): Promise<EntraBench> {
  const bench = await openBench({
    permissions: [...MINIMAL, 'Policy.Read.All', 'AuditLog.Read.All'],
    ...options,
  });
  closers.push(() => bench.close());
  return bench;
}

function signIn(id: string, at: string, errorCode: number, appId = 'kasten'): Properties {
  return {
    id,
    createdDateTime: at,
    appId,
    userId: 'ada',
    userDisplayName: 'Ada Asker',
    userPrincipalName: 'ada@example.com',
    correlationId: `c-${id}`,
    appliedConditionalAccessPolicies: [{ id: 'p', displayName: 'No strangers', result: 'failure' }],
    status: { errorCode, failureReason: 'Ada Asker was refused', additionalDetails: null },
  };
}

describe('what a tenant demands at sign-in', () => {
  it('is read from its Conditional Access policies and security defaults', async () => {
    const { directory, entra } = await open();
    entra.knobs.mfaRequired = true;
    const { policies, securityDefaults } = await directory.readAccessPolicies();
    expect(securityDefaults).toBe(false);
    expect(policies).toEqual([
      {
        name: 'Everyone signs in with a second factor',
        state: 'enabled',
        includeApplications: ['All'],
        excludeApplications: [],
        filtersApplications: false,
        allUsers: true,
        includeGroups: [],
        excludeGroups: [],
        otherIncludes: 0,
        otherExcludes: 0,
        conditions: [],
        demands: 'mfa',
      },
    ]);
  });

  it('is not known without the permission, which is named', async () => {
    const { directory } = await open({ permissions: MINIMAL });
    const failure = await failureOf(directory.readAccessPolicies());
    expect(failure).toMatchObject({ code: 'entra.permission-missing' });
    expect(failure.message).toContain('Policy.Read.All');
  });
});

describe('the sign-in log', () => {
  it('gives what happened at one application since then, in words and without a name', async () => {
    const { directory, entra } = await open();
    entra.directory.signIns.push(
      signIn('late', '2026-11-24T11:00:00Z', 53003),
      signIn('good', '2026-11-24T10:59:00Z', 0),
      signIn('other', '2026-11-24T10:58:00Z', 53003, 'another'),
      signIn('early', '2026-11-24T09:00:00Z', 53003),
    );
    const found = await directory.listSignIns('kasten', new Date('2026-11-24T10:00:00Z'));
    expect(found).toEqual([
      {
        id: 'late',
        at: '2026-11-24T11:00:00Z',
        personId: 'ada',
        correlationId: 'c-late',
        failure: {
          code: 'AADSTS53003',
          message: 'A Conditional Access policy blocks this sign-in.',
          hint: expect.stringContaining('exemption'),
          policies: ['No strangers'],
        },
      },
      { id: 'good', at: '2026-11-24T10:59:00Z', personId: 'ada', correlationId: 'c-good' },
    ]);
    expect(JSON.stringify(found)).not.toContain('Ada Asker');
  });

  it('is asked no more often than Entra allows for reports', async () => {
    const { directory, entra } = await open();
    const now = () => Date.now() + entra.knobs.clockOffsetMs;
    const began = now();
    for (let time = 0; time < 6; time += 1) await directory.listSignIns('kasten', new Date());
    // Five in ten seconds; the sixth comes after them.
    expect(now() - began).toBeGreaterThanOrEqual(10_000);
  });

  it.each([
    ['a licence', { knobs: { premiumLicence: false } }, 'entra.licence-missing'],
    ['the permission', { permissions: MINIMAL }, 'entra.permission-missing'],
  ])('is not there without %s', async (_what, options, code) => {
    const { directory } = await open(options);
    expect(await failureOf(directory.listSignIns('kasten', new Date()))).toMatchObject({ code });
  });
});
