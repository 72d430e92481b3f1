import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { CAST, CHANNELS } from '../../sandbox/cast.ts';
import { type KastellanProcess, startKastellan } from '../../sandbox/kastellan.ts';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { type Sandbox, startSandbox } from '../../sandbox/world.ts';
import { startTestRedis, type TestRedis } from '../../test/support/redis.ts';

const GROUP = '6c2f8f5e-0000-4000-8000-00000000ad01';
const PATIENCE_MS = 300_000;
const MOST_PRESSES = 5;

/** What of a stored grant is measured. */
interface StoredGrant {
  readonly id: string;
  readonly state: string;
  /** ISO time at which Entra showed the member. */
  readonly grantedAt?: string;
}

/** A sandbox in which sign-in is set up, with many people, and Kastellans that give them access. */
export class House {
  readonly sandbox: Sandbox;
  readonly home: string;
  readonly #redis: Redis;
  readonly #server: TestRedis;
  readonly #kastellans: readonly KastellanProcess[];

  private constructor(
    sandbox: Sandbox,
    home: string,
    server: TestRedis,
    kastellans: readonly KastellanProcess[],
  ) {
    this.sandbox = sandbox;
    this.home = home;
    this.#server = server;
    this.#redis = new Redis(server.url);
    this.#kastellans = kastellans;
    // A measurement that is broken off leaves nobody behind.
    process.once('exit', () => {
      for (const one of kastellans) one.kill('SIGKILL');
    });
  }

  /**
   * @param people how many there are besides the cast
   * @param processes further variables for each Kastellan
   */
  static async open(
    people: number,
    graphMs: number,
    processes: readonly Record<string, string>[],
  ): Promise<House> {
    const home = await mkdtemp(join(tmpdir(), 'kastellan-bench-'));
    const names = Array.from({ length: people }, (_, index) => ({
      slackId: slackIdOf(index),
      name: `person-${index}`,
    }));
    const sandbox = await startSandbox({
      home,
      adjust: {
        slack: (workspace) => ({
          ...workspace,
          people: [
            ...workspace.people,
            ...names.map(({ slackId, name }) => ({
              id: slackId,
              name,
              realName: name,
              email: `${name}@contoso.example`,
            })),
          ],
          channels: workspace.channels.map((channel) => ({
            ...channel,
            members: [...channel.members, ...names.map(({ slackId }) => slackId)],
          })),
        }),
        entra: (tenant) => ({
          ...tenant,
          people: [
            ...(tenant.people ?? []),
            ...names.map(({ name }) => ({
              displayName: name,
              userPrincipalName: `${name}@contoso.example`,
              password: 'irrelevant',
              mfaCode: '123456',
            })),
          ],
          groups: [{ id: GROUP, displayName: 'Kasten Users', uniqueName: 'kastellan-prod-eu-admin' }],
        }),
      },
    });
    sandbox.entra.knobs.latencyMs = graphMs;
    // What is measured without Slack's limits says so; a row that is about them turns them on.
    sandbox.slack.knobs.rateLimits = 'off';
    const server = await startTestRedis();
    const environment = { ...sandbox.environment, KASTELLAN_REDIS_URL: server.url };
    const kastellans = await Promise.all(
      processes.map((more) => startKastellan({ ...environment, ...more }, join(home, 'kastellan.log'))),
    );
    return new House(sandbox, home, server, kastellans);
  }

  /** Ends every Kastellan as an operating system would. */
  async stopKastellans(): Promise<void> {
    await Promise.all(this.#kastellans.map((one) => one.stop()));
  }

  async close(): Promise<void> {
    await this.stopKastellans();
    this.#redis.disconnect();
    await this.sandbox.close();
    await this.#server.stop();
    await rm(this.home, { recursive: true });
  }

  /** Asks as this person does, at a time when Kastellan has read no other person lately: asking is not measured. */
  async asks(index: number): Promise<void> {
    await this.#redis.del('{kastellan}:budget:users.info');
    await this.sandbox.slack.control.runCommand(
      slackIdOf(index),
      CHANNELS.general,
      'access admin 1h restore shop-db',
    );
  }

  /** The cards that wait for a decision, oldest first, once there are so many. */
  async waitingCards(count: number): Promise<SlackMessage[]> {
    const { control } = this.sandbox.slack;
    return patiently(`${count} cards`, async () => {
      const cards = (await control.messages(CHANNELS.approvals)).filter((message) =>
        control.actionsOf(message).includes('request.approve'),
      );
      return cards.length >= count ? cards : undefined;
    });
  }

  /** How many cards say that access was given, which is all they have to say until it ends. */
  async settledCards(): Promise<number> {
    const cards = await this.sandbox.slack.control.messages(CHANNELS.approvals);
    return cards.filter(({ text }) => text.includes('Granted until')).length;
  }

  /** Presses *Approve* as an approver does, and again where Slack says that nobody answered. */
  async approves(card: SlackMessage): Promise<void> {
    const { control } = this.sandbox.slack;
    for (let press = 1; press <= MOST_PRESSES; press += 1) {
      const seen = await control.clickAsSeen(CAST.approver.slackId, card, 'request.approve');
      if (seen.outcome === 'acknowledged') return;
    }
    throw new Error('Nobody answers to Approve');
  }

  /** Everybody's grants that Entra has shown, by person. */
  async granted(people: number): Promise<StoredGrant[]> {
    const found = await Promise.all(
      Array.from({ length: people }, async (_, index) => {
        const ids = await this.#redis.zrange(`{kastellan}:grants-of:${slackIdOf(index)}`, '0', '-1');
        const stored = await Promise.all(ids.map((id) => this.#redis.get(`{kastellan}:grant:${id}`)));
        return stored.flatMap((text) => (text === null ? [] : [JSON.parse(text) as StoredGrant]));
      }),
    );
    return found.flat().filter(({ grantedAt }) => grantedAt !== undefined);
  }

  /** How often each person was put into the group, by object ID. */
  additions(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { activityDisplayName, targetResources } of this.sandbox.entra.directory.audits) {
      if (activityDisplayName !== 'Add member to group' || !Array.isArray(targetResources)) continue;
      for (const { id } of targetResources as { id: string }[]) {
        if (id !== GROUP) counts.set(id, (counts.get(id) ?? 0) + 1);
      }
    }
    return counts;
  }

  members(): number {
    return this.sandbox.entra.directory.entries.get(GROUP)?.members.size ?? 0;
  }
}

function slackIdOf(index: number): string {
  return `U0P${String(index).padStart(4, '0')}`;
}

/** Looks until there is something to see, or the time (milliseconds) is over. */
export async function patiently<T>(
  what: string,
  look: () => Promise<T | undefined>,
  patienceMs: number = PATIENCE_MS,
): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
