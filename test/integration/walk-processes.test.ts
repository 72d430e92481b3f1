import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { startKastellan } from '../../sandbox/kastellan.ts';
import { signature } from '../../sandbox/slack/delivery.ts';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { PREFIX } from '../../src/jobs/failures.ts';
import { freePort } from '../support/free-port.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { APPROVER, ASKER, DONE, everythingOf, OUTSIDER, SECOND, Walk } from '../support/walk.ts';
import { acceptSecrets, NEVER_ACCEPTED_MS } from '../support/walk-secrets.ts';
import { applicationOf, entraWrites, groupsNamed, secretsOf } from '../support/walk-state.ts';

describe('three processes, one role each, with signed HTTP and one Redis', () => {
  let redis: TestRedis;
  let walk: Walk;
  let url: string;
  let card: SlackMessage;
  beforeAll(async () => {
    redis = await startTestRedis();
    const port = await freePort();
    url = `http://127.0.0.1:${port}/slack/events`;
    const shared = { KASTELLAN_REDIS_URL: redis.url };
    walk = await Walk.start({
      slackMode: 'http',
      processes: [
        { ...shared, KASTELLAN_ROLES: 'slack', KASTELLAN_HTTP_PORT: String(port) },
        { ...shared, KASTELLAN_ROLES: 'worker' },
        { ...shared, KASTELLAN_ROLES: 'scheduler' },
      ],
      adjust: {
        configuration: (usual) => ({
          ...usual,
          approvals: {
            setup: { ...usual.approvals.setup, expiresAfter: '3m', remindBefore: ['3m'] },
          },
        }),
      },
    });
    walk.sandbox.slack.control.setRequestUrl(url);
  });
  afterAll(async () => {
    await walk?.close();
    await redis?.stop();
  });

  it('refuses what Slack did not sign, and what was signed long ago', async () => {
    const body = new URLSearchParams({
      command: '/kasten',
      text: 'status',
      user_id: ASKER.slackId,
    }).toString();
    const { signingSecret } = walk.sandbox.slack;
    const old = Date.now() - 10 * 60_000;
    for (const headers of [
      {},
      signature('somebody-elses-secret', body),
      signature(signingSecret, body, old),
    ]) {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body,
      });
      expect(answer.status).toBe(401);
    }
    expect(await walk.sandbox.slack.control.ephemerals(ASKER.slackId)).toEqual([]);
  });

  it('reminds approvers before a request ends, ends it, and says so to a late click', async () => {
    card = await walk.plan();
    const connection = new Redis(redis.url, { maxRetriesPerRequest: null });
    const schedules = new Queue('schedules', {
      connection,
      prefix: PREFIX,
    });
    // The calendar comes once a minute; here its turn comes at once, as a job that any scheduler takes.
    await schedules.add('expire', {}, { removeOnComplete: true });
    await walk.user(SECOND).readsPrivately('a reminder', /waits for a decision/);
    await walk.user(APPROVER).readsPrivately('a reminder', /<@U0ADA> waits for a decision on the set-up/);
    // Less far than would make a signature of Slack too old.
    walk.sandbox.clock.moveOn(3 * 60_000);
    await walk.until('its end', async () => {
      await schedules.add('expire', {}, { removeOnComplete: true });
      const now = (await walk.cards()).find(({ ts }) => ts === card.ts);
      return now !== undefined && /expired/.test(textOf(now)) ? now : undefined;
    });
    await schedules.close();
    connection.disconnect();
    await walk.user(ASKER).readsPrivately('that nobody decided', /Nobody decided on the set-up/);
    await walk.sandbox.slack.control.clickAsSeen(APPROVER.slackId, card, 'request.approve');
    await walk.user(APPROVER).readsPrivately('that it expired', /This expired .* Nobody decided/);
    expect(entraWrites(walk.sandbox)).toEqual([]);
  });
});

