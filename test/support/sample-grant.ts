import type { Grant } from '../../src/domain/access/grant.ts';

/** Access for two hours, read back from Entra. */
export function sampleGrant(changes: Partial<Grant> = {}): Grant {
  return {
    id: '7kq2mx9d',
    version: 2,
    state: 'active',
    cluster: 'prod-eu',
    level: 'admin',
    beneficiary: 'U1',
    asker: 'U1',
    approvers: ['U2'],
    reason: 'Restore shop-db',
    breakGlass: false,
    person: { objectId: '33333333-3333-4333-8333-333333333333', name: 'Ada' },
    group: { objectId: '22222222-2222-4222-8222-222222222222', name: 'Kasten Users' },
    before: 'absent',
    durationMs: 7_200_000,
    createdAt: '2026-11-23T09:59:59.000Z',
    grantedAt: '2026-11-23T10:00:00.000Z',
    endsAt: '2026-11-23T12:00:00.000Z',
    ...changes,
  };
}
