import { setTimeout as pause } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import type { RedisClient } from '../../src/adapters/redis/clients.ts';
import { pingRedis } from '../../src/adapters/redis/facts.ts';
import { freePort } from './free-port.ts';
import { leadsTo, startTestRedis, type TestRedis, type TestStore } from './redis.ts';
import type { TestTls } from './redis-tls.ts';

const PRIMARIES = 3;
const SLOTS = 16_384;
/** All of Kastellan's keys are in its slot. */
const HASH_TAG = 'kastellan';

export interface TestRedisCluster extends TestStore {
  /**
   * Lets a replica become the primary of Kastellan's slot: the old one is killed, or lives on as a replica of the new one.
   * Resolves when every node knows.
   */
  failOver(old: 'dies' | 'lives on'): Promise<void>;
}

export interface TestRedisClusterOptions {
  /** Further lines of redis.conf for each node. */
  readonly settings?: readonly string[];
  /** User and password for the address, as `user:password@`. */
  readonly login?: string;
  /** Speaks TLS only, among its nodes, too. */
  readonly tls?: TestTls;
  /** How its nodes are called in the address; they tell each other's as 127.0.0.1. Default: that. */
  readonly host?: string;
}

/** A Redis Cluster of three primaries, each with a replica, on 127.0.0.1. */
export async function startTestRedisCluster({
  settings = [],
  login = '',
  tls,
  host = '127.0.0.1',
}: TestRedisClusterOptions = {}): Promise<TestRedisCluster> {
  const members = await Promise.all(Array.from({ length: 2 * PRIMARIES }, () => startMember(settings, tls)));
  await unite(members);
  const hosts = members.map(({ server }) => `${host}:${server.port}`).join(',');
  const each = (what: (member: Member) => Promise<unknown>) => Promise.all(members.map(what));
  return {
    url: `${tls === undefined ? 'redis' : 'rediss'}+cluster://${login}${hosts}`,
    async restart() {
      await each(({ server }) => server.restart());
      await agreed(members, isWhole);
    },
    async kill() {
      await each(({ server }) => server.kill());
    },
    failOver: (old) => failOver(members, old),
    async stop() {
      for (const { asked } of members) asked.disconnect();
      await each(({ server }) => server.stop());
    },
  };
}

/** The servers that take writes: for what is asked of a server and not of a key. */
export function primariesOf(redis: RedisClient): Redis[] {
  return redis instanceof Cluster ? redis.nodes('master') : [redis];
}

/** Waits until it takes commands again. */
export async function isBack(redis: RedisClient): Promise<void> {
  const answers = () =>
    pingRedis(redis).then(
      () => true,
      () => false,
    );
  while (!(await answers())) await pause(20);
}

interface Member {
  readonly server: TestRedis;
  readonly busPort: number;
  /** Leads to this very node. */
  readonly asked: Redis;
}

async function startMember(settings: readonly string[], tls: TestTls | undefined): Promise<Member> {
  const { server, busPort } = await startServer(settings, tls);
  const asked = new Redis({ ...leadsTo(server.port, tls), maxRetriesPerRequest: null });
  asked.on('error', () => undefined);
  return { server, busPort, asked };
}

