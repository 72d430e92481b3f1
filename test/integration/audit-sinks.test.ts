import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createAuthority } from '../../sandbox/tls/certificate-authority.ts';
import { createSyslogSink } from '../../src/adapters/audit/syslog-sink.ts';
import { createWebhookSink } from '../../src/adapters/audit/webhook-sink.ts';
import { AuditChain } from '../../src/adapters/redis/audit-chain.ts';
import { createAuditLog } from '../../src/adapters/redis/audit-log.ts';
import type { RedisClient } from '../../src/adapters/redis/clients.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { createLeases } from '../../src/adapters/redis/leases.ts';
import { createSinkPositions } from '../../src/adapters/redis/sink-positions.ts';
import type { AuditEntry } from '../../src/domain/audit/audit.ts';
import { auditKeys } from '../../src/domain/audit/audit-key.ts';
import { Secret } from '../../src/domain/secret.ts';
import { type RunningDeliveries, startDeliveries } from '../../src/jobs/deliveries.ts';
import { deliverLog, readSinkLags, sinkFindings } from '../../src/operations/audit/deliver-log.ts';
import type { AuditSink } from '../../src/ports/audit-sinks.ts';
import { QUIET, startTestRedis, type TestRedis } from '../support/redis.ts';
import { startSyslogReceiver } from '../support/syslog-receiver.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';

const SECRET = `whsec_${Buffer.from('what only the receiver knows').toString('base64')}`;
const clock = { now: () => new Date() };

