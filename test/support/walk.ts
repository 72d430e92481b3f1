import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CAST, type CastMember, CHANNELS } from '../../sandbox/cast.ts';
import { type KastellanProcess, startKastellan } from '../../sandbox/kastellan.ts';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import type { Entries } from '../../sandbox/slack/view-state.ts';
import { trustAuthority } from '../../sandbox/tls/certificate-authority.ts';
import { Opened } from '../../sandbox/tools/opened.ts';
import { SlackUser, textOf } from '../../sandbox/tour/slack-user.ts';
import { Transcript } from '../../sandbox/tour/transcript.ts';
import { type Sandbox, type SandboxOptions, startSandbox, type World } from '../../sandbox/world.ts';

// How long a walk waits for one thing before it says what it waited for.
const PATIENCE_MS = 300_000;
const DAY_MS = 86_400_000;
export const {
  asker: ASKER,
  approver: APPROVER,
  secondApprover: SECOND,
  outsider: OUTSIDER,
  onCall: ON_CALL,
} = CAST;

export interface WalkOptions extends Omit<SandboxOptions, 'home'> {
  /** Further variables for each Kastellan; one process with all roles where there is none. */
  readonly processes?: readonly Record<string, string>[];
  /** Where the sandbox's time is when Kastellan starts, in epoch milliseconds; the machine's where this is absent. */
  readonly startsAt?: number;
}

/** The next noon, in UTC: what counts days begins there, so that no midnight comes in between. */
export function nextNoon(): number {
  return Math.ceil(Date.now() / DAY_MS - 0.5) * DAY_MS + DAY_MS / 2;
}

/** A sandbox, the product in it as somebody else's processes, and people who use it. */
export class Walk<Place extends World = Sandbox> {
  readonly sandbox: Place;
  readonly home: string;
  readonly #processes: readonly Record<string, string>[];
  readonly #opened: Opened;
  #running: KastellanProcess[] = [];

  private constructor(
    sandbox: Place,
    home: string,
    processes: readonly Record<string, string>[],
    opened: Opened,
  ) {
    this.sandbox = sandbox;
    this.home = home;
    this.#processes = processes;
    this.#opened = opened;
    opened.onClose(() => this.stopProcesses());
  }

  static start({ processes, startsAt, ...options }: WalkOptions = {}): Promise<Walk> {
    return Walk.startIn(async (home) => {
      const sandbox = await startSandbox({ rolloutDelayMs: 5, ...options, home });
      // What installing K10 wrote is nobody's question.
      for (const { kubernetes } of sandbox.clusters) kubernetes.requestLog.clear();
      if (startsAt !== undefined) sandbox.clock.moveOn(startsAt - Date.now());
      return sandbox;
    }, processes);
  }

  /** @param startPlace is given a folder that is gone after `close`; what it starts is closed then, too */
  static async startIn<Place extends World>(
    startPlace: (home: string) => Promise<Place>,
    processes: readonly Record<string, string>[] = [{}],
  ): Promise<Walk<Place>> {
    const home = await mkdtemp(join(tmpdir(), 'kastellan-walk-'));
    const opened = new Opened();
    opened.onClose(() => rm(home, { recursive: true, force: true }));
    return opened.orNothing(async () => {
      const sandbox = await opened.keep(startPlace(home));
      trustAuthority(sandbox.authority);
      // Slack's three seconds are tested where no other program takes the machine's time.
      Object.assign(sandbox.slack.knobs, { ackTimeoutMs: 30_000, triggerLifetimeMs: 30_000 });
      const walk = new Walk(sandbox, home, processes, opened);
      await walk.startProcesses();
      return walk;
    });
  }

