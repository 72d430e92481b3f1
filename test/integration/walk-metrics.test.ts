import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CAST } from '../../sandbox/cast.ts';
import { REQUEST_STATES } from '../../src/domain/requests/request.ts';
import { parseScrape, type Sample, sumOf, untilTold } from '../support/scrape.ts';
import { APPROVER, ASKER, DONE, everythingOf, Walk } from '../support/walk.ts';

const REASON = 'not before the freeze ends';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

// Every word that a label of ours may hold; anything else has slipped in.
const KNOWN: Readonly<Record<string, readonly string[] | RegExp>> = {
  kind: ['setup', 'secret', 'certificate'],
  purpose: ['cluster', 'kastellan', 'other'],
  client_id: GUID,
  key_id: GUID,
  state: [...REQUEST_STATES, 'waiting', 'active', 'delayed'],
  verdict: ['approve', 'deny'],
  step: /^[a-z-]+$/i,
  code: /^[a-z-]+\.[a-z-]+$/,
  of: ['used', 'limit'],
  system: ['graph', 'helm', 'kubernetes', 'redis', 'sign-in', 'slack'],
  cluster: ['prod-eu'],
  outcome: ['ok', 'not-found', 'refused', 'throttled', 'failed', 'unreachable', 'aborted'],
  version: /^\d+\.\d+\.\d+$/,
  commit: ['abc1234'],
  le: /^(\d+(\.\d+)?|\+Inf)$/,
};

