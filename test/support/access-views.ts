import type { Grant } from '../../src/domain/access/grant.ts';
import type { RequestOf, RequestState } from '../../src/domain/requests/request.ts';
import type { AccessFacts, RequestView } from '../../src/ports/messenger.ts';
import { PEOPLE, view } from './card-views.ts';

const HOUR_MS = 3_600_000;
const AT = '2026-11-23T14:00:00.000Z';

/** A request for access as a quiet day sees it. */
export function accessRequest(
  state: RequestState,
  patch: Partial<RequestOf<'access'>> = {},
): RequestOf<'access'> {
  return {
    id: '4t7wq0ab',
    kind: 'access',
    cluster: 'prod-eu',
    spec: {
      level: 'admin',
      beneficiary: PEOPLE.asker,
      durationMs: 2 * HOUR_MS,
      reason: 'Restore shop-db from last night, ticket OPS-412',
    },
    state,
    version: 2,
    asker: PEOPLE.asker,
    createdAt: AT,
    changedAt: AT,
    expiresAt: '2026-11-23T18:00:00.000Z',
    plan: { changes: [], notes: [] },
    planDigest: '3f2a91c0ffee',
    decisions: [],
    staleDecisions: [],
    required: 1,
    reminders: 0,
    ...patch,
  };
}

/** A grant that runs. */
export function grant(patch: Partial<Grant> = {}): Grant {
  return {
    id: '4t7wq0ab',
    version: 2,
    state: 'active',
    cluster: 'prod-eu',
    level: 'admin',
    beneficiary: PEOPLE.asker,
    asker: PEOPLE.asker,
    approvers: [PEOPLE.approver],
    reason: 'Restore shop-db from last night, ticket OPS-412',
    breakGlass: false,
    person: { objectId: 'ada', name: 'Ada Asker' },
    group: { objectId: 'group', name: 'Kasten Users' },
    dashboard: { origin: 'https://k10.example.com', release: 'k10' },
    before: 'absent',
    durationMs: 2 * HOUR_MS,
    createdAt: AT,
    grantedAt: AT,
    endsAt: '2026-11-23T16:00:00.000Z',
    ...patch,
  };
}

/** The grant after its time. */
export function endedGrant(patch: Partial<Grant> = {}): Grant {
  const end = { why: 'expired' as const, by: 'kastellan', at: '2026-11-23T16:00:00.000Z' };
  return grant({
    state: 'ended',
    end,
    removal: { membership: 'removed' },
    endedAt: '2026-11-23T16:00:03.000Z',
    lateMs: 3_000,
    ...patch,
  });
}

/** What is known of somebody who asks for the first time. */
export const FACTS: AccessFacts = {
  description: 'Everything in K10',
  holds: [],
  recentRequests: 1,
  sessionMs: HOUR_MS,
};

/** What the card of access is drawn from. */
export function accessView(
  request: RequestOf<'access'>,
  patch: Partial<RequestView<'access'>> = {},
): RequestView<'access'> {
  return { ...view(request), request, access: FACTS, ...patch };
}