  async startProcesses(): Promise<void> {
    const { environment, clock } = this.sandbox;
    const started = await Promise.allSettled(
      this.#processes.map((more) => startKastellan({ ...environment, ...more }, this.logFile, clock)),
    );
    this.#running = started.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    const failed = started.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /**
   * Starts the same Kastellans once more, beside those that run.
   * @returns those that ran before
   */
  async startsAnother(): Promise<readonly KastellanProcess[]> {
    const before = this.#running;
    await this.startProcesses();
    this.#running = [...before, ...this.#running];
    return before;
  }

  /** Starts one more Kastellan with these variables and ends it as soon as it is ready. */
  async startsAndEnds(more: Record<string, string>): Promise<void> {
    await (await startKastellan({ ...this.sandbox.environment, ...more }, this.logFile)).stop();
  }

  get pids(): number[] {
    return this.#running.map(({ pid }) => pid);
  }

  /**
   * Ends every Kastellan as an operating system would.
   * @throws Error where one did not end in order
   */
  async stopProcesses(): Promise<void> {
    const stopped = await Promise.allSettled(this.#running.splice(0).map((one) => one.stop()));
    const failed = stopped.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  get logFile(): string {
    return join(this.home, 'kastellan.log');
  }

  log(): Promise<string> {
    return readFile(this.logFile, 'utf8');
  }

  /** Where the health endpoints of each Kastellan that was started are, in the order in which they were ready. */
  get healthUrls(): string[] {
    return this.#running.map(({ healthUrl }) => healthUrl);
  }

  close(): Promise<void> {
    return this.#opened.close();
  }

  /** What time it is in the sandbox, in epoch milliseconds. */
  now(): number {
    return Date.now() + this.sandbox.clock.offsetMs;
  }

  user(member: CastMember): SlackUser {
    return new SlackUser(this.sandbox.slack, new Transcript(() => undefined), member);
  }

  /** Waits for something that may take longer than one answer of Slack. */
  async until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
    try {
      return await this.sandbox.slack.control.until(what, look, PATIENCE_MS);
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${problem}:\n${await this.#lastWords()}`, { cause });
    }
  }

  async #lastWords(): Promise<string> {
    const cards = (await this.cards()).slice(-2).map(textOf);
    return [...cards, ...(await this.log()).split('\n').slice(-8)].join('\n');
  }

  /** Every card in the approvals channel, oldest first; threads left out. */
  async cards(): Promise<SlackMessage[]> {
    const all = await this.sandbox.slack.control.messages(CHANNELS.approvals);
    return all.filter(({ thread_ts, ts }) => thread_ts === undefined || thread_ts === ts);
  }

  /** The thread under a card. */
  async threadOf(card: SlackMessage): Promise<SlackMessage[]> {
    const all = await this.sandbox.slack.control.messages(CHANNELS.approvals);
    return all.filter(({ thread_ts, ts }) => thread_ts === card.ts && ts !== card.ts);
  }

  /**
   * Types `/kasten setup`, fills in the form and sends it.
   * @returns the mistakes shown at fields, with the form left closed
   */
  async asks(
    entries: Entries = {},
    member: CastMember = ASKER,
    cluster = '',
  ): Promise<Record<string, string>> {
    const user = this.user(member);
    const view = await user.opensForm(`setup ${cluster}`.trim());
    const errors = await user.submits(view, entries);
    if (Object.keys(errors).length > 0) await this.sandbox.slack.control.closeView(member.slackId, view.id);
    return errors;
  }

  /** Opens the form with the fields behind "Advanced", fills it in and sends it. */
  async asksWithAdvanced(entries: Entries): Promise<Record<string, string>> {
    const { control } = this.sandbox.slack;
    const view = await this.user(ASKER).opensForm('setup');
    await control.clickInView(ASKER.slackId, view.id, 'setup.advanced');
    const full = await control.until('the advanced fields', () => {
      const now = control.modals(ASKER.slackId).at(-1);
      return JSON.stringify(now).includes('groupClaims') ? now : undefined;
    });
    return this.user(ASKER).submits(full, entries);
  }

  /** Asks, and waits for the card that this gives to say what it should. */
  async gets(
    matches: RegExp,
    entries: Entries = {},
    member: CastMember = ASKER,
    cluster = '',
  ): Promise<SlackMessage> {
    const before = (await this.cards()).length;
    const errors = await this.asks(entries, member, cluster);
    if (Object.keys(errors).length > 0) throw new Error(`The form was not taken: ${JSON.stringify(errors)}`);
    return this.newCard(before, matches);
  }

  /** The first card that came after `before` others, once it matches. */
  newCard(before: number, matches: RegExp): Promise<SlackMessage> {
    return this.until(`a card with ${matches}`, async () => {
      const card = (await this.cards())[before];
      return card !== undefined && matches.test(textOf(card)) ? card : undefined;
    });
  }

  /** Asks and waits for the plan. */
  plan(entries: Entries = {}, member: CastMember = ASKER, cluster = ''): Promise<SlackMessage> {
    return this.gets(/Waits for/, entries, member, cluster);
  }

  async presses(card: SlackMessage, action: string, member: CastMember): Promise<SlackUser> {
    const user = this.user(member);
    await user.presses(card, `request.${action}`);
    return user;
  }

  approves(card: SlackMessage, member: CastMember = APPROVER): Promise<SlackUser> {
    return this.presses(card, 'approve', member);
  }

  /** The same card once its text matches. */
  becomes(card: SlackMessage, matches: RegExp): Promise<SlackMessage> {
    return this.until(`the card to say ${matches}`, async () => {
      const now = (await this.cards()).find(({ ts }) => ts === card.ts);
      return now !== undefined && matches.test(textOf(now)) ? now : undefined;
    });
  }

  /** Asks, has it approved unless it comes to its end before, and waits for the end it should come to. */
  async runs(
    matches: RegExp,
    entries: Entries = {},
    cluster = '',
    member: CastMember = ASKER,
  ): Promise<SlackMessage> {
    const card = await this.gets(new RegExp(`Waits for|${matches.source}`), entries, member, cluster);
    if (matches.test(textOf(card))) return card;
    await this.approves(card);
    return this.becomes(card, matches);
  }

  /** Types `/kasten rotate` and waits for the card that this gives to say what it should. */
  async rotates(matches: RegExp, member: CastMember = ASKER, cluster = ''): Promise<SlackMessage> {
    const before = (await this.cards()).length;
    await this.user(member).types(`rotate ${cluster}`.trim());
    return this.newCard(before, matches);
  }

  /** Takes back what is open, so that the next question can be asked. */
  async withdraws(card: SlackMessage, member: CastMember = ASKER): Promise<SlackMessage> {
    await this.presses(card, 'withdraw', member);
    return this.becomes(card, /was withdrawn/);
  }
}

export const DONE = /now signs in through Entra/;
export const ROTATED = /The client secret on .* was rotated/;
export const STOPPED = /stopped at/;
export const REFUSED = /is not possible yet/;

/** All that a card or message holds, as Slack has it. */
export function everythingOf(message: SlackMessage): string {
  return `${message.text} ${JSON.stringify(message.blocks ?? [])}`;
}

/** What Slack reads as markup: the message's own text, and every text that is not plain. */
export function markupOf(message: SlackMessage): string {
  const found: string[] = [message.text];
  JSON.stringify(message.blocks ?? [], (_key, value: unknown) => {
    const text = value as { type?: unknown; text?: unknown } | null;
    if (text?.type === 'mrkdwn') found.push(String(text.text));
    return value;
  });
  return found.join('\n');
}