describe('the metrics of a set-up that people walked', () => {
  let walk: Walk;
  let text: string;
  let samples: Sample[];
  const told = (name: string, labels: Record<string, string> = {}) => sumOf(samples, name, labels);

  beforeAll(async () => {
    walk = await Walk.start({ processes: [{ KASTELLAN_COMMIT: 'abc1234' }] });
    const first = await walk.plan();
    await walk.presses(first, 'deny', APPROVER);
    const { control } = walk.sandbox.slack;
    const modal = await control.untilModal(APPROVER.slackId);
    await control.submitView(APPROVER.slackId, modal.id, { reason: REASON });
    await walk.becomes(first, /denied/);
    walk.sandbox.entra.knobs.throttle = { every: 5, retryAfterSeconds: 0.1 };
    await walk.runs(DONE, { addMe: ['admin'] });
    await walk.plan({ addMe: ['admin', 'ns-admin'] });
    const [url = ''] = walk.healthUrls;
    const days = 'kastellan_credential_days_to_expiry';
    // What is looked at again after the set-up is told last.
    await untilTold(url, 'the new secret', (told) => sumOf(told, days, { purpose: 'cluster' }) !== undefined);
    text = await (await fetch(`${url}/metrics`)).text();
    samples = parseScrape(text);
  });
  afterAll(() => walk?.close());

  it('tell how many there were and how they ended', () => {
    expect(told('kastellan_requests_created_total', { kind: 'setup' })).toBe(3);
    expect(told('kastellan_requests_ended_total', { state: 'denied' })).toBe(1);
    expect(told('kastellan_requests_ended_total', { state: 'done' })).toBe(1);
    expect(told('kastellan_requests_open', { kind: 'setup', state: 'pending' })).toBe(1);
    expect(told('kastellan_requests_oldest_seconds', { state: 'pending' })).toBeGreaterThanOrEqual(0);
  });

  it('tell how long people and machines took', () => {
    expect(told('kastellan_request_decision_seconds_count', { verdict: 'approve' })).toBe(1);
    expect(told('kastellan_request_decision_seconds_count', { verdict: 'deny' })).toBe(1);
    expect(told('kastellan_request_effect_seconds_count', { kind: 'setup' })).toBe(1);
    expect(told('kastellan_request_effect_seconds_sum')).toBeGreaterThan(0);
  });

  it('tell how long the client secret is still good for', () => {
    const labels = { purpose: 'cluster', cluster: 'prod-eu', kind: 'secret' };
    expect(Math.round(told('kastellan_credential_days_to_expiry', labels) ?? 0)).toBe(180);
    expect(told('kastellan_credentials_watched', { purpose: 'cluster' })).toBe(1);
  });

  it('tell what is in the queue', () => {
    for (const state of ['waiting', 'active', 'delayed', 'failed']) {
      expect(told('kastellan_queue_jobs', { state })).toBe(0);
    }
  });

  it.each(['graph', 'helm', 'kubernetes', 'redis', 'sign-in', 'slack'])('count the calls to %s', (system) => {
    expect(told('kastellan_remote_calls_total', { system, outcome: 'ok' })).toBeGreaterThan(0);
    expect(told('kastellan_remote_call_seconds_count', { system })).toBe(
      told('kastellan_remote_calls_total', { system }),
    );
  });

  it('count as many calls to Graph as it has seen, each with its outcome', () => {
    const graph = walk.sandbox.entra.requestLog.filter(({ url }) => url.startsWith('/v1.0'));
    expect(told('kastellan_remote_calls_total', { system: 'graph' })).toBe(graph.length);
    const throttled = graph.filter(({ status }) => status === 429).length;
    expect(throttled).toBeGreaterThan(0);
    expect(told('kastellan_remote_calls_total', { system: 'graph', outcome: 'throttled' })).toBe(throttled);
    const missing = graph.filter(({ status }) => status === 404).length;
    expect(told('kastellan_remote_calls_total', { system: 'graph', outcome: 'not-found' })).toBe(missing);
  });

  it('say which Kastellan it is, as its health does', async () => {
    expect(told('kastellan_build_info', { commit: 'abc1234' })).toBe(1);
    const [url = ''] = walk.healthUrls;
    for (const path of ['livez', 'readyz']) {
      const body = await (await fetch(`${url}/${path}`)).json();
      expect(body).toMatchObject({ version: '0.1.0', commit: 'abc1234' });
    }
  });

  it('name no person, and nothing that somebody typed', async () => {
    const unknown = samples
      .filter(({ name }) => name.startsWith('kastellan_'))
      .flatMap(({ labels }) => Object.entries(labels))
      .filter(([label, value]) => !isKnown(label, value));
    expect(unknown).toEqual([]);
    const people = Object.values(CAST).flatMap(({ slackId, handle, name, email }) => [
      slackId,
      handle,
      name,
      email,
    ]);
    for (const words of [...people, REASON, 'contoso', 'Kasten Users', 'xoxb', 'C0APPROVALS']) {
      expect(labelText(samples)).not.toContain(words);
    }
    expect(text).not.toContain(ASKER.slackId);
  });

  it('come from the Kastellan that the doctor names, in Slack and in the shell', async () => {
    await walk.user(ASKER).types('doctor');
    await walk.until("the doctor's answer", async () => {
      const answers = await walk.sandbox.slack.control.ephemerals(ASKER.slackId);
      return answers.find((answer) => /Version: 0\.1\.0, commit abc1234/.test(everythingOf(answer)));
    });
    const env = { ...walk.sandbox.environment, KASTELLAN_COMMIT: 'abc1234' };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--no-warnings', 'src/main.ts', 'doctor'],
      { env },
    );
    expect(stdout).toMatch(/^Kastellan\n {2}ok +Version: 0\.1\.0, commit abc1234/);
  });

  it('are in a log that begins with the same version', async () => {
    const [first = '{}'] = (await walk.log()).split('\n');
    expect(JSON.parse(first)).toMatchObject({ msg: 'Kastellan starts', version: '0.1.0', commit: 'abc1234' });
  });
});

function isKnown(label: string, value: string): boolean {
  const known = KNOWN[label];
  return known instanceof RegExp ? known.test(value) : (known?.includes(value) ?? false);
}

function labelText(samples: readonly Sample[]): string {
  return samples.flatMap(({ labels }) => Object.values(labels).map((value) => ` ${value} `)).join('\n');
}
