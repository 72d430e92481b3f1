import { setTimeout as sleep } from 'node:timers/promises';
import type { WebClient } from '@slack/web-api';
import type {
  CardDoubt,
  CardView,
  ClosedChannel,
  MessageRecords,
  Notice,
  Notifier,
  PersonalSeals,
  PersonalView,
  PressedMessage,
} from '../../ports/messenger.ts';
import { type CardFacts, cardFacts, personalFacts } from './card.ts';
import { BeingDrawn, CardSender, type Channels } from './card-sender.ts';
import { createSlackClient, type SlackClientOptions } from './client.ts';
import { closedChannel } from './closed-channel.ts';
import { detailMessages } from './detail-messages.ts';
import { type SlackMessage, waysToShow } from './message.ts';
import { RateLimitedLanes } from './rate-limited-lanes.ts';
import { slackProblem } from './slack-problem.ts';

export interface NotifierOptions extends SlackClientOptions {
  readonly records: MessageRecords;
  readonly channels: Channels;
  /** Milliseconds between two edits that show progress only. Slack allows 50 edits a minute in a workspace. */
  readonly minIntervalMs?: number;
  /** Milliseconds before the first new try; doubles with each. */
  readonly firstPauseMs?: number;
  /**
   * @param now for the durations of what is in progress
   * @param seal what the buttons of the card have to carry
   */
  render(view: CardView, now: Date, seal: string): SlackMessage;
  renderPersonal(view: PersonalView, reader: Reader): SlackMessage;
  readonly personalSeals: Pick<PersonalSeals, 'make'>;
  /** Told of each post and edit of a card: why its channel takes none, or, with undefined, that it does. */
  onChannel?(channel: CardFacts['channel'], closed: ClosedChannel | undefined): void;
}

/** Who reads a direct message. */
interface Reader {
  /** Slack user id. */
  readonly to: string;
  readonly topic: string;
  /** What the buttons of the message have to carry. */
  readonly seal: string;
  readonly cardLink?: string;
  /** Why the card that the message is about cannot be shown now. */
  readonly closed?: ClosedChannel;
}

const MIN_INTERVAL_MS = 2_500;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 20_000;
const MOST_TRIES = 15;
// Longer than all tries of one process take.
const TELLING_MS = 600_000;
const AGAIN_MS = 60_000;

/** Shows cards in Slack. Callers never wait for Slack: the newest state of each card is on its way until it is there. */
export function createNotifier(options: NotifierOptions): Notifier {
  return new SlackNotifier(options);
}

