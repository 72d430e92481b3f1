import { AuditChain } from '../../src/adapters/redis/audit-chain.ts';
import { createAuditLog } from '../../src/adapters/redis/audit-log.ts';
import { createBreakGlassStore } from '../../src/adapters/redis/break-glass-store.ts';
import type { RedisClient } from '../../src/adapters/redis/clients.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { createGrantStore } from '../../src/adapters/redis/grant-store.ts';
import { createJournalStore } from '../../src/adapters/redis/journal-store.ts';
import { createLeases } from '../../src/adapters/redis/leases.ts';
import { createPersonLinks } from '../../src/adapters/redis/person-links.ts';
import { createRequestStore } from '../../src/adapters/redis/request-store.ts';
import { createRosters } from '../../src/adapters/redis/rosters.ts';
import type { AccessForm } from '../../src/domain/access/access.ts';
import type { Grant } from '../../src/domain/access/grant.ts';
import { KastellanError } from '../../src/domain/errors.ts';
import type { SlackPerson } from '../../src/domain/person.ts';
import type { Request, RequestOf } from '../../src/domain/requests/request.ts';
import type { Policy } from '../../src/domain/requests/rules.ts';
import { Secret } from '../../src/domain/secret.ts';
import { groupKey } from '../../src/domain/setup/group-key.ts';
import { bindingName, prefixedGroup, roleName } from '../../src/domain/setup/naming.ts';
import type { LevelSpec } from '../../src/domain/setup/setup.ts';
import { requestAccess } from '../../src/operations/access/request-access.ts';
import { decide } from '../../src/operations/requests/decide.ts';
import { processRequest } from '../../src/operations/requests/process-request.ts';
import { WorkerSlots } from '../../src/operations/requests/worker-slots.ts';
import type { Binding, ClusterAccess } from '../../src/ports/cluster.ts';
import type { LinkView, RequestView } from '../../src/ports/messenger.ts';
import type { World } from '../../src/ports/world.ts';
import { type BenchOptions, type EntraBench, openBench, person } from './entra-adapter.ts';
import { memoryWorld, RULES } from './memory-world.ts';
import { QUIET, startTestRedis, type TestRedis } from './redis.ts';
import { sampleRequest } from './sample-request.ts';

const PLACES = new WorkerSlots({ total: 8, each: 8 });

const HOUR_MS = 3_600_000;
const WITHIN_MS = 5_000;

/** Who there is in Slack, each with an account of the same name in Entra. */
export const WHO = { ada: 'U0ADA', ben: 'U0BEN', cleo: 'U0CLEO', dan: 'U0DAN' } as const;

export interface AccessWorldOptions extends BenchOptions {
  readonly rules?: Partial<Policy>;
  /** Slack people besides, or instead of, those in `WHO`. */
  readonly slack?: readonly SlackPerson[];
}

const SLACK_AWAY = new KastellanError({
  code: 'slack.away',
  message: 'Slack does not answer.',
  retry: { when: 'later' },
});

interface Job {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly dueAt: number;
}

/**
 * Access with a real Redis and a tenant behind real Graph calls; Slack and the queue are noted, so that a test decides
 * when jobs run and what time it is.
 */
export class AccessWorld {
  readonly world: World;
  readonly bench: EntraBench;
  readonly redis: TestRedis;
  readonly told: { to: string; topic: string; view: RequestView }[] = [];
  readonly toldLinks: LinkView[] = [];
  readonly shown: RequestView[] = [];
  /** Ids of the cards that no process has drawn yet. */
  undrawn: string[] = [];
  /** Bindings of all clusters, by cluster and name. */
  readonly bindings = new Map<string, Binding>();
  readonly approvers = new Set<string>([WHO.ben, WHO.cleo]);
  /** Whose Slack account was closed. */
  readonly deactivated = new Set<string>();
  /** User groups that Slack does not show now. */
  unreadable: readonly string[] = [];
  jobs: Job[] = [];
  now: number;
  readonly #disconnect: () => void;
  readonly #flush: () => Promise<unknown>;

  private constructor(world: World, bench: EntraBench, redis: TestRedis, connection: RedisClient) {
    this.bench = bench;
    this.redis = redis;
    this.#disconnect = () => connection.disconnect();
    this.#flush = () => connection.flushall();
    this.now = Date.now();
    this.world = {
      ...world,
      clock: { now: () => new Date(this.now) },
      openCluster: (name) => this.#openCluster(name),
      queue: {
        add: async (id, delayMs = 0) => void this.jobs.push({ id, dueAt: this.now + Math.max(0, delayMs) }),
        remind: async (id) => void this.jobs.push({ id, dueAt: this.now }),
      },
      notifier: {
        show: async (view) => void ('request' in view && this.shown.push(view)),
        addDetail: async () => undefined,
        tell: async (to, topic, view) => {
          if ('request' in view) this.told.push({ to, topic, view });
          if ('link' in view) this.toldLinks.push(view);
        },
        checkCard: async () => undefined,
        undrawn: async () => this.undrawn,
        untold: async () => [],
        forgetNotice: async () => undefined,
        forget: async (id) => {
          this.undrawn = this.undrawn.filter((other) => other !== id);
        },
        linkTo: async (id) => `https://slack.example/archives/C0OPS/${id}`,
        drain: async () => undefined,
      },
    };
  }

