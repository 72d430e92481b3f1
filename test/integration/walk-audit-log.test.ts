import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { parseEntry } from '../../src/adapters/redis/audit-chain.ts';
import type { RedisClient } from '../../src/adapters/redis/clients.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import type { AuditEntry } from '../../src/domain/audit/audit.ts';
import { Secret } from '../../src/domain/secret.ts';
import { QUIET, startTestRedis, type TestRedis } from '../support/redis.ts';
import { startSyslogReceiver } from '../support/syslog-receiver.ts';
import { APPROVER, everythingOf, Walk } from '../support/walk.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const ENTRIES = '{kastellan}:audit:entries';
const HEAD = '{kastellan}:audit:head';
const SECRET = `whsec_${Buffer.from('what only the receiver knows').toString('base64')}`;
// The first approver is also the operator.
const OPERATOR = APPROVER;
const CHANGED = /The audit log was changed, or Redis was set back: its entry \d+ is not the one/;

describe('the audit log of a whole Kastellan', () => {
  let redis: TestRedis;
  let connection: RedisClient;
  let webhook: WebhookReceiver;
  let syslog: Awaited<ReturnType<typeof startSyslogReceiver>>;
  let walk: Walk;
  let folder: string;
  let anchors: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kastellan-audit-'));
    anchors = join(folder, 'anchors');
    redis = await startTestRedis();
    connection = await connectRedis(new Secret(redis.url), 'requests', QUIET);
    webhook = await startWebhookReceiver(SECRET);
    syslog = await startSyslogReceiver();
    const shared = {
      KASTELLAN_REDIS_URL: redis.url,
      KASTELLAN_AUDIT_KEY: 'k'.repeat(32),
      KASTELLAN_AUDIT_WEBHOOK_SECRET: SECRET,
    };
    walk = await Walk.start({
      adjust: {
        configuration: (usual) => ({
          ...usual,
          audit: {
            anchors: { every: '1s', file: anchors },
            sinks: [
              { name: 'siem', url: webhook.url },
              { name: 'syslog', url: `syslog+tcp://127.0.0.1:${syslog.port}` },
            ],
          },
        }),
      },
      processes: [
        { ...shared, KASTELLAN_ROLES: 'slack' },
        { ...shared, KASTELLAN_ROLES: 'worker,scheduler' },
        { ...shared, KASTELLAN_ROLES: 'worker,scheduler' },
      ],
    });
  });
  afterAll(async () => {
    await walk?.close();
    await webhook?.close();
    await syslog?.close();
    connection?.disconnect();
    await redis?.stop();
    await rm(folder, { recursive: true });
  });

  const stored = async () => (await connection.xrange(ENTRIES, '-', '+')).map(parseEntry);
  const byWebhook = () =>
    webhook.deliveries
      .flatMap(({ body }) => body.trimEnd().split('\n'))
      .map((line) => JSON.parse(line) as AuditEntry);
  const bySyslog = (messages: readonly string[]) =>
    messages.map((text) => JSON.parse(text.split('\uFEFF')[1] ?? '') as AuditEntry);
  /** In the order in which they came, without those that came again: a receiver knows them by sequence and hash. */
  const distinct = (entries: readonly AuditEntry[]) => [
    ...new Map(entries.map((entry) => [`${entry.sequence} ${entry.hash}`, entry])).values(),
  ];
  /** Waits until a sink has an entry of this kind, and everything that was stored by then. */
  async function getsAll(sink: string, read: () => AuditEntry[], action: string): Promise<void> {
    await walk.until(`${action} and all before it at the ${sink}`, async () => {
      const [here, log] = [distinct(read()), await stored()];
      return here.some((entry) => entry.action === action) && here.length === log.length ? here : undefined;
    });
    expect(distinct(read())).toEqual(await stored());
  }

  it('goes out to both sinks, in order, also what was written while one of them was away', async () => {
    const card = await walk.plan();
    const early = syslog.messages;
    await getsAll('webhook', byWebhook, 'request.created');
    await getsAll('syslog', () => bySyslog(early), 'request.created');
    const { port } = syslog;
    await syslog.close();
    await walk.withdraws(card);
    await getsAll('webhook', byWebhook, 'request.withdrawn');
    expect(bySyslog(early).map(({ action }) => action)).not.toContain('request.withdrawn');
    syslog = await startSyslogReceiver(port);
    const both = () => bySyslog([...early, ...syslog.messages]);
    await getsAll('syslog', both, 'request.withdrawn');
    expect(webhook.deliveries.every(({ signed }) => signed)).toBe(true);
  });

  it('is anchored by the processes themselves, while a person who writes into Redis holds up all schedules', async () => {
    const schedules = new Queue('schedules', { connection, prefix: '{kastellan}:jobs' });
    await schedules.pause();
    const { length } = await stored();
    await walk.withdraws(await walk.plan());
    await walk.until('an anchor of what was written since', async () => {
      const lines = (await readFile(anchors, 'utf8').catch(() => '')).trim().split('\n');
      const { sequence = 0 } = JSON.parse(lines.at(-1) || '{}') as { sequence?: number };
      return sequence > length || undefined;
    });
    await schedules.resume();
    await schedules.close();
  });

  it('is told to operators once where Redis was written into, after a restart, too', async () => {
    await walk.until('an anchor', async () => (await readFile(anchors, 'utf8').catch(() => '')) || undefined);
    const forged = (await stored()).map((entry) => ({
      ...entry,
      actor: 'U0INNOCENT',
      hash: entry.hash.split('').toReversed().join(''),
    }));
    const last = forged.at(-1);
    const write = connection.multi().del(ENTRIES);
    for (const entry of forged) write.xadd(ENTRIES, `${entry.sequence}-0`, 'entry', JSON.stringify(entry));
    await write.set(HEAD, `${last?.sequence}:${last?.hash}`).exec();
    const said = await walk.user(OPERATOR).readsPrivately('that the log was changed', CHANGED);
    expect(said).toMatch(/anchors there are left as they were.*\/kasten audit verify/s);
    const failures = async () => (await walk.log()).split('audit.anchor-mismatch').length;
    const before = await failures();
    await walk.stopProcesses();
    await walk.startProcesses();
    await walk.until('that it is seen again', async () =>
      (await failures()) > before + 1 ? true : undefined,
    );
    const told = await walk.sandbox.slack.control.directMessages(OPERATOR.slackId);
    expect(told.filter((message) => CHANGED.test(everythingOf(message)))).toHaveLength(1);
  });
});
