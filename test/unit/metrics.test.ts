import { describe, expect, it } from '@jest/globals';
import type { Grant } from '../../src/domain/access/grant.ts';
import { KastellanError } from '../../src/domain/errors.ts';
import { outcomeOfStatus } from '../../src/domain/remote-call.ts';
import type { Request } from '../../src/domain/requests/request.ts';
import { createDegradation } from '../../src/ops/degradation.ts';
import { createMetrics } from '../../src/ops/metrics.ts';
import { readFigures } from '../../src/ops/stored-figures.ts';
import { createTelemetry } from '../../src/ops/telemetry.ts';
import { noTracer } from '../../src/ops/tracer.ts';
import { watchGrants } from '../../src/ops/watch-grants.ts';
import { watchRequests } from '../../src/ops/watch-requests.ts';
import type { GrantStore, RequestStore } from '../../src/ports/stores.ts';
import { sampleGrant } from '../support/sample-grant.ts';
import { sampleRequest } from '../support/sample-request.ts';
import { parseScrape, sumOf } from '../support/scrape.ts';

const EVENT = { action: 'request.changed', actor: 'kastellan' };

function counting(outcome: 'replaced' | 'conflict' = 'replaced') {
  const metrics = createMetrics({ version: '1.2.3', commit: 'abc1234' });
  const store = watchRequests(
    {
      create: async () => undefined,
      find: async () => undefined,
      list: async () => [],
      countAccessFor: async () => 0,
      changedSince: async () => [],
      replace: async () => outcome,
    },
    metrics,
  );
  const told = async (name: string, labels: Record<string, string> = {}) =>
    sumOf(parseScrape(await metrics.text()), name, labels);
  return { metrics, store, told };
}