describe('a restart of everything between request and approval', () => {
  let redis: TestRedis;
  let walk: Walk;
  beforeAll(async () => {
    redis = await startTestRedis();
    walk = await Walk.start({ processes: [{ KASTELLAN_REDIS_URL: redis.url }] });
  });
  afterAll(async () => {
    await walk?.close();
    await redis?.stop();
  });

  it('loses nothing', async () => {
    const card = await walk.plan({ addMe: ['admin'] });
    await walk.stopProcesses();
    await redis.restart();
    await walk.startProcesses();
    const outsider = await walk.approves(card, OUTSIDER);
    await outsider.readsPrivately('a refusal', /Only .* can decide/);
    await walk.approves(card);
    const done = await walk.becomes(card, DONE);
    expect(everythingOf(done)).toMatch(/asked by <@U0ADA>.*approved by <@U0BEN>/);
    expect(await walk.cards()).toHaveLength(1);
    await walk.user(APPROVER).types('audit verify');
    await walk.user(APPROVER).readsPrivately('that the audit log is whole', /intact|unbroken|complete/i);
  });

  it.each([
    ['may forget under pressure', ['maxmemory-policy allkeys-lru'], /allkeys-lru.*noeviction/s],
    ['forgets with a restart', ['appendonly no'], /nothing is written to disk.*appendonly/s],
  ])('does not start on a Redis that %s, and says what to set', async (_what, settings, words) => {
    const unfit = await startTestRedis(settings);
    const environment = {
      ...walk.sandbox.environment,
      KASTELLAN_REDIS_URL: unfit.url,
      KASTELLAN_DATA_DIR: join(walk.home, 'unfit'),
    };
    await expect(startKastellan(environment, join(walk.home, 'unfit.log'))).rejects.toThrow(words);
    await unfit.stop();
  });
});

describe('a process that is told to stop in the middle of a set-up', () => {
  let redis: TestRedis;
  let walk: Walk;
  beforeAll(async () => {
    redis = await startTestRedis();
    walk = await Walk.start({
      secretAcceptedAfterMs: NEVER_ACCEPTED_MS,
      processes: [{ KASTELLAN_REDIS_URL: redis.url }],
    });
  });
  afterAll(async () => {
    await walk?.close();
    await redis?.stop();
  });

  it('takes nothing new, gives its work to another one, which goes on at the same step, and ends in order', async () => {
    const card = await walk.plan({ addMe: ['admin'] });
    await walk.approves(card);
    await walk.becomes(card, /Entra does not accept it yet/);
    const [first] = await walk.startsAnother();
    first?.kill('SIGTERM');
    await walk.until('the word that it stops', async () => /is stopping/.test(await walk.log()) || undefined);
    await walk.user(ASKER).types('help');
    await walk.user(ASKER).readsPrivately('an answer of the other one', /setup/);
    expect(await first?.ended).toBe(0);
    // Its work would have taken longer than a process waits for it.
    acceptSecrets(walk.sandbox);
    const done = await walk.becomes(card, DONE);
    expect(everythingOf(done)).toMatch(/asked by <@U0ADA>/);
    const log = await walk.log();
    expect(log).toMatch(/Stopping jobs that are still running; another worker goes on/);
    expect(log).not.toMatch(/not everything ended well|"level":"error"/);
    expect(await walk.cards()).toHaveLength(1);
    expect(secretsOf(applicationOf(walk.sandbox))).toHaveLength(1);
    expect(groupsNamed(walk.sandbox, 'Kasten Users')).toHaveLength(1);
  });
});

describe('a process that is told to stop while Helm is at work', () => {
  let redis: TestRedis;
  let walk: Walk;
  beforeAll(async () => {
    redis = await startTestRedis();
    walk = await Walk.start({
      rolloutDelayMs: 4_000,
      processes: [{ KASTELLAN_REDIS_URL: redis.url }],
    });
  });
  afterAll(async () => {
    await walk?.close();
    await redis?.stop();
  });

  it('lets Helm come to its end, also where it is told twice, and ends in order', async () => {
    const card = await walk.plan({ addMe: ['admin'] });
    await walk.approves(card);
    const logged = (words: RegExp) =>
      walk.until(`${words} in the log`, async () => words.test(await walk.log()) || undefined);
    await logged(/Helm upgrade begins/);
    const [first] = await walk.startsAnother();
    first?.kill('SIGTERM');
    await logged(/is stopping/);
    first?.kill('SIGTERM');
    expect(await first?.ended).toBe(0);
    const done = await walk.becomes(card, DONE);
    expect(everythingOf(done)).toContain('Helm upgrade (revision 2)');
    expect(await walk.log()).not.toMatch(/not everything ended well|"level":"error"/);
  });
});