  static async start(options: AccessWorldOptions = {}): Promise<AccessWorld> {
    const names = Object.keys(WHO) as (keyof typeof WHO)[];
    const redis = await startTestRedis();
    const bench = await openBench({
      people: names.map((name) => person(name)),
      groups: RULES.clusters.map(({ name }) => ({
        id: GROUPS[name as keyof typeof GROUPS],
        displayName: `Kasten Users (${name})`,
        uniqueName: groupKey(name, 'admin'),
        owners: [],
        properties: { securityEnabled: true, mailEnabled: false },
      })),
      ...options,
    });
    const connection = await connectRedis(new Secret(redis.url), 'requests', QUIET);
    let world: AccessWorld | undefined;
    const chain = new AuditChain(connection, { now: () => world?.world.clock.now() ?? new Date() });
    const slack = new Map([...names.map(slackPerson), ...(options.slack ?? [])].map((one) => [one.id, one]));
    const memory = memoryWorld({
      find: async (id) => {
        const found = slack.get(id);
        const isGone = world?.deactivated.has(id) === true;
        return found !== undefined && isGone ? { ...found, kind: 'deleted' } : found;
      },
      membersOf: async (group) => {
        if (world?.unreadable.includes(group) === true) throw SLACK_AWAY;
        return [...(world?.approvers ?? [])];
      },
      findByEmail: async (email) => [...slack.values()].find((one) => one.email === email),
    });
    world = new AccessWorld(
      {
        ...memory.world,
        rules: { ...RULES, operators: [WHO.dan], ...options.rules },
        directory: bench.directory,
        requests: createRequestStore(connection, chain),
        grants: createGrantStore(connection, chain),
        breakGlass: createBreakGlassStore(connection, chain),
        links: createPersonLinks(connection, chain),
        rosters: createRosters(connection, chain),
        journal: createJournalStore(connection, chain),
        audit: createAuditLog(connection, chain),
        leases: createLeases(connection),
      },
      bench,
      redis,
      connection,
    );
    return world;
  }

