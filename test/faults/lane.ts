import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { CAST, CHANNELS } from '../../sandbox/cast.ts';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { trustAuthority } from '../../sandbox/tls/certificate-authority.ts';
import { type Sandbox, startSandbox } from '../../sandbox/world.ts';
import { AuditChain } from '../../src/adapters/redis/audit-chain.ts';
import { createAuditLog } from '../../src/adapters/redis/audit-log.ts';
import { createJournalStore } from '../../src/adapters/redis/journal-store.ts';
import { createRequestStore } from '../../src/adapters/redis/request-store.ts';
import {
  isFinal,
  type Request,
  type RequestKind,
  type RequestState,
} from '../../src/domain/requests/request.ts';
import type { AuditLog, JournalStore, RequestStore } from '../../src/ports/stores.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { Canaries } from './canaries.ts';
import { Fleet } from './fleet.ts';
import { RemoteWrites } from './moments.ts';
import { RedisGate } from './redis-gate.ts';
import { makeBare } from './reset.ts';

// All tries but those of several clusters are about the first.
const CLUSTERS = ['prod-eu', 'prod-us'];
const LOOK_EVERY_MS = 200;
const PATIENCE_MS = 240_000;
const MOST_REQUESTS = 10_000;

/** A whole world with two Kastellans in it, in which one try after the other is made. */
export class Lane {
  readonly home: string;
  readonly sandbox: Sandbox;
  readonly redisServer: TestRedis;
  readonly redisGate: RedisGate;
  readonly redis: Redis;
  readonly fleet: Fleet;
  readonly writes: RemoteWrites;
  readonly canaries: Canaries;
  readonly requests: RequestStore;
  readonly journal: JournalStore;
  readonly audit: AuditLog;

  private constructor(home: string, sandbox: Sandbox, redisServer: TestRedis, redisGate: RedisGate) {
    this.home = home;
    this.sandbox = sandbox;
    this.redisServer = redisServer;
    this.redisGate = redisGate;
    this.redis = new Redis(redisServer.url, { maxRetriesPerRequest: null });
    this.redis.on('error', () => undefined);
    const chain = new AuditChain(this.redis, { now: () => new Date() });
    this.requests = createRequestStore(this.redis, chain);
    this.journal = createJournalStore(this.redis, chain);
    this.audit = createAuditLog(this.redis, chain);
    const environment = { ...sandbox.environment, KASTELLAN_REDIS_URL: redisGate.url };
    this.fleet = new Fleet(environment, home, sandbox.clock);
    this.writes = new RemoteWrites(sandbox);
    this.canaries = new Canaries(this);
  }

  static async open(): Promise<Lane> {
    const home = await mkdtemp(join(tmpdir(), 'kastellan-faults-'));
    const [sandbox, redisServer] = await Promise.all([
      startSandbox({ home, rolloutDelayMs: 30, clusters: CLUSTERS }),
      startTestRedis(),
    ]);
    await shortenUpgrades(sandbox);
    trustAuthority(sandbox.authority);
    const lane = new Lane(home, sandbox, redisServer, await RedisGate.open(redisServer.port));
    await lane.fleet.complete();
    return lane;
  }

  /** @param keep leaves the logs for whoever has to find out what went wrong */
  async close(keep = false): Promise<void> {
    this.canaries.stop();
    await this.fleet.stop();
    this.redis.disconnect();
    this.redisGate.close();
    await this.redisServer.stop();
    await this.sandbox.close();
    if (!keep) await rm(this.home, { recursive: true, force: true });
  }

  /** Everything as a platform team finds it, and everybody at work: where each try begins. */
  async makeReady(): Promise<void> {
    this.writes.listen(undefined);
    await this.#startOver();
    await makeBare(this.sandbox);
    await this.fleet.complete();
  }

