import { describe, expect, it } from '@jest/globals';
import { KastellanError } from '../../src/domain/errors.ts';
import { outcomeOfStatus } from '../../src/domain/remote-call.ts';
import type { Request } from '../../src/domain/request.ts';
import { createDegradation } from '../../src/ops/degradation.ts';
import { createMetrics } from '../../src/ops/metrics.ts';
import { countOpenRequests } from '../../src/ops/stored-figures.ts';
import { createTelemetry } from '../../src/ops/telemetry.ts';
import { noTracer } from '../../src/ops/tracer.ts';
import { watchRequests } from '../../src/ops/watch-requests.ts';
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

  it('tell what is open from the store at each scrape, and leave it out while that cannot be read', async () => {
    const { metrics } = counting();
    const now = new Date('2026-11-23T11:00:00.000Z');
    const open = [
      sampleRequest({ state: 'running', changedAt: '2026-11-23T10:50:00.000Z' }),
      sampleRequest({ state: 'running', changedAt: '2026-11-23T10:59:00.000Z' }),
      sampleRequest({ state: 'needs-operator', changedAt: '2026-11-23T10:00:00.000Z' }),
    ];
    const requests = await countOpenRequests({ list: async () => open }, now);
    const jobs = { waiting: 2, active: 1 };
    const first = parseScrape(await metrics.text(async () => ({ requests, jobs })));
    expect(sumOf(first, 'kastellan_requests_open', { kind: 'setup', state: 'running' })).toBe(2);
    expect(sumOf(first, 'kastellan_requests_oldest_seconds', { state: 'running' })).toBe(600);
    expect(sumOf(first, 'kastellan_requests_open', { state: 'needs-operator' })).toBe(1);
    expect(sumOf(first, 'kastellan_queue_jobs', { state: 'waiting' })).toBe(2);
    const second = parseScrape(await metrics.text(() => Promise.reject(new Error('Redis is away'))));
    expect(sumOf(second, 'kastellan_requests_open')).toBeUndefined();
    expect(sumOf(second, 'kastellan_queue_jobs')).toBeUndefined();
    expect(sumOf(second, 'kastellan_build_info')).toBe(1);
  });
});