  // Only the bindings of a cluster matter here; the adapter's own suite runs on a real one.
  #openCluster(cluster: string): ClusterAccess {
    const put = (name: string, role: Binding['role'], groups: readonly string[]) => {
      this.bindings.set(`${cluster} ${name}`, { name, role, groups, managedByKastellan: true });
    };
    const bindings: Partial<ClusterAccess['cluster']> = {
      listBindings: async (role) =>
        [...this.bindings]
          .filter(([key, binding]) => key.startsWith(`${cluster} `) && binding.role.name === role.name)
          .map(([, binding]) => binding),
      applyBinding: async (name, role, group) => put(name, role, [group]),
      suspendBinding: async (name, role) => put(name, role, []),
    };
    return { cluster: bindings, releases: {} } as ClusterAccess;
  }

  /** Puts the bindings of the level `admin` where set-up puts them. */
  async binds(cluster: keyof typeof GROUPS = 'prod-eu'): Promise<void> {
    for (const role of [roleName('k10', 'admin'), roleName('k10', 'ns-admin')]) {
      const subject = prefixedGroup(RULES.setup.signIn.groupPrefix, GROUPS[cluster]);
      const { cluster: open } = this.world.openCluster(cluster);
      await open.applyBinding(bindingName('admin', role), role, subject);
    }
  }

  /** How many groups each binding lets in, on one cluster or all. */
  bound(cluster = ''): number[] {
    return [...this.bindings]
      .filter(([key]) => key.startsWith(cluster))
      .map(([, { groups }]) => groups.length);
  }

  /** Remembers that a cluster was set up with this group behind the level `admin`. */
  async wasSetUp(cluster: keyof typeof GROUPS, existingId: string): Promise<void> {
    const at = new Date(this.now).toISOString();
    const levels: LevelSpec[] = [
      { level: 'admin', roles: ['admin', 'ns-admin'], group: { existingId }, members: [] },
    ];
    const setup = sampleRequest({
      id: `setup-${cluster}`,
      cluster,
      state: 'done',
      createdAt: at,
      changedAt: at,
      spec: { ...sampleRequest().spec, levels },
    });
    await this.world.requests.create(setup, { action: 'request.created', actor: WHO.dan });
  }

  async close(): Promise<void> {
    this.#disconnect();
    await this.bench.close();
    await this.redis.stop();
  }

  /** Asks for the level `admin` on prod-eu for an hour, unless told otherwise. */
  async asks(form: Partial<AccessForm> = {}, asker: string = WHO.ada): Promise<RequestOf<'access'>> {
    const result = await requestAccess(this.world, asker, accessForm(form), WITHIN_MS);
    if (result.ok) return result.request;
    throw new Error(`It was not taken: ${JSON.stringify(result)}`);
  }

  /** Asks, lets the worker plan, and has it approved. */
  async given(form: Partial<AccessForm> = {}, asker: string = WHO.ada): Promise<Grant> {
    const { id } = await this.asks(form, asker);
    await this.work();
    await this.approves(id);
    await this.work();
    return this.grant(id);
  }

  async approves(requestId: string, actor: string = WHO.ben, durationMs?: number) {
    const shorter = durationMs === undefined ? {} : { durationMs };
    const planDigest = (await this.world.requests.find(requestId))?.planDigest;
    return decide(this.world, { requestId, actor, planDigest, verdict: 'approve', ...shorter });
  }

  /** Runs every job whose time has come, and those that follow from them at once. */
  async work(): Promise<void> {
    await this.worksWith({});
  }

  /** The same, with a directory that does some things differently. */
  async worksWith(directory: Partial<World['directory']>): Promise<void> {
    const world = { ...this.world, directory: { ...this.world.directory, ...directory } };
    for (;;) {
      const due = this.jobs.filter(({ dueAt }) => dueAt <= this.now);
      if (due.length === 0) return;
      this.jobs = this.jobs.filter(({ dueAt }) => dueAt > this.now);
      for (const { id } of due) await this.#run(world, id);
    }
  }

  async #run(world: World, id: string): Promise<void> {
    try {
      const again = await processRequest(world, id, new AbortController().signal, PLACES);
      if (again !== undefined) this.jobs.push({ id, dueAt: this.now + again.againAfterMs });
    } catch (thrown) {
      // As the worker does: what may work later comes again.
      if (!(thrown instanceof KastellanError) || thrown.retry.when === 'never') throw thrown;
      this.jobs.push({ id, dueAt: this.now + 1_000 });
    }
  }

  /** Lets time pass, and jobs with it. */
  async passes(ms: number): Promise<void> {
    this.now += ms;
    await this.work();
  }

  /** Everything that Kastellan remembers is gone, as after a disk that was lost. */
  async redisLost(): Promise<void> {
    await this.#flush();
    this.jobs = [];
  }

  async grant(id: string): Promise<Grant> {
    const grant = await this.world.grants.find(id);
    if (grant === undefined) throw new Error(`There is no grant ${id}`);
    return grant;
  }

  async request(id: string): Promise<Request> {
    const request = await this.world.requests.find(id);
    if (request === undefined) throw new Error(`There is no request ${id}`);
    return request;
  }

  /** Names of those who are in the group of a cluster's level `admin`, as Entra has it. */
  members(cluster: keyof typeof GROUPS = 'prod-eu'): string[] {
    const { entries } = this.bench.entra.directory;
    return [...(entries.get(GROUPS[cluster])?.members ?? [])].map((id) =>
      String(entries.get(id)?.properties['displayName']),
    );
  }

  /** Puts somebody into a group as an administrator would in the portal. */
  addsByHand(name: keyof typeof WHO, cluster: keyof typeof GROUPS = 'prod-eu'): void {
    this.bench.entra.portal.addMember(GROUPS[cluster], this.objectId(name));
  }

  removesByHand(name: keyof typeof WHO, cluster: keyof typeof GROUPS = 'prod-eu'): void {
    this.bench.entra.portal.removeMember(GROUPS[cluster], this.objectId(name));
  }

  objectId(name: keyof typeof WHO): string {
    return this.accountOf(name);
  }

  /** The object ID of an account with this name. */
  accountOf(name: string): string {
    return this.bench.entra.directory.findBy('user', 'displayName', name)?.id ?? '';
  }
}

/** Object IDs of the groups behind the level `admin`. */
export const GROUPS = {
  'prod-eu': '5d1c2a40-0000-4000-8000-0000000000e1',
  'prod-us': '5d1c2a40-0000-4000-8000-0000000000a5',
} as const;

export function accessForm(form: Partial<AccessForm> = {}): AccessForm {
  return {
    cluster: 'prod-eu',
    level: 'admin',
    beneficiary: WHO.ada,
    durationMs: HOUR_MS,
    reason: 'restore shop-db',
    ...form,
  };
}

function slackPerson(name: keyof typeof WHO): SlackPerson {
  return {
    id: WHO[name],
    name,
    email: `${name}@example.com`,
    emailConfirmed: true,
    kind: 'member',
  };
}