  // Kastellan remembers that its cluster was torn down, and lives in the time that a try jumped to.
  async #startOver(): Promise<void> {
    const { clock } = this.sandbox;
    const tornDown = await this.requests.list({ kind: 'teardown', limit: 1 });
    if (clock.offsetMs === 0 && tornDown.length === 0) return;
    await this.fleet.stop();
    clock.moveOn(-clock.offsetMs);
    await this.redis.flushall();
  }

  /** Asks for set-up by the form; resolves once its plan can be decided on. */
  async ask(): Promise<string> {
    const id = await this.submitForm();
    await this.untilState(id, ['pending']);
    await this.cardWith(id, 'request.approve');
    return id;
  }

  /** A set-up that has come to its good end. */
  async setUp(): Promise<void> {
    const id = await this.ask();
    await this.approve(id);
  }

  /** Sends the form and gives the new request's id. */
  submitForm(): Promise<string> {
    return this.newRequest('setup', () => this.sendSetup('prod-eu'));
  }

  /** @param clusters as people type them: a name, several, or `all` */
  sendSetup(clusters: string): Promise<void> {
    const members = [CAST.asker.slackId, CAST.secondApprover.slackId];
    return this.sendForm(`setup ${clusters}`, { 'members:admin': members });
  }

  /**
   * Does something that makes a request of this kind, and gives its id. One of another kind may come beside it (a form that
   * was sent twice, the calendar), and after a clock that was set back the newest one is not the latest.
   */
  async newRequest(kind: RequestKind, ask: () => Promise<void>): Promise<string> {
    const known = new Set((await this.requests.list({ kind, limit: MOST_REQUESTS })).map(({ id }) => id));
    await ask();
    return this.until(`a new request: ${kind}`, async () => {
      const all = await this.requests.list({ kind, limit: MOST_REQUESTS });
      return all.find(({ id }) => !known.has(id))?.id;
    });
  }

  /**
   * Types a command that opens a form, fills that in and sends it; again where the answer came too late for Slack, as it
   * can on a machine that is busy with killing and starting processes.
   */
  async sendForm(command: string, entries: Record<string, string[]>): Promise<void> {
    const { control } = this.sandbox.slack;
    const asker = CAST.asker.slackId;
    for (let attempt = 1; ; attempt += 1) {
      const opened = await control.runCommand(asker, CHANNELS.general, command);
      const view =
        opened.outcome === 'acknowledged'
          ? await control.untilModal(asker).catch(() => undefined)
          : undefined;
      const sent = view === undefined ? undefined : await control.submitView(asker, view.id, entries);
      if (sent !== undefined && sent.errors === undefined) return;
      // An answer that came too late for Slack may have been carried on all the same.
      if (attempt > 1 && JSON.stringify(sent?.errors).includes('already')) return;
      const late = sent === undefined || sent.outcome !== 'acknowledged';
      if (!late || attempt === 3) throw new Error(`The form was refused: ${JSON.stringify(sent?.errors)}`);
    }
  }

  /** Somebody presses a button on the request's card. */
  async press(requestId: string, action: string, who: keyof typeof CAST = 'approver'): Promise<void> {
    const card = await this.cardWith(requestId, action);
    await this.sandbox.slack.control.click(CAST[who].slackId, CHANNELS.approvals, card.ts, action);
  }

  /** Approves a request; resolves once it is done. */
  async approve(requestId: string): Promise<void> {
    await this.press(requestId, 'request.approve');
    await this.untilState(requestId, ['done']);
  }

  /** Rolls a failed request back, or one of which something was left; resolves once it is undone. */
  async rollBack(requestId: string, from: RequestState = 'failed'): Promise<void> {
    await this.press(requestId, 'request.roll-back');
    await this.untilState(requestId, ['undone'], from);
  }

  /** Every card of the request in the channel: there should be one. */
  async cards(requestId: string): Promise<SlackMessage[]> {
    const messages = await this.sandbox.slack.control.messages(CHANNELS.approvals);
    return messages.filter(({ blocks = [] }) =>
      blocks.some((block) => String(block['block_id']).startsWith(`card:${requestId}:`)),
    );
  }

  cardWith(requestId: string, action: string): Promise<SlackMessage> {
    return this.until(`a card with ${action}`, async () => {
      const cards = await this.cards(requestId);
      return cards.find((card) => this.sandbox.slack.control.actionsOf(card).includes(action));
    });
  }

  /**
   * Waits until the request is in one of these states; fails when it ends in another.
   * @param leaving the state it is in before, in which it would otherwise stay
   */
  async untilState(
    requestId: string,
    states: readonly RequestState[],
    leaving?: RequestState,
  ): Promise<Request> {
    return this.until(`request ${requestId} to be ${states.join(' or ')}`, async () => {
      const request = await this.requests.find(requestId).catch(() => undefined);
      if (request === undefined) return undefined;
      if (states.includes(request.state)) return request;
      const stuck = isFinal(request.state) || ['failed', 'needs-operator'].includes(request.state);
      if (!stuck || request.state === leaving) return undefined;
      const why = request.failure?.message ?? request.leftovers?.join('; ') ?? '';
      throw new Error(
        `The ${request.kind} request ${requestId} is ${request.state} instead of ${states.join(' or ')}. ${why}`,
      );
    });
  }

  /** What `/kasten status` says now. */
  async status(): Promise<string> {
    const { control } = this.sandbox.slack;
    const operator = CAST.approver.slackId;
    const before = (await control.ephemerals(operator)).length;
    await control.runCommand(operator, CHANNELS.general, 'status prod-eu');
    return this.until('the status', async () => {
      const told = (await control.ephemerals(operator)).slice(before).map((one) => JSON.stringify(one));
      return told.find((text) => text.includes('prod-eu') && !text.includes('Looking at'));
    });
  }

  /** Looks again and again. What is seen here changes in other processes, so there is nothing to be told by. */
  async until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS;
    while (Date.now() < deadline) {
      const found = await look();
      if (found !== undefined) return found;
      await pause(LOOK_EVERY_MS);
    }
    throw new Error(`Waited in vain for ${what}`);
  }
}

// A Deployment that never becomes ready shall not keep the campaign for as long as it would keep people.
async function shortenUpgrades({ environment }: Sandbox): Promise<void> {
  const file = environment['KASTELLAN_CONFIG'] ?? '';
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/upgradeTimeout: .*/, 'upgradeTimeout: 45s'));
}