describe('the metrics', () => {
  it('say which Kastellan this is', async () => {
    const { told } = counting();
    expect(await told('kastellan_build_info', { version: '1.2.3', commit: 'abc1234' })).toBe(1);
  });

  it('count a request that is asked for, decided on and done, and how long each took', async () => {
    const { store, told } = counting();
    const asked = sampleRequest();
    const decisions = [{ by: 'U2', verdict: 'approve', at: '2026-11-23T10:10:00.000Z' }] as const;
    const approved: Request = {
      ...asked,
      state: 'approved',
      decisions,
      changedAt: '2026-11-23T10:10:00.000Z',
    };
    const running: Request = { ...approved, state: 'running', changedAt: '2026-11-23T10:10:01.000Z' };
    const endedAt = '2026-11-23T10:13:00.000Z';
    await store.create(asked, EVENT);
    for (const next of [
      approved,
      running,
      { ...running, state: 'done', changedAt: endedAt, endedAt } as const,
    ]) {
      await store.replace(next, 1, EVENT);
    }
    expect(await told('kastellan_requests_created_total', { kind: 'setup' })).toBe(1);
    expect(await told('kastellan_request_decision_seconds_sum', { verdict: 'approve' })).toBe(600);
    expect(await told('kastellan_request_decision_seconds_count')).toBe(1);
    expect(await told('kastellan_requests_ended_total', { kind: 'setup', state: 'done' })).toBe(1);
    expect(await told('kastellan_request_effect_seconds_sum', { kind: 'setup' })).toBe(180);
  });

  it('count a stop and an end after it, but nothing for a change that only notes something', async () => {
    const { store, told } = counting();
    const endedAt = '2026-11-23T10:13:00.000Z';
    const failed = sampleRequest({ state: 'failed', changedAt: endedAt, endedAt });
    await store.replace(failed, 1, EVENT);
    await store.replace({ ...failed, changedAt: '2026-11-23T10:14:00.000Z' }, 2, EVENT);
    await store.replace(sampleRequest({ state: 'pending', reminders: 1 }), 3, EVENT);
    expect(await told('kastellan_requests_ended_total')).toBe(1);
    expect(await told('kastellan_requests_ended_total', { state: 'failed' })).toBe(1);
    expect(await told('kastellan_request_decision_seconds_count')).toBeUndefined();
  });

  it('count no change that somebody else was faster with', async () => {
    const { store, told } = counting('conflict');
    const endedAt = '2026-11-23T10:13:00.000Z';
    await store.replace(sampleRequest({ state: 'done', changedAt: endedAt, endedAt }), 1, EVENT);
    expect(await told('kastellan_requests_ended_total')).toBeUndefined();
  });

  it('count calls by system, cluster and outcome, and change nothing about them', async () => {
    const { metrics, told } = counting();
    const { watchCall } = createTelemetry({ metrics, degradation: createDegradation(), tracer: noTracer });
    const call = { system: 'kubernetes', operation: 'get secrets', cluster: 'prod-eu' } as const;
    const statuses = [200, 404, 403, 429, 503];
    for (const status of statuses) {
      expect(await watchCall(call, async () => status, outcomeOfStatus)).toBe(status);
    }
    const away = new KastellanError({ code: 'kubernetes.unreachable', message: 'It is away.' });
    await expect(
      watchCall(
        call,
        () => Promise.reject(away),
        () => 'ok',
      ),
    ).rejects.toBe(away);
    for (const outcome of ['ok', 'not-found', 'refused', 'throttled', 'failed', 'unreachable']) {
      const labels = { system: 'kubernetes', cluster: 'prod-eu', outcome };
      expect(await told('kastellan_remote_calls_total', labels)).toBe(1);
    }
    expect(await told('kastellan_remote_call_seconds_count', { system: 'kubernetes' })).toBe(6);
  });

  it('name a step that was tried again without the access level it is for', async () => {
    const { metrics, told } = counting();
    createTelemetry({ metrics, degradation: createDegradation(), tracer: noTracer }).stepRetried(
      'group:admin',
      'entra.busy',
    );
    expect(await told('kastellan_step_retries_total', { step: 'group', code: 'entra.busy' })).toBe(1);
  });

  it('tell what is open, live and good for how long from the store, and leave it out while that cannot be read', async () => {
    const { metrics } = counting();
    const figures = await readFigures(storedWorld());
    const jobs = { waiting: 2, active: 1 };
    const first = parseScrape(
      await metrics.text(async () => ({
        ...figures,
        jobs,
        auditSinks: [{ sink: 'siem', seconds: 90 }],
        memory: { usedBytes: 7, limitBytes: 9 },
      })),
    );
    const told = (name: string, labels: Record<string, string> = {}) => sumOf(first, name, labels);
    expect(told('kastellan_requests_open', { kind: 'setup', state: 'running' })).toBe(2);
    expect(told('kastellan_requests_oldest_seconds', { state: 'running' })).toBe(600);
    expect(told('kastellan_requests_open', { state: 'needs-operator' })).toBe(1);
    expect(told('kastellan_audit_sink_lag_seconds', { sink: 'siem' })).toBe(90);
    expect(told('kastellan_redis_memory_bytes', { of: 'used' })).toBe(7);
    expect(told('kastellan_redis_memory_bytes', { of: 'limit' })).toBe(9);
    expect(told('kastellan_grants_live', { cluster: 'prod-eu' })).toBe(3);
    expect(told('kastellan_grants_overdue_seconds', { cluster: 'prod-eu' })).toBe(120);
    expect(told('kastellan_grants_overdue_seconds', { cluster: 'prod-us' })).toBe(0);
    const days = 'kastellan_credential_days_to_expiry';
    expect(told(days, { purpose: 'cluster', cluster: 'prod-eu', kind: 'secret' })).toBe(2.5);
    expect(told(days, { purpose: 'kastellan', kind: 'certificate', client_id: 'app-2' })).toBe(-1);
    expect(told(days, { cluster: 'prod-us' })).toBeUndefined();
    expect(told('kastellan_credentials_watched', { purpose: 'other' })).toBe(1_700);
    expect(told('kastellan_queue_jobs', { state: 'waiting' })).toBe(2);
    const second = parseScrape(await metrics.text(() => Promise.reject(new Error('Redis is away'))));
    expect(sumOf(second, 'kastellan_requests_open')).toBeUndefined();
    expect(sumOf(second, 'kastellan_grants_live')).toBeUndefined();
    expect(sumOf(second, 'kastellan_queue_jobs')).toBeUndefined();
    expect(sumOf(second, 'kastellan_build_info')).toBe(1);
  });

  it('tell how late access ended where it was taken back, and only then', async () => {
    const { metrics, told } = counting();
    const store = watchGrants(grantStore([]), metrics);
    const end = { why: 'expired', by: 'kastellan', at: '2026-11-23T10:00:00.000Z' } as const;
    const gone = sampleGrant({ state: 'ended', end, removal: { membership: 'removed' }, lateMs: 4_000 });
    await store.replace(gone, 3, { ...EVENT, action: 'grant.ended' });
    await store.replace({ ...gone, version: 5 }, 4, { ...EVENT, action: 'grant.reviewed' });
    await store.replace({ ...gone, removal: { membership: 'kept-from-before' } }, 3, {
      ...EVENT,
      action: 'grant.ended',
    });
    expect(await told('kastellan_revocation_lag_seconds_count')).toBe(1);
    expect(await told('kastellan_revocation_lag_seconds_sum', { why: 'expired' })).toBe(4);
  });
});

