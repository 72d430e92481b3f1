import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CAST } from '../../sandbox/cast.ts';
import { type CollectedSpan, type Collector, startCollector } from '../../sandbox/otlp/collector.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { scrape, sumOf, untilTold } from '../support/scrape.ts';
import { ASKER, DONE, Walk } from '../support/walk.ts';
import { applicationOf, secretTexts } from '../support/walk-state.ts';

const STEPS = ['group:admin', 'members:admin', 'application', 'credential', 'release', 'rollout', 'proof'];
const ENDED = 'kastellan_requests_ended_total';
const COLLECTOR_SECRET = 'collector-canary-4711';

describe('the trace of a set-up, through two processes and a restart of both', () => {
  let redis: TestRedis;
  let collector: Collector;
  let walk: Walk;
  let request: string;
  let trace: CollectedSpan[];
  const named = (name: string) => trace.filter((span) => span.name === name);

  beforeAll(async () => {
    redis = await startTestRedis();
    collector = await startCollector();
    const shared = {
      KASTELLAN_REDIS_URL: redis.url,
      KASTELLAN_COMMIT: 'abc1234',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=${COLLECTOR_SECRET}`,
    };
    walk = await Walk.start({
      knobs: { throttle: { every: 7, retryAfterSeconds: 0.1 } },
      processes: [
        { ...shared, KASTELLAN_ROLES: 'slack,scheduler' },
        { ...shared, KASTELLAN_ROLES: 'worker' },
      ],
    });
    const card = await walk.plan({ addMe: ['admin'] });
    await walk.stopProcesses();
    await walk.startProcesses();
    await walk.approves(card);
    await walk.becomes(card, DONE);
    await walk.user(ASKER).readsPrivately('the end', /signs in through Entra now/);
    await walk.user(ASKER).types('grants');
    await walk.user(ASKER).readsPrivately('an answer that goes its own way', /access/);
    await spanOf(collector, 'job approved');
    await walk.stopProcesses();
    request = collector.spans.find(({ attributes }) => attributes['kastellan.request'])?.attributes[
      'kastellan.request'
    ] as string;
    const begun = collector.spans.find(({ name }) => name === '/kasten setup');
    trace = collector.spans.filter(({ traceId }) => traceId === begun?.traceId);
  });
  afterAll(async () => {
    await walk?.close();
    await collector?.close();
    await redis?.stop();
  });

  it('is one: the command, the form, both jobs, the decision and every step', () => {
    expect(collector.refused).toEqual([]);
    for (const name of [
      '/kasten setup',
      'the set-up form',
      'job planning',
      'request.approve',
      'job approved',
    ]) {
      expect(named(name)).toHaveLength(1);
    }
    for (const step of STEPS) expect(named(`step ${step}`)).toHaveLength(1);
    const elsewhere = collector.spans.filter(
      ({ attributes, traceId }) =>
        attributes['kastellan.request'] === request && traceId !== trace[0]?.traceId,
    );
    expect(elsewhere).toEqual([]);
  });

  it('hangs together: everything in it leads back to the command', () => {
    const byId = new Map(trace.map((span) => [span.spanId, span]));
    const roots = trace.filter(({ parentId }) => parentId === undefined);
    expect(roots.map(({ name }) => name)).toEqual(['/kasten setup']);
    const orphans = trace.filter(({ parentId }) => parentId !== undefined && !byId.has(parentId));
    expect(orphans).toEqual([]);
    const credential = named('step credential')[0];
    const added = named('graph add a client secret')[0];
    expect(added?.parentId).toBe(credential?.spanId);
    expect(byId.get(credential?.parentId ?? '')?.name).toBe('job approved');
  });

  it('holds every call to Graph that was made, with what came of it', () => {
    // The calendar reads these at each start, too, for nobody's request.
    const also =
      /^\/v1\.0\/(applications\?|policies\/defaultAppManagementPolicy|applications\/[^/]+\/appManagementPolicies)/;
    const seen = walk.sandbox.entra.requestLog.filter(
      ({ url }) => url.startsWith('/v1.0') && !also.test(url),
    );
    const drawn = trace.filter(
      ({ name, isCall, attributes }) =>
        isCall && attributes['kastellan.system'] === 'graph' && !name.includes('read the policy'),
    );
    expect(drawn).toHaveLength(seen.length);
    const throttled = seen.filter(({ status }) => status === 429).length;
    expect(throttled).toBeGreaterThan(0);
    expect(drawn.filter(({ attributes }) => attributes['kastellan.outcome'] === 'throttled')).toHaveLength(
      throttled,
    );
  });

  it('holds the calls to the cluster and to Slack, and the run of Helm', () => {
    const systems = new Set(trace.flatMap(({ attributes }) => attributes['kastellan.system'] ?? []));
    expect([...systems].toSorted()).toEqual(['graph', 'helm', 'kubernetes', 'sign-in', 'slack']);
    expect(named('helm upgrade')).toHaveLength(1);
    expect(named('helm upgrade')[0]?.attributes['kastellan.cluster']).toBe('prod-eu');
    expect(named('slack chat.update').length).toBeGreaterThan(0);
  });

  it('comes from four processes, each of which says which Kastellan it is', () => {
    const senders = new Set(trace.map(({ resource }) => resource['service.instance.id']));
    expect(senders.size).toBe(4);
    for (const { resource } of trace) {
      expect(resource).toMatchObject({
        'service.name': 'kastellan',
        'service.version': '0.1.0',
        'vcs.ref.head.revision': 'abc1234',
      });
    }
  });

  it('is named in the log, in each line about the request', async () => {
    const lines = (await walk.log()).split('\n').filter((line) => line.includes(`"request":"${request}"`));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ trace: trace[0]?.traceId });
  });

  it('tells no secret, no person, and nothing that somebody typed', async () => {
    const { sandbox } = walk;
    const { environment } = sandbox;
    const secrets = secretTexts(sandbox, applicationOf(sandbox));
    expect(secrets).toHaveLength(1);
    const people = Object.values(CAST).flatMap(({ slackId, name, email }) => [slackId, name, email]);
    const tokens = ['SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN', 'AZURE_CLIENT_SECRET'].map(
      (name) => environment[name],
    );
    const sent = collector.bytes.toString('latin1');
    // The address of a private answer is a secret, too.
    expect(collector.spans.map(({ name }) => name)).toContain('slack response_url');
    const hosts = [sandbox.slack.apiUrl, sandbox.entra.url].map((url) => new URL(url).host);
    for (const words of [...secrets, ...people, ...tokens, ...hosts, 'Kasten Users', 'Bearer', 'xoxb']) {
      expect(words).toBeTruthy();
      expect(sent).not.toContain(words);
    }
    expect(await walk.log()).not.toContain(COLLECTOR_SECRET);
  });
});

describe('the trace of access for a time', () => {
  let collector: Collector;
  let walk: Walk;
  beforeAll(async () => {
    collector = await startCollector();
    walk = await Walk.start({ processes: [{ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }] });
    await walk.runs(DONE);
  });
  afterAll(async () => {
    await walk?.close();
    await collector?.close();
  });

  it('goes from the command to the call that takes it back, when its time is over', async () => {
    const before = (await walk.cards()).length;
    await walk.user(ASKER).types('access admin 1h Restore shop-db');
    const card = await walk.newCard(before, /Waits for/);
    await walk.approves(card);
    await walk.becomes(card, /Granted until/);
    // The card says so while the request is still being finished: an hour later that would be too late.
    const [url = ''] = walk.healthUrls;
    const done = { kind: 'access', state: 'done' };
    await untilTold(url, 'the end of the request', (told) => sumOf(told, ENDED, done) === 1);
    walk.sandbox.clock.moveOn(3_601_000);
    await walk.becomes(card, /Access ended .* removed from Kasten Users and checked in Entra/);
    const removed = 'graph remove members from the group';
    await spanOf(collector, removed);
    const samples = await scrape(url);
    await walk.stopProcesses();
    const root = collector.spans.find(({ name }) => name === '/kasten access');
    const names = collector.spans.filter(({ traceId }) => traceId === root?.traceId).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['request.approve', 'graph add members to the group', removed]),
    );
    expect(collector.bytes.toString('latin1')).not.toContain('shop-db');
    expect(sumOf(samples, 'kastellan_revocation_lag_seconds_count', { why: 'expired' })).toBe(1);
  });
});

describe('the trace of a question', () => {
  let redis: TestRedis;
  let collector: Collector;
  let walk: Walk;
  beforeAll(async () => {
    redis = await startTestRedis();
    collector = await startCollector();
    const shared = { KASTELLAN_REDIS_URL: redis.url, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    walk = await Walk.start({
      processes: [
        { ...shared, KASTELLAN_ROLES: 'slack' },
        { ...shared, KASTELLAN_ROLES: 'worker' },
      ],
    });
  });
  afterAll(async () => {
    await walk?.close();
    await collector?.close();
    await redis?.stop();
  });

  it.each([
    // Helm looks for the chart; what it found a moment ago holds for the doctor, too.
    ['status', ['graph', 'helm', 'kubernetes', 'slack']],
    ['doctor', ['graph', 'kubernetes', 'slack']],
    ['secrets', ['graph', 'slack']],
  ])('goes from /kasten %s to the last call of the worker that answers', async (what, systems) => {
    walk.sandbox.entra.requestLog.splice(0);
    await walk.user(ASKER).types(what);
    await spanOf(collector, `answer ${what}`);
    await spanOf(collector, `/kasten ${what}`);
    const root = collector.spans.find(({ name }) => name === `/kasten ${what}`);
    const trace = collector.spans.filter(({ traceId }) => traceId === root?.traceId);
    const answer = trace.find(({ name }) => name === `answer ${what}`);
    expect(answer?.parentId).toBe(root?.spanId);
    expect(answer?.resource['service.instance.id']).not.toBe(root?.resource['service.instance.id']);
    const calls = trace.filter(({ isCall }) => isCall);
    expect(new Set(calls.map(({ attributes }) => attributes['kastellan.system']))).toEqual(new Set(systems));
    const graph = calls.filter(({ attributes }) => attributes['kastellan.system'] === 'graph');
    const seen = walk.sandbox.entra.requestLog.filter(({ url }) => url.startsWith('/v1.0'));
    expect(graph).toHaveLength(seen.length);
  });
});

describe('a Kastellan', () => {
  let walk: Walk | undefined;
  const after: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await walk?.close();
    for (const end of after.splice(0)) await end();
  });

  it('from which nobody wants traces loads none of the libraries that send them', async () => {
    walk = await Walk.start({ processes: [] });
    const none = await tracingModules(walk, {});
    const some = await tracingModules(walk, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
    expect(none).toEqual([]);
    expect(some.length).toBeGreaterThan(0);
  });

  it('whose traces nobody takes says so once in the log, and works on', async () => {
    const collector = await startCollector();
    after.push(() => collector.close());
    walk = await Walk.start({ processes: [{ OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/elsewhere` }] });
    const card = await walk.plan({ addMe: ['admin'] });
    while (collector.refused.length === 0) await collector.next();
    await walk.withdraws(card);
    await walk.stopProcesses();
    expect(collector.refused.length).toBeGreaterThan(1);
    const said = (await walk.log()).split('\n').filter((line) => line.includes('Traces cannot be sent'));
    expect(said).toHaveLength(1);
  });
});

/** Waits until the collector has a span of this name. */
async function spanOf(collector: Collector, name: string): Promise<void> {
  while (collector.spans.every((span) => span.name !== name)) await collector.next();
}

/** The files of OpenTelemetry, apart from its bare interface, that a Kastellan with these variables loads. */
async function tracingModules(walk: Walk, more: Record<string, string>): Promise<string[]> {
  const file = join(walk.home, 'modules.json');
  const preload = new URL('../../bench/idle/trace-modules.ts', import.meta.url).href;
  await walk.startsAndEnds({ NODE_OPTIONS: `--import ${preload}`, BENCH_MODULES: file, ...more });
  const all = JSON.parse(await readFile(file, 'utf8')) as string[];
  return all.filter((url) => /node_modules\/@opentelemetry\/(?!api\/)/.test(url));
}
