import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/domain/json.ts';
import { proveMembers } from '../../../src/workflows/setup/member-proof.ts';
import type { SetupJob } from '../../../src/workflows/setup/systems.ts';
import { setupSpec } from '../../support/setup-samples.ts';

const GROUP = '22222222-2222-4222-8222-222222222222';
const OURS = `kasten_azure_${GROUP}`;

interface Member {
  readonly enabled?: boolean;
  readonly groups?: readonly string[];
}

/** A cluster that lets whoever is in the level's group do everything, and an Entra with these members in it. */
function proof(members: Readonly<Record<string, Member>>, auth: JsonObject = {}) {
  const spec = setupSpec();
  const [level] = spec.levels;
  if (level === undefined) throw new Error('The sample has no level.');
  const systems = {
    directory: {
      listAllMembers: async () => Object.keys(members),
      findPerson: async (objectId: string) => ({
        objectId,
        name: objectId,
        userPrincipalName: `${objectId}@contoso.example`,
        enabled: members[objectId]?.enabled ?? true,
        guest: false,
      }),
      listGroupsOf: async (id: string) => members[id]?.groups ?? [GROUP],
    },
    cluster: {
      listBindings: async () => [],
      sessionMay: async ({ groups }: { groups: readonly string[] }, checks: readonly unknown[]) =>
        checks.map(() => groups.includes(OURS)),
    },
  };
  const job = { spec, systems, atEnd: () => 'membership' } as unknown as SetupJob;
  return proveMembers(job, { level, groupId: GROUP, clientId: 'c', auth });
}

describe('The proof that a member gets in', () => {
  it('holds if the groups pass and the cluster then allows the rights, without naming anybody', async () => {
    const [only] = await proof({ ada: {} });
    expect(only).toMatchObject({ holds: true, detail: '' });
    expect(only?.name).toMatch(/^a member for admin gets in/);
    expect(JSON.stringify(only)).not.toContain('ada');
  });

  it("does not hold if K10's allow list drops the member's only group, and says so", async () => {
    expect(await proof({ ada: {} }, { groupAllowList: ['okta-admins'] })).toEqual([
      expect.objectContaining({
        holds: false,
        detail: `K10's auth.groupAllowList does not name ${OURS}, so K10 drops it`,
      }),
    ]);
  });

  it('does not hold if the only member cannot sign in at all', async () => {
    expect(await proof({ ada: { enabled: false } })).toMatchObject([
      { holds: false, detail: 'the account is disabled in Entra' },
    ]);
  });

  it('holds with who gets in, if some do', async () => {
    expect(await proof({ ada: { enabled: false }, bob: {} })).toMatchObject([
      { holds: true, name: expect.stringMatching(/^bob \(of 2 looked at\) for admin gets in/) },
    ]);
  });

  it('is not there for a group without people', async () => {
    expect(await proof({})).toEqual([]);
  });
});
