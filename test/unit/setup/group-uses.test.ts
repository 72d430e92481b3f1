import { describe, expect, it } from '@jest/globals';
import { mayShare } from '../../../src/domain/requests/policy.ts';
import type { Request, RequestState } from '../../../src/domain/requests/request.ts';
import type { GroupChoice } from '../../../src/domain/setup/setup.ts';
import type { RequestStore } from '../../../src/ports/stores.ts';
import { otherUses, usesOfGroup } from '../../../src/workflows/setup/group-uses.ts';
import { RULES } from '../../support/memory-world.ts';
import { sampleRequest } from '../../support/sample-request.ts';

const TEAM = { objectId: 'team' };
const MADE_FOR_EU = { objectId: 'made', uniqueName: 'kastellan-prod-eu-admin' };
const ON_EU = { cluster: 'prod-eu', level: 'admin' };
const ON_US = { cluster: 'prod-us', level: 'admin' };

let minute = 0;

/** A set-up of the level `admin`, later than those before it. */
function setUp(cluster: string, group: GroupChoice, state: RequestState = 'done'): Request {
  minute += 1;
  const at = new Date(Date.UTC(2026, 10, 23, 10, minute)).toISOString();
  const { spec } = sampleRequest();
  const levels = [{ level: 'admin', roles: ['admin' as const], group, members: [] }];
  return sampleRequest({ cluster, state, createdAt: at, changedAt: at, spec: { ...spec, levels } });
}

function tornDown(cluster: string): Request {
  const { id, spec, ...rest } = setUp(cluster, { newName: 'any' }) as ReturnType<typeof sampleRequest>;
  const teardown = { setup: spec, setupId: id, levels: [], remove: [] };
  const { plan: _none, ...without } = rest;
  return { ...without, id: `${id}-down`, kind: 'teardown', spec: teardown };
}

function worldOf(...requests: readonly Request[]) {
  const list: RequestStore['list'] = async ({ kind, states }) =>
    requests
      .filter((request) => request.kind === kind && states?.includes(request.state) === true)
      .toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
  return { rules: RULES, requests: { list } as RequestStore };
}

describe('a group stands behind', () => {
  it('the levels for which it was chosen or made', async () => {
    expect(await usesOfGroup(worldOf(setUp('prod-us', { existingId: 'team' })), TEAM)).toEqual([ON_US]);
    const made = worldOf(setUp('prod-eu', { newName: 'Users' }), setUp('prod-us', { existingId: 'made' }));
    expect(await usesOfGroup(made, MADE_FOR_EU)).toEqual([ON_EU, ON_US]);
    expect(await usesOfGroup(worldOf(), TEAM)).toEqual([]);
  });

  it('the level it was made for also when nobody remembers the set-up', async () => {
    expect(await usesOfGroup(worldOf(), MADE_FOR_EU)).toEqual([ON_EU]);
  });

  it('no level of a cluster that was torn down, or that has another group since', async () => {
    const gone = worldOf(setUp('prod-us', { existingId: 'team' }), tornDown('prod-us'));
    expect(await usesOfGroup(gone, TEAM)).toEqual([]);
    const madeGone = worldOf(setUp('prod-eu', { newName: 'Users' }), tornDown('prod-eu'));
    expect(await usesOfGroup(madeGone, MADE_FOR_EU)).toEqual([]);
    const changed = worldOf(
      setUp('prod-us', { existingId: 'team' }),
      setUp('prod-us', { existingId: 'other' }),
    );
    expect(await usesOfGroup(changed, TEAM)).toEqual([]);
  });

  it('a level whose set-up got half-way, beside the one from before', async () => {
    const half = worldOf(
      setUp('prod-us', { existingId: 'other' }),
      setUp('prod-us', { existingId: 'team' }, 'failed'),
    );
    expect(await usesOfGroup(half, TEAM)).toEqual([ON_US]);
    expect(await usesOfGroup(half, { objectId: 'other' })).toEqual([ON_US]);
  });
});

describe('a group that is shared', () => {
  const both = () =>
    worldOf(setUp('prod-eu', { existingId: 'team' }), setUp('prod-us', { existingId: 'team' }));
  const binding = RULES.accessLevels.map((level) => ({
    ...level,
    access: { ...level.access, atEnd: 'binding' as const },
  }));

  it('lets people in on the other cluster, but not where the bindings alone come and go', async () => {
    expect(await otherUses(both(), ON_EU, TEAM)).toEqual([ON_US]);
    const world = { ...both(), rules: { ...RULES, accessLevels: binding } };
    expect(await otherUses(world, ON_EU, TEAM)).toEqual([]);
  });

  it('is refused, unless the configuration wants it for that very level', () => {
    const wanted = {
      ...RULES,
      accessLevels: RULES.accessLevels.map((one) => ({ ...one, sharedGroup: true })),
    };
    expect(mayShare(RULES, 'admin', [])).toBe(true);
    expect(mayShare(RULES, 'admin', [ON_US])).toBe(false);
    expect(mayShare(wanted, 'admin', [ON_US])).toBe(true);
    expect(mayShare(wanted, 'ns-admin', [ON_US])).toBe(false);
  });
});
