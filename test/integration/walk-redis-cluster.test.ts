import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestRedisCluster, type TestRedisCluster } from '../support/redis-cluster.ts';
import { APPROVER, ASKER, DONE, everythingOf, Walk } from '../support/walk.ts';
import { applicationOf, groupsNamed, secretsOf } from '../support/walk-state.ts';

describe('a set-up with a Redis Cluster', () => {
  let redis: TestRedisCluster;
  let walk: Walk;
  beforeAll(async () => {
    redis = await startTestRedisCluster({
      settings: ['user default on nopass ~* &* +@all', 'user app on >castle ~* &* +@all'],
      login: 'app:castle@',
    });
    // Long enough that the primary is lost while it waits.
    walk = await Walk.start({
      secretAcceptedAfterMs: 12_000,
      processes: [{ KASTELLAN_REDIS_URL: redis.url }],
    });
  });
  afterAll(async () => {
    await walk?.close();
    await redis?.stop();
  });

  it('goes on with the new primary when its own dies in the middle, and loses nothing', async () => {
    const card = await walk.plan({ addMe: ['admin'] });
    await walk.approves(card);
    await walk.becomes(card, /Entra does not accept it yet/);
    await redis.failOver('dies');
    const done = await walk.becomes(card, DONE);
    expect(everythingOf(done)).toMatch(/asked by <@U0ADA>.*approved by <@U0BEN>/);
    expect(secretsOf(applicationOf(walk.sandbox))).toHaveLength(1);
    expect(groupsNamed(walk.sandbox, 'Kasten Users')).toHaveLength(1);
    // While a queue still looks for the new primary, people are told to ask again.
    const first = await verifies();
    expect(first.startsWith('No worker answered') ? await verifies() : first).toMatch(/intact/);
    await walk.user(ASKER).types('status');
    await walk.user(ASKER).readsPrivately('the status', /Entra/);
  });

  async function verifies(): Promise<string> {
    await walk.user(APPROVER).types('audit verify');
    return walk
      .user(APPROVER)
      .readsPrivately('whether the audit log is whole', /^The audit log|^No worker answered/);
  }
});
