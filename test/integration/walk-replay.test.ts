import { execFileSync } from 'node:child_process';
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signature } from '../../sandbox/slack/delivery.ts';
import { freePort } from '../support/free-port.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { ASKER, Walk } from '../support/walk.ts';

const MIB = 1_024;
const CLICK = {
  type: 'block_actions',
  user: { id: ASKER.slackId, team_id: 'T0SANDBOX' },
  trigger_id: 'a-click',
  actions: [{ type: 'button', action_id: 'request.approve', value: '{}' }],
};

describe('signed HTTP, taken by two processes with one Redis', () => {
  let redis: TestRedis;
  let walk: Walk;
  let urls: string[];
  beforeAll(async () => {
    redis = await startTestRedis();
    const shared = { KASTELLAN_REDIS_URL: redis.url };
    const ports = await Promise.all([freePort(), freePort()]);
    urls = ports.map((port) => `http://127.0.0.1:${port}/slack/events`);
    walk = await Walk.start({
      slackMode: 'http',
      processes: ports.map((port) => ({
        ...shared,
        KASTELLAN_ROLES: 'slack',
        KASTELLAN_HTTP_PORT: String(port),
      })),
    });
  });
  afterAll(async () => {
    await walk?.close();
    await redis?.stop();
  });

  it('takes one signed request once, in whatever process, however its headers are written, and after a restart', async () => {
    const { signingSecret } = walk.sandbox.slack;
    const body = commandBody('one-command');
    const headers = signature(signingSecret, body);
    const [first = '', second = ''] = urls;
    expect(await post(first, body, headers)).toBe(200);
    const signed = headers['x-slack-signature'];
    const at = headers['x-slack-request-timestamp'];
    for (const variant of [
      headers,
      { ...headers, 'x-slack-signature': `${signed}=again` },
      { ...headers, 'x-slack-request-timestamp': `${at}.5` },
    ]) {
      for (const url of [first, second]) expect(await post(url, body, variant)).toBe(401);
    }
    await walk.stopProcesses();
    await walk.startProcesses();
    for (const url of urls) expect(await post(url, body, headers)).toBe(401);
  });

  it.each([
    ['no JSON', '{"type":'],
    ['a word', '"setup"'],
    ['a number', '5'],
    ['no fields', '{}'],
    ['an event that is nothing', '{"type":"event_callback","team_id":"T","event_id":"E","event":null}'],
    ['a button that nobody pressed', JSON.stringify({ ...CLICK, user: null })],
    ['no button', JSON.stringify({ ...CLICK, actions: [null] })],
    ['a value that is no text', JSON.stringify({ ...CLICK, actions: [{ ...CLICK.actions[0], value: 5 }] })],
    ['a form without its fields', JSON.stringify({ ...CLICK, type: 'view_submission', view: { id: 'V1' } })],
  ])('answers 400 to a signed payload with %s, and goes on', async (_what, payload) => {
    const { signingSecret } = walk.sandbox.slack;
    const form = new URLSearchParams({ payload }).toString();
    for (const url of urls) {
      expect(await post(url, form, signature(signingSecret, form))).toBe(400);
      const json = { ...signature(signingSecret, payload), 'content-type': 'application/json' };
      expect(await post(url, payload, json)).toBe(400);
    }
    const twice = `${commandBody('t')}&text=status`;
    const [url = ''] = urls;
    expect(await post(url, twice, signature(signingSecret, twice))).toBe(400);
    // What is not signed is not read.
    expect(await post(url, form, {})).toBe(401);
  });

  it('takes what one person did once, though it is signed anew and sent to another process', async () => {
    const { signingSecret, control } = walk.sandbox.slack;
    const answers = async () => (await control.ephemerals(ASKER.slackId)).length;
    const before = await answers();
    const body = commandBody('one-trigger');
    const later = commandBody('a-later-trigger');
    const [first = '', second = ''] = urls;
    expect(await post(first, body, signature(signingSecret, body))).toBe(200);
    await walk.until('the answer', async () => (await answers()) > before || undefined);
    expect(await post(second, body, signature(signingSecret, body, Date.now() - 2_000))).toBe(200);
    expect(await post(second, later, signature(signingSecret, later))).toBe(200);
    await walk.until('the next answer', async () => (await answers()) > before + 1 || undefined);
    expect(await answers()).toBe(before + 2);
  });

  it('keeps nothing of 20,000 requests that Slack did not sign, and writes a few lines about them', async () => {
    const [url = ''] = urls;
    const [pid = 0] = walk.pids;
    await strangersSend(url, 5_000);
    const memory = residentKiB(pid);
    const lines = (await walk.log()).split('\n').length;
    await strangersSend(url, 20_000);
    expect(residentKiB(pid) - memory).toBeLessThan(10 * MIB);
    expect((await walk.log()).split('\n').length - lines).toBeLessThan(100);
  });

  function commandBody(trigger: string): string {
    return new URLSearchParams({
      command: '/kasten',
      text: 'grants',
      user_id: ASKER.slackId,
      team_id: 'T0SANDBOX',
      channel_id: 'C0GENERAL',
      trigger_id: trigger,
    }).toString();
  }
});

async function post(url: string, body: string, headers: Record<string, string>): Promise<number> {
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  return (await fetch(url, { method: 'POST', headers: { ...type, ...headers }, body })).status;
}

/** Requests with long headers and no signature, or with one that is wrong, over twenty connections. */
async function strangersSend(url: string, count: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  let sent = 0;
  const send = async (): Promise<void> => {
    while (sent < count) {
      sent += 1;
      expect(await strangerSends(url, agent, sent)).toBe(401);
    }
  };
  await Promise.all(Array.from({ length: 20 }, send));
  agent.destroy();
}

function strangerSends(url: string, agent: Agent, number: number): Promise<number> {
  const long = `v0=${String(number).padStart(8_000, 'f')}`;
  const wrong = `v0=${String(number).padStart(64, '0')}`;
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': String(Math.floor(Date.now() / 1_000)),
    'x-long': String(number).padStart(4_000, 'x'),
    ...(number % 3 === 0 ? {} : { 'x-slack-signature': number % 3 === 1 ? long : wrong }),
  };
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    });
    asked.on('error', reject).end('payload=%7B%7D');
  });
}

function residentKiB(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).trim());
}
