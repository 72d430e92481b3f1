// Another process that uses Redis as Kastellan does: `node redis-child.ts <what> <url or folder> ...`.
import { once } from 'node:events';
import { AuditChain } from '../../src/adapters/redis/audit-chain.ts';
import { createAuditLog } from '../../src/adapters/redis/audit-log.ts';
import { createBreakGlassStore } from '../../src/adapters/redis/break-glass-store.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { startEmbeddedRedis } from '../../src/adapters/redis/embedded.ts';
import { createGrantStore } from '../../src/adapters/redis/grant-store.ts';
import { createJournalStore } from '../../src/adapters/redis/journal-store.ts';
import { createLeases } from '../../src/adapters/redis/leases.ts';
import { createPersonLinks } from '../../src/adapters/redis/person-links.ts';
import { createRequestStore } from '../../src/adapters/redis/request-store.ts';
import { createRosters } from '../../src/adapters/redis/rosters.ts';
import { auditKeys } from '../../src/domain/audit/audit-key.ts';
import { advance } from '../../src/domain/requests/request.ts';
import { Secret } from '../../src/domain/secret.ts';
import { startWorker } from '../../src/jobs/worker.ts';
import { revokePerson } from '../../src/operations/access/revoke-person.ts';
import { breakGlassRule, memoryWorld, RULES } from './memory-world.ts';

const [, , what = '', where = '', ...rest] = process.argv;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const clock = { now: () => new Date() };

function say(word: string): void {
  process.stdout.write(`${word}\n`);
}

async function open(key?: string) {
  const redis = await connectRedis(new Secret(where), 'requests', quiet);
  const keys = auditKeys(key === undefined ? undefined : new Secret(key));
  return { redis, chain: new AuditChain(redis, clock, keys) };
}

const PARTS: Record<string, () => Promise<void>> = {
  /** Reads a request, waits for a word on stdin, then tries to move it on. */
  async approve() {
    const [id = '', actor = ''] = rest;
    const { redis, chain } = await open();
    const store = createRequestStore(redis, chain);
    const request = await store.find(id);
    if (request === undefined) throw new Error('no request');
    say('ready');
    await once(process.stdin, 'data');
    const next = advance(request, 'approved', clock.now().toISOString());
    say(await store.replace(next, request.version, { action: 'request.approved', actor, requestId: id }));
    process.exit(0);
  },
  async append() {
    const [name = '', count = '0', key] = rest;
    const { redis, chain } = await open(key);
    const log = createAuditLog(redis, chain);
    say('ready');
    await once(process.stdin, 'data');
    const numbers = Array.from({ length: Number(count) }, (_, number) => number);
    await Promise.all(numbers.map((number) => log.append({ action: `${name}.${number}`, actor: name })));
    say('written');
    process.exit(0);
  },
  /** Waits for a word on stdin, then takes everything of a person back; what it puts into the queue is lost. */
  async revoke() {
    const [operator = '', person = ''] = rest;
    const { redis, chain } = await open();
    const nobody = {
      find: async () => undefined,
      membersOf: async () => [],
      findByEmail: async () => undefined,
    };
    const world = {
      ...memoryWorld(nobody).world,
      rules: { ...RULES, operators: [operator], breakGlass: breakGlassRule(person) },
      requests: createRequestStore(redis, chain),
      grants: createGrantStore(redis, chain),
      breakGlass: createBreakGlassStore(redis, chain),
      rosters: createRosters(redis, chain),
      journal: createJournalStore(redis, chain),
      links: createPersonLinks(redis, chain),
      audit: createAuditLog(redis, chain),
      leases: createLeases(redis),
    };
    say('ready');
    await once(process.stdin, 'data');
    const result = await revokePerson(world, operator, person, 'left the company');
    say(result.allowed ? `revoked ${result.cancelled.length} ${result.left.length}` : 'refused');
    process.exit(0);
  },
  async hold() {
    const [name = '', ttl = '0'] = rest;
    const { redis } = await open();
    const lease = await createLeases(redis, { ttlMs: Number(ttl) }).acquire(name, 'child');
    say(lease === undefined ? 'refused' : 'held');
    setInterval(() => undefined, 1_000);
  },
  async embed() {
    const redis = await startEmbeddedRedis({ dataDir: where, log: quiet });
    say(redis.url.reveal());
    setInterval(() => undefined, 1_000);
  },
  async work() {
    const connection = await connectRedis(new Secret(where), 'jobs', quiet);
    startWorker({
      connection,
      log: quiet,
      lockMs: 1_000,
      stalledEveryMs: 500,
      process(requestId) {
        say(requestId);
        return new Promise(() => undefined);
      },
    });
  },
};

await PARTS[what]?.().catch((error: unknown) => {
  say(`failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
