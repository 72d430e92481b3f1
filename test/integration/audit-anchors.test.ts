import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createFileAnchors } from '../../src/adapters/audit/file-anchors.ts';
import { createWebhookAnchors } from '../../src/adapters/audit/webhook-anchors.ts';
import { createConfigMapAnchors } from '../../src/adapters/kubernetes/audit-anchors.ts';
import { createAnchorFailures } from '../../src/adapters/redis/anchor-failures.ts';
import { AuditChain } from '../../src/adapters/redis/audit-chain.ts';
import { createAuditLog } from '../../src/adapters/redis/audit-log.ts';
import type { RedisClient } from '../../src/adapters/redis/clients.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { personalFacts } from '../../src/adapters/slack/card.ts';
import { type AuditEntry, chainEntry } from '../../src/domain/audit/audit.ts';
import { auditKeys } from '../../src/domain/audit/audit-key.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { Secret } from '../../src/domain/secret.ts';
import { anchorLog } from '../../src/operations/audit/anchor-log.ts';
import { verifyLog } from '../../src/operations/audit/verify-log.ts';
import type { AnchorPlace } from '../../src/ports/audit-anchors.ts';
import type { AnchorProblemView, Notifier } from '../../src/ports/messenger.ts';
import type { World } from '../../src/ports/world.ts';
import { directMessage } from '../../src/slack/card-message.ts';
import { memoryWorld, RULES } from '../support/memory-world.ts';
import { QUIET, startTestRedis, type TestRedis } from '../support/redis.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';
import { startTestCluster, type TestCluster } from './sandbox-kubernetes-support.ts';

const ENTRIES = '{kastellan}:audit:entries';
const HEAD = '{kastellan}:audit:head';
const NAME = 'kastellan-audit';
const clock = { now: () => new Date() };
const keys = auditKeys(new Secret('a key that only the processes have'));

function saidTo(told: readonly { view: AnchorProblemView }[]): string {
  const reader = { to: 'U0DAN', topic: 'anchor-problem', seal: 'seal' };
  return told.map(({ view }) => directMessage(view, reader).text).join('\n');
}