class SlackNotifier implements Notifier {
  readonly #options: NotifierOptions;
  readonly #client: WebClient;
  readonly #turns = new RateLimitedLanes();
  readonly #cards: CardSender;
  readonly #waiting = new Map<string, CardView>();
  readonly #working = new Set<string>();
  readonly #drawings = new Map<string, Promise<void>>();
  /** Cards that could not be shown, because of their channel. */
  readonly #unseen = new Map<string, ClosedChannel>();
  readonly #shown = new Map<string, number>();
  readonly #pauses = new Map<string, AbortController>();
  readonly #details = new Map<string, Promise<void>>();
  readonly #underWay = new Set<Promise<void>>();
  #lastProgress = 0;
  #draining = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#client = createSlackClient(options);
    const render = (view: CardView, seal: string): SlackMessage => options.render(view, new Date(), seal);
    const { records, channels, log } = options;
    this.#cards = new CardSender({
      client: this.#client,
      records,
      channels,
      log,
      render,
      turns: this.#turns,
      onChannel: (channel, closed) => options.onChannel?.(channel, closed),
    });
  }

  async show(view: CardView): Promise<void> {
    const { id, version } = cardFacts(view);
    const waiting = this.#waiting.get(id);
    if (waiting !== undefined && cardFacts(waiting).version > version) return;
    this.#waiting.set(id, view);
    if ((this.#shown.get(id) ?? 0) < version) this.#pauses.get(id)?.abort();
    // Before it is drawn, which is what takes the note away again.
    const noted = this.#note(view);
    if (!this.#working.has(id)) {
      this.#working.add(id);
      const drawing = this.#drawAll(id);
      this.#drawings.set(id, drawing);
      this.#track(drawing);
    }
    await noted;
  }

  undrawn(): Promise<string[]> {
    return this.#options.records.wanted();
  }

  forget(cardId: string): Promise<void> {
    return this.#options.records.unwant(cardId);
  }

  untold(): Promise<Notice[]> {
    return this.#options.records.untold();
  }

  forgetNotice(notice: Notice): Promise<void> {
    return this.#options.records.forgetNotice(notice);
  }

  // A card that nobody remembers to draw where this process dies is drawn all the same while it lives.
  async #note(view: CardView): Promise<void> {
    const { id, version, under, moves } = cardFacts(view);
    const isDrawn = this.#shown.get(id) === version || (under !== undefined && moves);
    if (isDrawn) return;
    await this.#options.records.want(id, version).catch((thrown: unknown) => {
      this.#options.log.warn(
        { card: id, problem: String(thrown) },
        'It was not noted that a card is to be drawn',
      );
    });
  }

  async addDetail(cardId: string, text: string): Promise<void> {
    const before = this.#details.get(cardId) ?? Promise.resolve();
    const added = before.then(async () => {
      for (const message of detailMessages(text)) {
        await this.#keepTrying('a detail', cardId, () => this.#postDetail(cardId, message));
      }
    });
    const settled = added.then(() => {
      if (this.#details.get(cardId) === settled) this.#details.delete(cardId);
    });
    this.#details.set(cardId, settled);
    this.#track(settled);
  }

  async tell(slackUserId: string, topic: string, view: PersonalView): Promise<void> {
    this.#track(this.#tellOnce(slackUserId, topic, view));
  }

  checkCard(cardId: string, pressed: PressedMessage): Promise<CardDoubt | undefined> {
    return this.#cards.check(cardId, pressed);
  }

  async drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
    for (const pause of this.#pauses.values()) pause.abort();
    const timer = new AbortController();
    const late = sleep(timeoutMs, 'late', { signal: timer.signal }).catch(() => 'late');
    while (this.#underWay.size > 0) {
      if ((await Promise.race([Promise.allSettled(this.#underWay), late])) === 'late') break;
    }
    timer.abort();
    this.#draining = false;
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
    tracked.catch((thrown: unknown) => this.#options.log.error({}, 'A message could not be handled', thrown));
  }

  // One card's views, one after the other, always the newest; while it waits a newer one may take its place.
  async #drawAll(id: string): Promise<void> {
    try {
      while (this.#waiting.has(id)) {
        await this.#pauseForProgress(id);
        const shown = await this.#keepTrying('a card', id, async () => {
          const asked = this.#waiting.get(id);
          if (asked === undefined) return;
          const view = await this.#drawInChannel(id, () => this.#waiting.get(id) ?? asked);
          if (view !== undefined) this.#shown.set(id, cardFacts(view).version);
          // Newer views that came meanwhile stay for the next round.
          if (this.#waiting.get(id) === (view ?? asked)) this.#waiting.delete(id);
        });
        // The sweep shows it again.
        if (!shown) this.#waiting.delete(id);
      }
    } finally {
      // In the same breath as the last look at what waits, so that nothing can come between.
      this.#working.delete(id);
      this.#drawings.delete(id);
    }
    // Cards that nobody shows any more need no memory.
    if (this.#shown.size > 2_000) this.#shown.clear();
  }

  async #drawInChannel(id: string, newest: () => CardView): Promise<CardView | undefined> {
    try {
      const view = await this.#cards.draw(newest);
      this.#unseen.delete(id);
      return view;
    } catch (thrown) {
      const closed = closedChannel(thrown);
      if (closed !== undefined) this.#unseen.set(id, closed);
      throw thrown;
    }
  }

  async #pauseForProgress(id: string): Promise<void> {
    const view = this.#waiting.get(id);
    if (view === undefined || this.#draining) return;
    const { version, moves } = cardFacts(view);
    if (this.#shown.get(id) !== version || !moves) return;
    const at = Math.max(Date.now(), this.#lastProgress + (this.#options.minIntervalMs ?? MIN_INTERVAL_MS));
    this.#lastProgress = at;
    const pause = new AbortController();
    this.#pauses.set(id, pause);
    await sleep(at - Date.now(), undefined, { signal: pause.signal }).catch(() => undefined);
    this.#pauses.delete(id);
  }

  async #postDetail(cardId: string, { text, blocks }: SlackMessage): Promise<void> {
    const card = await this.#cards.find(cardId);
    if (card === undefined) throw new BeingDrawn();
    const client = this.#client;
    const { channel, ts } = card;
    await this.#turns.run(`chat.postMessage ${channel}`, () =>
      client.chat.postMessage({
        channel,
        thread_ts: card.threadTs ?? ts,
        text,
        blocks,
        unfurl_links: false,
        unfurl_media: false,
      }),
    );
  }

  async #tellOnce(to: string, topic: string, view: PersonalView): Promise<void> {
    const { records, log } = this.#options;
    const { id, waits } = personalFacts(view);
    // Whether anybody can see the card decides what is to be said of it.
    if (waits) await this.#drawings.get(id);
    const notice = { cardId: id, to, topic };
    // What it is drawn from is stored for requests only.
    const isKept = 'request' in view;
    try {
      if (!(await records.beginTelling(notice, TELLING_MS, isKept))) return;
    } catch (thrown) {
      log.warn({ card: id, problem: String(thrown) }, 'Somebody could not be told');
      return;
    }
    const sent = await this.#keepTrying('a direct message', id, () => this.#sendPersonal(to, topic, view));
    // Told is what Slack has: where this process dies before, another one sends it.
    await (sent ? records.markTold(notice) : records.failTelling(notice, AGAIN_MS)).catch((thrown: unknown) =>
      log.warn({ card: id, problem: String(thrown) }, 'It was not noted that a person was told'),
    );
  }

  async #sendPersonal(to: string, topic: string, view: PersonalView): Promise<void> {
    const client = this.#client;
    const { id } = personalFacts(view);
    const [cardLink, seal] = await Promise.all([this.linkTo(id), this.#options.personalSeals.make(to)]);
    const closed = this.#unseen.get(id);
    const message = this.#options.renderPersonal(view, {
      to,
      topic,
      seal,
      ...(cardLink !== undefined && { cardLink }),
      ...(closed !== undefined && { closed }),
    });
    let refusal: unknown;
    for (const { text, blocks } of waysToShow(message)) {
      try {
        await this.#turns.run(`chat.postMessage ${to}`, () =>
          client.chat.postMessage({ channel: to, text, blocks, unfurl_links: false, unfurl_media: false }),
        );
        return;
      } catch (thrown) {
        const problem = slackProblem(thrown);
        if (problem?.kind !== 'refused' || !problem.error.startsWith('invalid_blocks')) throw thrown;
        refusal = thrown;
      }
    }
    throw refusal;
  }

  // A message without the link is better than none.
  async linkTo(cardId: string): Promise<string | undefined> {
    try {
      const card = await this.#cards.find(cardId);
      if (card === undefined) return undefined;
      const { channel, ts: message_ts } = card;
      return (await this.#client.chat.getPermalink({ channel, message_ts })).permalink;
    } catch {
      return undefined;
    }
  }

  /** @returns whether it was done in the end; what was not is logged, and the sweep shows the card again */
  async #keepTrying(what: string, cardId: string, task: () => Promise<void>): Promise<boolean> {
    const { log } = this.#options;
    for (let tries = 1; ; ) {
      try {
        await task();
        return true;
      } catch (thrown) {
        const problem = slackProblem(thrown);
        // The time Slack asked for is waited for where the calls take turns.
        if (problem?.kind === 'rate-limited') continue;
        const detail = problem !== undefined && 'detail' in problem ? problem.detail : String(thrown);
        if (problem?.kind === 'refused' || tries >= MOST_TRIES) {
          log.error({ card: cardId, what, detail }, 'Slack did not take a message', thrown);
          return false;
        }
        await sleep(this.#delay(thrown, tries), undefined, { ref: false });
        tries += 1;
      }
    }
  }

  #delay(thrown: unknown, tries: number): number {
    const first = this.#options.firstPauseMs ?? FIRST_PAUSE_MS;
    return thrown instanceof BeingDrawn
      ? Math.min(8 * first, first * tries)
      : Math.min(LONGEST_PAUSE_MS, first * 2 ** (tries - 1));
  }
}
