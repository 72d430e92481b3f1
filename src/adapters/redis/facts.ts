import type { Redis } from 'ioredis';
import type { Finding } from '../../ports.ts';
import { withRedis } from './connection.ts';

type Info = ReadonlyMap<string, string>;

/**
 * Whether this Redis is fit to keep requests and the audit log (https://docs.bullmq.io/guide/going-to-production).
 * What a managed Redis does not tell is `unknown`, not `bad`.
 * @throws KastellanError `redis.*` when Redis does not answer
 */
export async function checkRedis(connection: Redis): Promise<Finding[]> {
  const info = await readInfo(connection);
  return [checkVersion(info), checkRole(info), checkEviction(info), await checkPersistence(connection, info)];
}

async function readInfo(connection: Redis): Promise<Info> {
  await withRedis(() => connection.ping());
  try {
    const text = await connection.info();
    const pairs = text.split(/\r?\n/).filter((line) => line.includes(':') && !line.startsWith('#'));
    return new Map(
      pairs.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
    );
  } catch {
    return new Map();
  }
}

function checkVersion(info: Info): Finding {
  const subject = 'Redis version';
  const version = info.get('redis_version');
  if (version === undefined)
    return unknown(subject, 'Redis does not tell its version', 'Use Redis 6.2 or later.');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 6 || (major === 6 && minor >= 2)) return { subject, verdict: 'good', detail: version };
  return {
    subject,
    verdict: 'bad',
    detail: `${version} is too old`,
    fix: 'Upgrade to Redis 6.2 or later.',
  };
}

function checkRole(info: Info): Finding {
  const subject = 'Redis role';
  const fix = 'Give KASTELLAN_REDIS_URL an address that always leads to the primary.';
  const role = info.get('role');
  if (role === undefined) return unknown(subject, 'Redis does not tell its role', fix);
  if (role === 'master') return { subject, verdict: 'good', detail: 'primary' };
  return { subject, verdict: 'bad', detail: 'a replica, which takes no writes', fix };
}

function checkEviction(info: Info): Finding {
  const subject = 'Redis eviction';
  const policy = info.get('maxmemory_policy');
  if (policy === undefined) {
    return unknown(subject, 'Redis does not tell its policy', 'Set maxmemory-policy to noeviction.');
  }
  if (policy === 'noeviction') return { subject, verdict: 'good', detail: policy };
  return {
    subject,
    verdict: 'bad',
    detail: `${policy}: requests and audit entries can vanish when memory is short`,
    fix: 'Set maxmemory-policy to noeviction (in redis.conf, or in the settings of the managed Redis).',
  };
}

async function checkPersistence(connection: Redis, info: Info): Promise<Finding> {
  const subject = 'Redis persistence';
  if (info.get('aof_enabled') === '1') return { subject, verdict: 'good', detail: 'append-only file' };
  const save = await readSave(connection);
  if (save === undefined) {
    return unknown(
      subject,
      'no append-only file, and Redis does not tell whether it takes snapshots',
      'Switch persistence on in the settings of the managed Redis, best as an append-only file.',
    );
  }
  if (save !== '')
    return { subject, verdict: 'good', detail: `snapshots (save ${save}); an append-only file loses less` };
  return {
    subject,
    verdict: 'bad',
    detail: 'nothing is written to disk: a restart loses every request and the audit log',
    fix: 'Set appendonly to yes and appendfsync to everysec.',
  };
}

// Managed services forbid CONFIG.
async function readSave(connection: Redis): Promise<string | undefined> {
  try {
    const answer = await connection.config('GET', 'save');
    return Array.isArray(answer) && answer.length > 1 ? String(answer[1]) : undefined;
  } catch {
    return undefined;
  }
}

function unknown(subject: string, detail: string, fix: string): Finding {
  return { subject, verdict: 'unknown', detail, fix };
}