const NOW = '2026-11-23T11:00:00.000Z';

/** Three open requests, four live grants, and two credentials of many. */
function storedWorld(): Parameters<typeof readFigures>[0] {
  const open = [
    sampleRequest({ state: 'running', changedAt: '2026-11-23T10:50:00.000Z' }),
    sampleRequest({ state: 'running', changedAt: '2026-11-23T10:59:00.000Z' }),
    sampleRequest({ state: 'needs-operator', changedAt: '2026-11-23T10:00:00.000Z' }),
  ];
  const end = { why: 'revoked', by: 'U2', at: '2026-11-23T10:58:00.000Z' } as const;
  return {
    clock: { now: () => new Date(NOW) },
    requests: { list: async () => open } as Partial<RequestStore> as RequestStore,
    credentialEnds: {
      save: async () => undefined,
      find: async () => ({
        seenAt: '2026-11-23T10:00:00.000Z',
        count: { cluster: 1, kastellan: 1, other: 1_700 },
        soonest: [
          {
            purpose: { of: 'kastellan' },
            clientId: 'app-2',
            keyId: 'key-2',
            kind: 'certificate',
            endsAt: '2026-11-22T11:00:00.000Z',
          },
          {
            purpose: { of: 'cluster', cluster: 'prod-eu' },
            clientId: 'app-1',
            keyId: 'key-1',
            kind: 'secret',
            endsAt: '2026-11-25T23:00:00.000Z',
          },
        ],
      }),
    },
    grants: grantStore([
      sampleGrant({ endsAt: '2026-11-23T12:00:00.000Z' }),
      sampleGrant({ endsAt: '2026-11-23T10:59:00.000Z' }),
      sampleGrant({ endsAt: '2026-11-23T15:00:00.000Z', state: 'ending', end }),
      sampleGrant({ cluster: 'prod-us', endsAt: '2026-11-23T15:00:00.000Z' }),
    ]),
  };
}

function grantStore(live: readonly Grant[]): GrantStore {
  return {
    create: async () => undefined,
    find: async () => undefined,
    live: async () => [...live],
    liveOfPerson: async () => [],
    liveOfMembership: async () => [],
    ofMembership: async () => [],
    unreviewed: async () => [],
    restorable: async () => [],
    replace: async () => 'replaced',
  };
}