describe('the anchors of the audit log', () => {
  let server: TestRedis;
  let redis: RedisClient;
  let cluster: TestCluster;
  let folder: string;
  let file: AnchorPlace;
  let configMap: AnchorPlace;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kastellan-anchors-'));
    [server, cluster] = await Promise.all([startTestRedis(), startTestCluster(4)]);
    redis = await connectRedis(new Secret(server.url), 'requests', QUIET);
    const { sandbox, namespace } = cluster;
    const metadata = { namespace, name: NAME };
    sandbox.create('configmaps', { metadata });
    // Just the rights that docs/permissions.md names.
    const rules = [
      { apiGroups: [''], resources: ['configmaps'], resourceNames: [NAME], verbs: ['get', 'patch'] },
    ];
    sandbox.create('roles.rbac.authorization.k8s.io', { metadata, rules });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: NAME };
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'kastellan' }];
    sandbox.create('rolebindings.rbac.authorization.k8s.io', { metadata, roleRef, subjects });
    const kubeconfigPath = join(folder, 'kubeconfig');
    await writeFile(kubeconfigPath, sandbox.kubeconfig('kastellan'), { mode: 0o600 });
    configMap = createConfigMapAnchors({ kubeconfigPath, namespace, name: NAME });
  });
  afterAll(async () => {
    redis?.disconnect();
    await Promise.all([server?.stop(), cluster?.close(), rm(folder, { recursive: true })]);
  });
  beforeEach(async () => {
    await redis.flushall();
    told.length = 0;
    logged.length = 0;
    await rm(join(folder, 'anchors'), { force: true });
    file = createFileAnchors(join(folder, 'anchors'));
  });

  const audit = () => createAuditLog(redis, new AuditChain(redis, clock, keys));
  async function fill(count: number) {
    for (let number = 0; number < count; number += 1) await audit().append({ action: 'x', actor: 'U1' });
  }
  const logged: { place?: unknown; code?: unknown }[] = [];
  const log = { ...QUIET, error: (fields: JsonObject) => void logged.push(fields) };
  const told: { to: string; view: AnchorProblemView }[] = [];
  const notifier: Notifier = {
    ...memoryWorld({} as World['people']).world.notifier,
    tell: async (to, _topic, view) => {
      if ('anchorProblem' in view) told.push({ to, view });
    },
  };
  const rules = { ...RULES, operators: ['U0DAN', 'U0CLEO'] };
  /** A process that keeps anchors, so many milliseconds from now. */
  const anchoring = (later = 0) => ({
    audit: audit(),
    clock: { now: () => new Date(Date.now() + later) },
    failures: createAnchorFailures(redis),
    rules,
    notifier,
    log,
  });
  const anchor = (...places: AnchorPlace[]) => anchorLog(anchoring(), places, new Map());
  const verify = (...places: AnchorPlace[]) => verifyLog(audit(), places);
  const stored = async () =>
    (await redis.xrange(ENTRIES, '-', '+')).map(([, fields]) => JSON.parse(fields[1] ?? '') as AuditEntry);

  /** What a person can do who writes into Redis alone: puts these entries there, with the head to them. */
  async function rewrite(entries: readonly AuditEntry[]) {
    await redis.flushall();
    for (const entry of entries)
      await redis.xadd(ENTRIES, `${entry.sequence}-0`, 'entry', JSON.stringify(entry));
    const last = entries.at(-1);
    if (last !== undefined) await redis.set(HEAD, `${last.sequence}:${last.hash}`);
  }

  it('are annotations of one ConfigMap, written with no right but to read and patch it, and only when there is news', async () => {
    await fill(2);
    await anchor(configMap);
    await anchor(configMap);
    await fill(3);
    await anchor(configMap);
    expect(await configMap.read?.()).toMatchObject([{ sequence: 2 }, { sequence: 5 }]);
    const { anchors, ...check } = await verify(configMap);
    expect(check).toMatchObject({ intact: true, entries: 5 });
    expect(anchors).toMatchObject([
      { by: `ConfigMap castle/${NAME}`, span: { from: { sequence: 2 }, to: { sequence: 5 } } },
    ]);
  });

  it('keep the first and the newest hundred, so that it is known since when', async () => {
    const { sandbox, namespace } = cluster;
    sandbox.create('configmaps', { metadata: { namespace, name: 'many' } });
    const kubeconfigPath = join(folder, 'admin');
    await writeFile(kubeconfigPath, sandbox.kubeconfig(), { mode: 0o600 });
    const many = createConfigMapAnchors({ kubeconfigPath, namespace, name: 'many' });
    for (let sequence = 1; sequence <= 105; sequence += 1)
      await many.write({ sequence, hash: 'ab'.repeat(32), at: clock.now().toISOString() });
    const kept = (await many.read?.()) ?? [];
    expect(kept.map(({ sequence }) => sequence)).toEqual([
      1,
      ...Array.from({ length: 99 }, (_, at) => at + 7),
    ]);
  });

  it('show that the newest entries were removed, that Redis was set back, or emptied, and that others were written since', async () => {
    await fill(3);
    const old = await stored();
    await fill(3);
    await anchor(file);
    await rewrite(old);
    expect(await verify(file)).toMatchObject({
      intact: false,
      sequence: 4,
      problem: expect.stringMatching(/^entry 6 is missing, which was anchored by the file .*set back$/),
    });
    await fill(4);
    expect(await verify(file)).toMatchObject({
      intact: false,
      sequence: 6,
      problem: expect.stringContaining('it is not the entry 6 that was anchored'),
    });
    await rewrite([]);
    expect(await verify(file)).toMatchObject({ intact: false, sequence: 1 });
  });

  it('show a chain that was made anew from its first entry on, without the key', async () => {
    await fill(3);
    await anchor(file);
    const forged: AuditEntry[] = [];
    for (const { action, at } of await stored())
      forged.push(chainEntry({ action, actor: 'U0INNOCENT' }, at, forged.at(-1)));
    await rewrite(forged);
    expect(await verify()).toMatchObject({ intact: true });
    expect(await verify(file)).toMatchObject({ intact: false, sequence: 3 });
  });

  it('are left as they are when the log no longer agrees with them, and the other places go on', async () => {
    await fill(3);
    await anchor(file);
    await rewrite((await stored()).slice(0, 1));
    const other = createFileAnchors(join(folder, 'other'));
    await expect(anchor(file, other)).rejects.toMatchObject({ code: 'audit.anchor-mismatch' });
    expect(await file.read?.()).toMatchObject([{ sequence: 3 }]);
    expect(await other.read?.()).toMatchObject([{ sequence: 1 }]);
    expect(told.map(({ to }) => to)).toEqual(['U0DAN', 'U0CLEO']);
    expect(saidTo(told)).toMatch(
      /entry 3 is not the one that the file .* anchored <!date.*anchors there are left as they were.*\/kasten audit verify/s,
    );
  });

  it('are written by two processes at once without an error, though one of them is refused', async () => {
    const { sandbox, namespace } = cluster;
    sandbox.create('configmaps', { metadata: { namespace, name: 'shared' } });
    const kubeconfigPath = join(folder, 'shared');
    await writeFile(kubeconfigPath, sandbox.kubeconfig(), { mode: 0o600 });
    const open = () => createConfigMapAnchors({ kubeconfigPath, namespace, name: 'shared' });
    await fill(2);
    await Promise.all(Array.from({ length: 4 }, () => anchor(open())));
    expect(await open().read?.()).toMatchObject([{ sequence: 2 }]);
    expect(logged).toEqual([]);
  });

  it('that no longer agree are in the log at each try, although a mark in Redis says that operators were told', async () => {
    await fill(3);
    await anchor(file);
    await rewrite((await stored()).slice(0, 1));
    const deaf = { ...anchoring(), notifier: { ...notifier, tell: async () => undefined } };
    for (let tries = 0; tries < 2; tries += 1)
      await expect(anchorLog(deaf, [file], new Map())).rejects.toThrow();
    const once = { place: file.name, code: 'audit.anchor-mismatch' };
    expect(logged).toEqual([once, once]);
  });

  it('that cannot be written for an hour are told to operators, since when and why, as one event in all processes', async () => {
    const away = createFileAnchors(join(folder, 'no-such-folder', 'anchors'));
    const tryIt = (minutes: number) => anchorLog(anchoring(minutes * 60_000), [away, away], new Map());
    await fill(1);
    await expect(tryIt(0)).rejects.toMatchObject({ code: 'audit.anchor-not-written' });
    await expect(tryIt(59)).rejects.toThrow();
    expect(told).toEqual([]);
    await expect(tryIt(61)).rejects.toThrow();
    await expect(tryIt(90)).rejects.toThrow();
    expect(saidTo(told)).toMatch(/has not been anchored by the file .* since <!date.*cannot be written/s);
    expect(new Set(told.map(({ view }) => personalFacts(view).id)).size).toBe(1);
    told.length = 0;
    await anchorLog(anchoring(), [{ ...file, name: away.name }], new Map());
    await fill(1);
    await expect(tryIt(120)).rejects.toThrow();
    expect(told).toEqual([]);
  });

  it('reach a webhook signed, once for each newest entry, and its name says that it has to be asked', async () => {
    const secret = `whsec_${Buffer.from('what only the receiver knows').toString('base64')}`;
    const receiver = await startWebhookReceiver(secret);
    const webhook = createWebhookAnchors({ url: receiver.url, secret: new Secret(secret) });
    await fill(2);
    const written = new Map<string, number>();
    for (let run = 0; run < 2; run += 1) await anchorLog(anchoring(), [webhook], written);
    const [newest] = await audit().latest(1);
    expect(receiver.deliveries).toMatchObject([{ signed: true, type: 'application/json' }]);
    expect(JSON.parse(receiver.deliveries[0]?.body ?? '')).toMatchObject({
      type: 'audit.anchor',
      data: { sequence: 2, hash: newest?.hash },
    });
    expect((await verify(webhook)).anchors).toMatchObject([{ unread: expect.stringContaining('compare') }]);
    await receiver.close();
    await fill(1);
    await expect(anchorLog(anchoring(), [webhook], written)).rejects.toMatchObject({
      code: 'audit.receiver-unreachable',
    });
  });

  it('that cannot be read are named, and the log is verified all the same', async () => {
    await fill(1);
    await writeFile(join(folder, 'anchors'), 'no anchor\n');
    const { anchors, ...check } = await verify(file);
    expect(check).toMatchObject({ intact: true });
    expect(anchors).toMatchObject([{ unread: expect.stringContaining('cannot be read') }]);
    expect(await readFile(join(folder, 'anchors'), 'utf8')).toBe('no anchor\n');
  });
});
