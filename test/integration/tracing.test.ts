import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Collector, startCollector } from '../../sandbox/otlp/collector.ts';
import { KastellanError } from '../../src/domain/errors.ts';
import type { Tracer } from '../../src/ops/tracer.ts';
import { openTracing } from '../../src/ops/tracing.ts';
import { QUIET } from '../support/redis.ts';

let collector: Collector;
let tracer: Tracer;

beforeEach(async () => {
  collector = await startCollector();
  const build = { version: '1.2.3', commit: 'abc1234' };
  tracer = openTracing({ endpoint: `${collector.url}/`, serviceName: 'kastellan', build, log: QUIET });
});

afterEach(() => collector.close());

it('draws what nobody asked for as one trace, too', async () => {
  const traceparent = tracer.traceparent();
  for (const name of ['job planning', 'job approved']) {
    await tracer.traced({ name, traceparent: async () => traceparent }, async () => undefined);
  }
  await tracer.close(5_000);
  expect(collector.spans.map(({ name }) => name)).toEqual(['the calendar', 'job planning', 'job approved']);
  expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(1);
});

it('tells the code of an error and nothing of its words, and a further try as an event', async () => {
  const refused = new KastellanError({ code: 'entra.refused', message: 'Ada typed shop-db.' });
  const failing = tracer.traced({ name: 'step group' }, async () => {
    tracer.note('another try', { 'error.type': 'entra.busy' });
    throw refused;
  });
  await expect(failing).rejects.toBe(refused);
  await tracer.close(5_000);
  expect(collector.spans).toEqual([
    expect.objectContaining({
      name: 'step group',
      failed: true,
      attributes: { 'error.type': 'entra.refused' },
      events: ['another try'],
    }),
  ]);
  expect(collector.bytes.toString('latin1')).not.toContain('shop-db');
});

it('goes on by itself where what it should go on with is no trace', async () => {
  for (const broken of ['nonsense', undefined, `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`]) {
    await tracer.traced({ name: 'click', traceparent: async () => broken }, async () => undefined);
  }
  await tracer.traced(
    { name: 'click', traceparent: () => Promise.reject(new Error('Redis')) },
    async () => undefined,
  );
  await tracer.close(5_000);
  expect(collector.spans.filter(({ parentId }) => parentId === undefined)).toHaveLength(4);
});

it('draws no call that belongs to nothing', async () => {
  tracer.call({ system: 'slack', operation: 'chat.update' })('ok');
  await tracer.close(5_000);
  expect(collector.spans).toEqual([]);
});