// Between choosing a port for the nodes' own talk and using it somebody else may take it.
async function startServer(
  settings: readonly string[],
  tls: TestTls | undefined,
): Promise<Pick<Member, 'server' | 'busPort'>> {
  for (let attempt = 1; ; attempt += 1) {
    const busPort = await freePort();
    const clustered = [
      'cluster-enabled yes',
      'cluster-config-file nodes.conf',
      'cluster-node-timeout 1000',
      `cluster-port ${busPort}`,
      ...(tls === undefined ? [] : ['tls-cluster yes']),
    ];
    try {
      return { server: await startTestRedis([...clustered, ...settings], tls), busPort };
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

/** @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ */
async function unite(members: readonly Member[]): Promise<void> {
  const [first] = members;
  const share = Math.ceil(SLOTS / PRIMARIES);
  for (const [index, { asked }] of members.entries()) {
    await asked.call('cluster', 'set-config-epoch', index + 1);
    const [from, to] = [index * share, Math.min(SLOTS, (index + 1) * share) - 1];
    if (index < PRIMARIES) await asked.call('cluster', 'addslotsrange', from, to);
  }
  for (const { server, busPort } of members.slice(1)) {
    await first?.asked.call('cluster', 'meet', '127.0.0.1', server.port, busPort);
  }
  await agreed(members, async (member) => (await nodesKnownTo(member)).length === members.length);
  for (const [index, { asked }] of members.slice(PRIMARIES).entries()) {
    await asked.call('cluster', 'replicate', String(await members[index]?.asked.call('cluster', 'myid')));
  }
  await agreed(members, isWhole);
}

async function failOver(members: readonly Member[], old: 'dies' | 'lives on'): Promise<void> {
  const slot = Number(await members[0]?.asked.call('cluster', 'keyslot', HASH_TAG));
  const before = await ownerSeenBy(members[0], slot);
  const owner = members.find(({ server }) => server.port === before.port);
  if (owner === undefined) throw new Error('the slot is nobody’s');
  // What a replica has not got when its primary dies is lost with any Redis.
  await owner.asked.call('wait', 1, 0);
  const left = members.filter((member) => old === 'lives on' || member !== owner);
  if (old === 'dies') await owner.server.kill();
  else {
    const replicas = (await nodesKnownTo(owner)).filter(({ follows }) => follows === before.id);
    const heir = members.find(({ server }) => replicas.some(({ port }) => port === server.port));
    await heir?.asked.call('cluster', 'failover');
  }
  await agreed(left, async (member) => {
    const now = await ownerSeenBy(member, slot);
    return now.port !== owner.server.port && /cluster_state:ok/.test(await clusterInfo(member));
  });
}

async function agreed(
  members: readonly Member[],
  holds: (member: Member) => Promise<boolean>,
): Promise<void> {
  for (const member of members) {
    while (!(await holds(member))) await pause(50);
  }
}

async function isWhole(member: Member): Promise<boolean> {
  const nodes = await nodesKnownTo(member);
  const replicas = nodes.filter(({ follows }) => follows !== undefined);
  const info = await member.asked.info('replication');
  // Each share with its primary and its replica, as clients are told of them.
  const shares = await member.asked.call('cluster', 'slots');
  return (
    /cluster_state:ok/.test(await clusterInfo(member)) &&
    nodes.every(({ healthy }) => healthy) &&
    replicas.length === PRIMARIES &&
    Array.isArray(shares) &&
    shares.every((share) => Array.isArray(share) && share.length === 4) &&
    /master_link_status:up|slave0:.*state=online/.test(info)
  );
}

async function clusterInfo({ asked }: Member): Promise<string> {
  return String(await asked.call('cluster', 'info'));
}

interface Known {
  readonly id: string;
  readonly port: number;
  readonly follows: string | undefined;
  readonly healthy: boolean;
  readonly slots: readonly (readonly [from: number, to: number])[];
}

/** @see https://redis.io/docs/latest/commands/cluster-nodes/ */
async function nodesKnownTo({ asked }: Member): Promise<Known[]> {
  const lines = String(await asked.call('cluster', 'nodes'))
    .trim()
    .split('\n');
  return lines.map((line) => {
    const [id = '', address = '', flags = '', follows = '-', , , , link, ...slots] = line.split(' ');
    return {
      id,
      port: Number(/:(\d+)@/.exec(address)?.[1]),
      follows: follows === '-' ? undefined : follows,
      healthy: link === 'connected' && !/fail|handshake/.test(flags),
      slots: slots.map((range) => {
        const [from = NaN, to = from] = range.split('-').map(Number);
        return [from, to] as const;
      }),
    };
  });
}

async function ownerSeenBy(member: Member | undefined, slot: number): Promise<Known> {
  const nodes = member === undefined ? [] : await nodesKnownTo(member);
  const owner = nodes.find(({ slots }) => slots.some(([from, to]) => from <= slot && slot <= to));
  if (owner === undefined) throw new Error(`nobody has slot ${slot}`);
  return owner;
}
