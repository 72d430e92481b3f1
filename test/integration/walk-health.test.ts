import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SERVICE_ACCOUNT_USER } from '../../sandbox/documented-rights.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { ASKER, Walk } from '../support/walk.ts';

interface Readiness {
  readonly code: number;
  readonly probes: Readonly<Record<string, string>>;
  readonly degraded: readonly string[];
}

describe('the health of running processes', () => {
  let redis: TestRedis;
  let walk: Walk;
  let urls: string[];
  beforeAll(async () => {
    redis = await startTestRedis();
    const shared = { KASTELLAN_REDIS_URL: redis.url };
    walk = await Walk.start({ processes: [shared, { ...shared, KASTELLAN_ROLES: 'worker' }] });
    urls = walk.healthUrls;
  });
  afterAll(async () => {
    await walk?.close();
    await redis?.stop();
  });

  const readiness = async (url: string | undefined): Promise<Readiness> => {
    const response = await fetch(`${url}/readyz`);
    const body = (await response.json()) as Omit<Readiness, 'code'>;
    return { code: response.status, probes: body.probes, degraded: body.degraded };
  };
  /** Both processes, once they look as they should. */
  const until = (what: string, holds: (seen: readonly Readiness[]) => boolean) =>
    walk.until(what, async () => {
      const seen = await Promise.all(urls.map(readiness));
      return holds(seen) ? seen : undefined;
    });
  const withSlack = (seen: readonly Readiness[]) => seen.find(({ probes }) => 'slack' in probes);

  it('asks for Slack only where a process speaks with it', async () => {
    const seen = await until('both to be ready', (all) => all.every(({ code }) => code === 200));
    expect(seen.map(({ probes }) => Object.keys(probes).toSorted().join()).toSorted()).toEqual([
      'redis',
      'redis,slack',
    ]);
    expect(seen.flatMap(({ degraded }) => degraded)).toEqual([]);
  });

  it('names a cluster that is away and stays ready', async () => {
    const { faults } = walk.sandbox.kubernetes;
    const healed = faults.add({ match: { user: SERVICE_ACCOUNT_USER }, answer: { status: 503 } });
    await walk.user(ASKER).types('status');
    const seen = await until('somebody to notice', (all) =>
      all.some(({ degraded }) => degraded.includes('cluster prod-eu')),
    );
    expect(seen.map(({ code }) => code)).toEqual([200, 200]);
    healed();
    // Either process may have noticed, and either may answer.
    await walk.until('it to be back', async () => {
      await walk.user(ASKER).types('status');
      const all = await Promise.all(urls.map(readiness));
      return all.every(({ degraded }) => degraded.length === 0) || undefined;
    });
  });

  it('is not ready while Slack cannot reach it, and is again afterwards', async () => {
    const { control } = walk.sandbox.slack;
    control.faults.failNext('apps.connections.open', { kind: 'status', status: 500 }, 3);
    control.dropSockets();
    const cut = await until('it to notice', (all) => withSlack(all)?.code === 503);
    expect(withSlack(cut)?.probes).toEqual({ redis: 'ok', slack: 'failed' });
    expect(cut.find(({ probes }) => !('slack' in probes))?.code).toBe(200);
    await until('it to be back', (all) => withSlack(all)?.code === 200);
  });

  it('lives but is not ready while Redis is away', async () => {
    await redis.kill();
    await until('both to notice', (all) => all.every(({ code }) => code === 503));
    for (const url of urls) expect((await fetch(`${url}/livez`)).status).toBe(200);
    await redis.restart();
    await until('both to be back', (all) => all.every(({ code }) => code === 200));
  });
});
