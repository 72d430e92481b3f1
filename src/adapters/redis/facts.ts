import { Cluster, type Redis } from 'ioredis';
import type { Finding } from '../../ports/finding.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';

/** What a server tells of itself, by name. */
export type Info = ReadonlyMap<string, string>;

/** What one server tells of itself. */
interface Server {
  readonly node: string;
  readonly info: Info;
  /** Its setting `save`; undefined where it does not tell, and where an append-only file makes it needless to ask. */
  readonly save: string | undefined;
}

/**
 * Asks for a key, and so the one server that keeps all of them.
 * @throws KastellanError `redis.*` when it does not answer
 */
export async function pingRedis(connection: RedisClient): Promise<void> {
  await withRedis(() => connection.exists(KEYS.auditHead));
}

/**
 * Whether this Redis is fit to keep requests and the audit log (https://docs.bullmq.io/guide/going-to-production). Of a
 * Cluster every node has to be: each can get the slot. What a managed Redis does not tell is `unknown`, not `bad`.
 * @throws KastellanError `redis.*` when Redis does not answer
 */
export async function checkRedis(connection: RedisClient): Promise<Finding[]> {
  await pingRedis(connection);
  const nodes = connection instanceof Cluster ? connection.nodes() : [connection];
  const servers = await Promise.all(nodes.map(askServer));
  const checkRoles = connection instanceof Cluster ? () => clusterRoles(connection) : checkRole;
  return [checkVersion, checkRoles, checkEviction, checkPersistence].map((check) => worst(servers, check));
}

async function askServer(connection: Redis): Promise<Server> {
  const { host, port } = connection.options;
  const info = await readInfo(connection);
  return { node: `${host}:${port}`, info, save: hasLog(info) ? undefined : await readSave(connection) };
}

/** Empty where a managed Redis forbids to ask. */
export async function readInfo(connection: Redis): Promise<Info> {
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

const FROM_WORST = ['bad', 'unknown', 'optional', 'good'] as const satisfies readonly Finding['verdict'][];

// One that is not as it should be is named, where there are several.
function worst(servers: readonly Server[], check: (server: Server) => Finding): Finding {
  const findings = servers.map((server) => ({ node: server.node, finding: check(server) }));
  const rank = ({ finding }: { finding: Finding }) => FROM_WORST.indexOf(finding.verdict);
  const [first] = findings.toSorted((a, b) => rank(a) - rank(b));
  if (first === undefined) return unknown('Redis', 'no node of the Cluster is known', 'Look at its nodes.');
  const { node, finding } = first;
  if (finding.verdict === 'good' || servers.length === 1) return finding;
  return { ...finding, detail: `${node}: ${finding.detail}` };
}

function checkVersion({ info }: Server): Finding {
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

function checkRole({ info }: Server): Finding {
  const subject = 'Redis role';
  const fix = 'Give KASTELLAN_REDIS_URL an address that always leads to the primary.';
  const role = info.get('role');
  if (role === undefined) return unknown(subject, 'Redis does not tell its role', fix);
  if (role === 'master') return { subject, verdict: 'good', detail: 'primary' };
  return { subject, verdict: 'bad', detail: 'a replica, which takes no writes', fix };
}

// A Cluster sends to the primary by itself.
function clusterRoles(cluster: Cluster): Finding {
  const [primaries, replicas] = [cluster.nodes('master').length, cluster.nodes('slave').length];
  const detail = `a Cluster with ${primaries} primaries and ${replicas} replicas`;
  return { subject: 'Redis role', verdict: 'good', detail };
}

function checkEviction({ info }: Server): Finding {
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

function checkPersistence({ info, save }: Server): Finding {
  const subject = 'Redis persistence';
  if (hasLog(info)) return { subject, verdict: 'good', detail: 'append-only file' };
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

function hasLog(info: Info): boolean {
  return info.get('aof_enabled') === '1';
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
