import { describe, expect, it } from '@jest/globals';
import { KastellanError } from '../../../src/domain/errors.ts';
import type { Lease } from '../../../src/ports/leases.ts';
import type { World } from '../../../src/ports/world.ts';
import { suspendBindings } from '../../../src/workflows/access/bindings.ts';
import { waitForLease } from '../../../src/workflows/requests/wait-for-lease.ts';
import { binding, memoryBindings } from '../../support/memory-bindings.ts';
import { memoryWorld, RULES } from '../../support/memory-world.ts';
import { sampleGrant } from '../../support/sample-grant.ts';

const PEOPLE = { find: async () => undefined, membersOf: async () => [], findByEmail: async () => undefined };
const MINE: Lease = { signal: new AbortController().signal, release: async () => undefined };

/** Locks of which another holds this one for so many looks. */
function heldFor(looks: number) {
  let seen = 0;
  const leases = {
    acquire: async () => {
      seen += 1;
      return seen > looks ? MINE : undefined;
    },
    holder: async () => undefined,
  };
  return { leases, seen: () => seen };
}

describe('a lock that another holds', () => {
  it('is taken as soon as it is free', async () => {
    const { leases, seen } = heldFor(1);
    expect(await waitForLease({ leases }, 'rotation:prod-eu', 'U1', 60_000)).toBe(MINE);
    expect(seen()).toBe(2);
  });

  it('is waited for until the time is over, however few looks that are', async () => {
    const { leases, seen } = heldFor(100);
    expect(await waitForLease({ leases }, 'rotation:prod-eu', 'U1', 0)).toBeUndefined();
    expect(seen()).toBe(1);
  });
});

describe('a lock that is lost while bindings are changed under it', () => {
  it('stops the change before the next write', async () => {
    const name = 'kastellan-admin-k10-admin';
    const kept = memoryBindings(binding(name, ['kasten_azure_group-1']));
    const lost = AbortSignal.abort(new KastellanError({ code: 'lease.lost', message: 'It was lost.' }));
    const accessLevels = RULES.accessLevels.map((level) => ({
      ...level,
      access: { ...level.access, atEnd: 'binding' as const },
    }));
    const world = {
      ...memoryWorld(PEOPLE).world,
      rules: { ...RULES, accessLevels },
      grants: { live: async () => [] },
      openCluster: () => ({ cluster: kept.cluster }),
      leases: { acquire: async () => ({ ...MINE, signal: lost }), holder: async () => undefined },
    } as unknown as World;
    const grant = sampleGrant({ group: { objectId: 'group-1', name: 'Kasten Users' } });
    await expect(suspendBindings(world, grant)).rejects.toMatchObject({ code: 'lease.lost' });
    expect(kept.bindings.get(name)?.groups).toEqual(['kasten_azure_group-1']);
  });
});
