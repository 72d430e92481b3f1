import { afterEach, describe, expect, it } from '@jest/globals';
import { type HealthServer, type Probe, startHealthServer } from '../../src/ops/health.ts';

let server: HealthServer;

afterEach(async () => {
  await server.close();
});

const BUILD = { version: '1.2.3', commit: 'abc1234' };

async function get(path: string, probes: Record<string, Probe>, probeTimeoutMs = 5_000) {
  server = await startHealthServer({ port: 0, build: BUILD, probes, probeTimeoutMs });
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
  return { status: response.status, body: await response.json() };
}

describe('the health endpoints', () => {
  it('say that the process lives whatever the probes say', async () => {
    const answer = await get('/livez', { redis: () => Promise.reject(new Error('down')) });
    expect(answer).toEqual({ status: 200, body: { status: 'ok', ...BUILD } });
  });

  it('are ready when every probe holds', async () => {
    const answer = await get('/readyz', { redis: async () => undefined });
    expect(answer).toEqual({
      status: 200,
      body: { status: 'ok', probes: { redis: 'ok' }, degraded: [], ...BUILD },
    });
  });

  it('stay ready, and name what is degraded', async () => {
    server = await startHealthServer({
      port: 0,
      build: BUILD,
      probes: {},
      degraded: () => ['cluster lab', 'graph'],
    });
    const response = await fetch(`http://127.0.0.1:${server.port}/readyz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'ok',
      probes: {},
      degraded: ['cluster lab', 'graph'],
      ...BUILD,
    });
  });

  it('name the probe that fails or hangs, without telling why', async () => {
    const probes = {
      redis: () => {
        throw new Error('password wrong');
      },
      slack: () => new Promise<void>(() => undefined),
      helm: async () => undefined,
    };
    const answer = await get('/readyz', probes, 50);
    expect(answer).toEqual({
      status: 503,
      body: {
        status: 'not ready',
        probes: { redis: 'failed', slack: 'failed', helm: 'ok' },
        degraded: [],
        ...BUILD,
      },
    });
  });

  it('say that something is wrong where the metrics cannot be told', async () => {
    const metrics = { contentType: 'text/plain', text: () => Promise.reject(new Error('no figures')) };
    server = await startHealthServer({ port: 0, build: BUILD, probes: {}, metrics });
    const response = await fetch(`http://127.0.0.1:${server.port}/metrics`);
    expect([response.status, await response.json()]).toEqual([500, { status: 'failed' }]);
  });

  it('know nothing else, and say which port is taken', async () => {
    expect((await get('/metrics', {})).status).toBe(404);
    await expect(startHealthServer({ port: server.port, build: BUILD, probes: {} })).rejects.toMatchObject({
      code: 'health.port-taken',
    });
  });
});
