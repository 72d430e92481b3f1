import { describe, expect, it } from '@jest/globals';
import { proveAll, waitForDashboard } from '../../../src/workflows/setup/proof.ts';
import type { SetupJob } from '../../../src/workflows/setup/systems.ts';
import { setupSpec } from '../../support/setup-samples.ts';

const GROUP = '22222222-2222-4222-8222-222222222222';

/** A set-up after which all is well, but for the groups that Entra does not have. */
function setup(...groups: readonly string[]) {
  const spec = setupSpec();
  const systems = {
    directory: {
      findGroup: async ({ objectId }: { objectId: string }) =>
        groups.includes(objectId) ? { objectId } : undefined,
    },
    signIn: {
      discoverIssuer: async () => spec.providerUrl,
      dashboardRedirect: async () => ({ redirected: false, broken: false, detail: '' }),
    },
    cluster: {
      findReleaseManager: async () => ({ by: 'argo-cd', name: 'k10' }),
      groupMay: async (_group: string, checks: readonly unknown[]) => checks.map(() => true),
      readClientSecret: async () => undefined,
    },
    releases: { find: async () => undefined },
  };
  return { spec, systems, atEnd: () => 'membership' } as unknown as SetupJob;
}

describe('the proof of a set-up', () => {
  const provesRights = async (job: SetupJob) => {
    const proofs = await proveAll(job, { clientId: 'kasten', groupIds: { admin: GROUP } });
    return proofs.find(({ name }) => name === 'admin group has its rights in K10');
  };

  it('holds for a group that is bound', async () => {
    expect(await provesRights(setup(GROUP))).toMatchObject({ holds: true });
  });

  it('does not where the group is bound, but is gone from Entra: nobody can be in it', async () => {
    expect(await provesRights(setup())).toMatchObject({
      holds: false,
      detail: 'the group is not in Entra any more',
    });
  });
});

describe('the dashboard after a rollout', () => {
  const starting = { redirected: false, broken: true, isK10: false, detail: 'answered 503' } as const;
  const page = { ...starting, broken: false, detail: 'answered 200' } as const;

  /** How often it was asked, and what was reported meanwhile, where it gives these answers one after the other. */
  async function waitsFor(
    ...answers: readonly (typeof starting | typeof page | Error)[]
  ): Promise<unknown[]> {
    const job = setup();
    const reported: string[] = [];
    let asked = 0;
    job.systems.signIn.dashboardRedirect = async () => {
      const answer = answers[asked++];
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('asked too often');
      return answer;
    };
    const report = (text: string): void => void reported.push(text);
    await waitForDashboard(job, { report, signal: new AbortController().signal });
    return [asked, ...reported];
  }

  it('is waited for while it answers that it is not there yet', async () => {
    expect(await waitsFor(starting, page)).toEqual([2, 'answered 503']);
  });

  it('is not waited for where it answers otherwise, or not at all', async () => {
    expect(await waitsFor(page)).toEqual([1]);
    expect(await waitsFor(new Error('refused'))).toEqual([1]);
  });
});