describe('the sinks of the audit log', () => {
  let server: TestRedis;
  let redis: RedisClient;
  let other: RedisClient;
  const running: RunningDeliveries[] = [];

  beforeAll(async () => {
    server = await startTestRedis();
    redis = await connectRedis(new Secret(server.url), 'requests', QUIET);
    other = await connectRedis(new Secret(server.url), 'requests', QUIET);
  });
  afterAll(async () => {
    redis?.disconnect();
    other?.disconnect();
    await server?.stop();
  });
  beforeEach(async () => void (await redis.flushall()));
  afterEach(async () => {
    await Promise.all(running.splice(0).map((deliveries) => deliveries.close(5_000)));
  });

  const worldOn = (connection: RedisClient) => ({
    audit: createAuditLog(
      connection,
      new AuditChain(connection, clock, auditKeys(new Secret('k'.repeat(32)))),
    ),
    leases: createLeases(connection),
    positions: createSinkPositions(connection),
    clock,
    log: QUIET,
  });
  /** As a process with the role scheduler does, only faster. */
  function deliver(sink: AuditSink, connection = redis) {
    const world = worldOn(connection);
    const run = (signal: AbortSignal) => deliverLog(world, sink, signal);
    running.push(startDeliveries([{ name: sink.name, run }], 5, QUIET));
  }
  async function fill(count: number) {
    const { audit } = worldOn(redis);
    await Promise.all(
      Array.from({ length: count }, (_, at) => audit.append({ action: 'x', actor: 'U1', detail: { at } })),
    );
  }
  const log = () => worldOn(redis).audit.after(0, 10_000);
  const linesOf = (deliveries: readonly { body: string }[]) =>
    deliveries
      .flatMap(({ body }) => body.trimEnd().split('\n'))
      .map((line) => JSON.parse(line) as AuditEntry);
  const webhook = (url: string) => createWebhookSink('siem', { url, secret: new Secret(SECRET) });
  /** The entries without those that were there before: what a receiver keeps that looks at sequence and hash. */
  function distinct(entries: readonly AuditEntry[]): AuditEntry[] {
    return [...new Map(entries.map((entry) => [`${entry.sequence} ${entry.hash}`, entry])).values()];
  }

  it('get every entry as signed JSON lines, in order, from two processes one at a time', async () => {
    const receiver = await startWebhookReceiver(SECRET);
    await fill(250);
    deliver(webhook(receiver.url));
    deliver(webhook(receiver.url), other);
    await receiver.taken(3);
    await fill(5);
    await receiver.taken(4);
    expect(receiver.deliveries.every(({ signed }) => signed)).toBe(true);
    expect(receiver.deliveries[0]).toMatchObject({ type: 'application/x-ndjson' });
    const { length } = linesOf(receiver.deliveries);
    expect(linesOf(receiver.deliveries)).toEqual((await log()).slice(0, length));
    await receiver.close();
  });

  it('lose nothing and keep the order while the receiver refuses, is gone and comes back', async () => {
    const first = await startWebhookReceiver(SECRET);
    const port = Number(new URL(first.url).port);
    deliver(webhook(first.url));
    await fill(10);
    await first.taken(1);
    first.answer = () => ({ status: 503, retryAfter: '0.01' });
    const refused = first.refused();
    await fill(10);
    await refused;
    await first.refused();
    await first.close();
    await fill(10);
    const [lag] = await readSinkLags(worldOn(redis), [webhook(first.url)]);
    expect(lag?.seconds).toBeGreaterThan(0);
    const second = await startWebhookReceiver(SECRET, port);
    const received = () => distinct(linesOf([...first.deliveries, ...second.deliveries]));
    for (let count = 1; received().length < 30; count += 1) await second.taken(count);
    expect(received()).toEqual(await log());
    await second.close();
  });

  it('come again when the receiver asks for it', async () => {
    const receiver = await startWebhookReceiver(SECRET);
    receiver.answer = () => ({ status: 429, retryAfter: '7' });
    await fill(1);
    await expect(webhook(receiver.url).send(await log(), new AbortController().signal)).rejects.toMatchObject(
      { code: 'audit.receiver-refused', retry: { when: 'later', afterMs: 7_000 } },
    );
    await receiver.close();
  });

  it('send a batch again that was taken when its answer was lost, so that the receiver knows it by sequence and hash', async () => {
    const receiver = await startWebhookReceiver(SECRET);
    await fill(3);
    const world = worldOn(redis);
    const sink = webhook(receiver.url);
    const crashing: AuditSink = {
      ...sink,
      async send(entries, signal) {
        await sink.send(entries, signal);
        throw new Error('the process died here');
      },
    };
    const signal = new AbortController().signal;
    await expect(deliverLog(world, crashing, signal)).rejects.toThrow('died');
    await deliverLog(world, sink, signal);
    await deliverLog(world, sink, signal);
    expect(receiver.deliveries.map(({ id }) => id)).toEqual([expect.any(String), receiver.deliveries[0]?.id]);
    expect(distinct(linesOf(receiver.deliveries))).toEqual(await log());
    await receiver.close();
  });

  it('begin anew when a person moved the position of one to entries that the log does not have', async () => {
    const receiver = await startWebhookReceiver(SECRET);
    await fill(3);
    const world = worldOn(redis);
    await world.positions.save('siem', { sequence: 2, hash: 'ab'.repeat(32) });
    await deliverLog(world, webhook(receiver.url), new AbortController().signal);
    expect(linesOf(receiver.deliveries)).toEqual(await log());
    await receiver.close();
  });

  it('speak syslog with counted bytes, each entry with its hash, and lose nothing while the receiver is gone', async () => {
    const first = await startSyslogReceiver();
    deliver(createSyslogSink('syslog', `syslog+tcp://127.0.0.1:${first.port}`));
    await worldOn(redis).audit.append({ action: 'grün und gut', actor: 'U"1]\\', requestId: 'r1' });
    await first.taken(1);
    const [entry] = await log();
    expect(first.messages[0]).toMatch(
      /^<109>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [!-~]+ kastellan - gr\?n\?und\?gut \[kastellan@32473 /,
    );
    expect(first.messages[0]).toContain(`sequence="1" hash="${entry?.hash}"`);
    expect(first.messages[0]).toContain(String.raw`actor="U\"1\]\\" request="r1"]`);
    expect(first.messages[0]?.endsWith(`] \uFEFF${JSON.stringify(entry)}`)).toBe(true);
    first.dying = true;
    await fill(150);
    await first.close();
    const second = await startSyslogReceiver(first.port);
    const received = () =>
      distinct(
        [...first.messages, ...second.messages].map((text) => JSON.parse(text.split('\uFEFF')[1] ?? '')),
      );
    for (let count = 1; received().length < 151; count += 1) await second.taken(count);
    expect(received()).toEqual(await log());
    await second.close();
  });

  it('speak syslog over TLS, and to nobody without a certificate that is vouched for', async () => {
    const authority = await createAuthority();
    const { key, cert } = await authority.issue();
    const receiver = await startSyslogReceiver(0, { key, cert });
    const sink = createSyslogSink('syslog', `syslog+tls://localhost:${receiver.port}`);
    await fill(3);
    const send = async () => sink.send(await log(), new AbortController().signal);
    await expect(send()).rejects.toMatchObject({ code: 'audit.receiver-unreachable' });
    expect(receiver.messages).toEqual([]);
    const trusted = tls.getCACertificates('default');
    tls.setDefaultCACertificates([...trusted, authority.certificate]);
    await send().finally(() => tls.setDefaultCACertificates(trusted));
    expect(receiver.messages).toHaveLength(3);
    await receiver.close();
  });

  it('that take nothing for minutes are named by the doctor, and nothing of the secret is told', async () => {
    const world = { ...worldOn(redis), clock: { now: () => new Date(Date.now() + 600_000) } };
    await fill(1);
    const sink = webhook('http://127.0.0.1:1/');
    expect(await sinkFindings(world, [sink])).toMatchObject([
      { subject: 'Audit sink siem', verdict: 'bad', detail: 'has not taken entries for 10 minutes' },
    ]);
    const thrown = await sink
      .send(await log(), new AbortController().signal)
      .catch((error: unknown) => error);
    expect(JSON.stringify(thrown, Object.getOwnPropertyNames(thrown))).not.toContain(SECRET);
  });
});
