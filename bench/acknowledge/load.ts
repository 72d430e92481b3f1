// Sends signed slash commands at a fixed pace, whether or not the ones before were answered, and times each answer.
import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadOrder, LoadResult } from './load-order.ts';

let serial = 0;

process.on('message', (order: LoadOrder) => {
  send(order).then(
    (result) => process.send?.(result),
    (thrown: unknown) => {
      console.error(thrown);
      process.exit(1);
    },
  );
});
process.send?.('ready');

async function send(order: LoadOrder): Promise<LoadResult> {
  // A connection that rested since the last order may be closed by the server just as it is used again.
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const count = Math.round(order.perSecond * order.seconds);
  const everyMs = 1_000 / order.perSecond;
  const answers: Promise<number | undefined>[] = [];
  const lateMs: number[] = [];
  const began = performance.now();
  while (answers.length < count) {
    const due = began + Math.floor(answers.length / order.atOnce) * order.atOnce * everyMs;
    const late = performance.now() - due;
    if (late < 0) {
      await sleep(Math.max(1, Math.floor(-late)));
      continue;
    }
    lateMs.push(late);
    answers.push(one(order, agent));
  }
  const all = await Promise.all(answers);
  agent.destroy();
  const latenciesMs = all.filter((answer) => answer !== undefined);
  return { latenciesMs, lateMs, sent: count, lost: count - latenciesMs.length };
}

/** Milliseconds until the whole answer was there; undefined if it was no acknowledgement within Slack's three seconds. */
function one(order: LoadOrder, agent: Agent): Promise<number | undefined> {
  const body = bodyOf(order);
  const timestamp = Math.floor(Date.now() / 1_000).toString();
  const mac = createHmac('sha256', order.signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(body),
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${mac}`,
  };
  return new Promise((resolve) => {
    const sentAt = performance.now();
    const sent = request(order.url, { method: 'POST', agent, headers, timeout: 3_000 }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode === 200 ? performance.now() - sentAt : undefined));
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(undefined));
    sent.end(body);
  });
}

function bodyOf({ text, teamId }: LoadOrder): string {
  serial += 1;
  return new URLSearchParams({
    token: 'unused',
    team_id: teamId,
    team_domain: 'bench',
    channel_id: 'C0GENERAL',
    channel_name: 'general',
    user_id: `U0BENCH${serial % 20}`,
    user_name: 'somebody',
    command: '/kasten',
    text,
    api_app_id: 'A0BENCH',
    is_enterprise_install: 'false',
    response_url: 'http://127.0.0.1:9/never-used',
    trigger_id: `${process.pid}.${serial}.bench`,
  }).toString();
}
