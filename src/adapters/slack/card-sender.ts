import type { WebClient } from '@slack/web-api';
import type {
  CardDoubt,
  CardSeal,
  CardView,
  ClosedChannel,
  MessageRecord,
  MessageRecords,
  PressedMessage,
  Sending,
} from '../../ports/messenger.ts';
import type { Log } from '../../ports/telemetry.ts';
import { type CardFacts, cardFacts } from './card.ts';
import { closedChannel } from './closed-channel.ts';
import { type SlackMessage, waysToShow } from './message.ts';
import { contentFingerprint } from './message-content.ts';
import type { RateLimitedLanes } from './rate-limited-lanes.ts';
import { slackProblem } from './slack-problem.ts';

/** Somebody else is posting or editing this card now: look again in a moment. */
export class BeingDrawn extends Error {}

/** Slack channel id of each kind of channel. */
export type Channels = Readonly<Record<CardFacts['channel'], string>>;

export interface CardSenderOptions {
  readonly client: WebClient;
  readonly records: MessageRecords;
  /** @param seal what the buttons of the card have to carry */
  readonly render: (view: CardView, seal: string) => SlackMessage;
  /** Slack channel ids. */
  readonly channels: Channels;
  readonly turns: RateLimitedLanes;
  readonly log: Log;
  /** Told of each post and edit: why the channel takes none, or, with undefined, that it does. */
  onChannel(channel: CardFacts['channel'], closed: ClosedChannel | undefined): void;
}

const GONE = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed', 'channel_not_found']);
const UNSHOWABLE = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_blocks_too_long',
  'msg_too_long',
]);
// Long enough for Slack to settle whether a lost call has posted.
const POST_CLAIM_MS = 60_000;
// Whoever is killed while editing keeps the card no longer than this.
const EDIT_CLAIM_MS = 5_000;
const RECHECK_MS = 60_000;
const MOST_LOOKS = 2_000;
const EVENT_TYPE = 'kastellan_card';

/** What Slack answers to a post or an edit. */
interface Answer {
  readonly ts?: string | undefined;
  readonly message?: unknown;
}

/** What is known of a message that was sent. */
interface Sent {
  readonly seal: string;
  /** Fingerprint; undefined if Slack does not tell. */
  readonly content: string | undefined;
}

/** Draws cards, each of which is one message: posts it, edits it, or posts it anew where somebody has deleted it. */
export class CardSender {
  readonly #options: CardSenderOptions;
  /** When it was last looked whether a card is still there, in epoch milliseconds. */
  readonly #lookedAt = new Map<string, number>();
  // Cards that were posted but could not be recorded: without this they would be posted once more.
  readonly #unrecorded = new Map<string, MessageRecord>();

  constructor(options: CardSenderOptions) {
    this.#options = options;
  }

  /** Where the card is; undefined before it was posted. */
  async find(cardId: string): Promise<MessageRecord | undefined> {
    return (await this.#options.records.find(cardId)) ?? this.#unrecorded.get(cardId);
  }

  /**
   * Why a message on which a button was pressed is not the card; undefined if it is. Knowing the seal proves that Kastellan
   * sent a message whose place it does not know, because Slack's answer was lost: a seal is recorded before it is sent. The
   * card itself is drawn anew at the next `draw` if it is in doubt.
   * @throws Slack's errors
   */
  async check(cardId: string, pressed: PressedMessage): Promise<CardDoubt | undefined> {
    const { records, channels } = this.#options;
    const { channel, ts } = pressed;
    const [known, sealed] = await Promise.all([this.find(cardId), records.findSeal(cardId)]);
    if (known?.channel === channel && known.ts === ts) {
      const doubt = doubtAbout(known, sealed, pressed);
      // Nothing about it is new, and it has to be drawn all the same.
      if (doubt !== undefined) await records.save(cardId, { ...known, shownVersion: 0 });
      return doubt;
    }
    if (sealed === undefined || pressed.seal !== sealed.seal) return 'wrong-seal';
    if (!Object.values(channels).includes(channel)) return 'another-message';
    if (known === undefined) {
      // What it shows is not known, so it is drawn anew next; and nobody has to wait for the claim of the one who lost it.
      await records.save(cardId, { channel, ts, shownVersion: 0, seal: sealed.seal });
      return undefined;
    }
    if (sealed.unconfirmedPosts === 0) return 'another-message';
    await this.#options.turns.run('chat.delete', () => this.#options.client.chat.delete({ channel, ts }));
    return 'second-copy';
  }

  /**
   * Draws a card. Its turn may come minutes after it was asked for, so what it shows is asked for then.
   * @param newest what the card has to show as of now
   * @returns what it shows now, unless another process has shown something newer; undefined where it is not posted yet,
   *   because the card above it tells enough while it moves
   * @throws Slack's errors, and BeingDrawn
   */
  async draw(newest: () => CardView): Promise<CardView | undefined> {
    const view = newest();
    const facts = cardFacts(view);
    const record = await this.find(facts.id);
    if (record === undefined && facts.under !== undefined && facts.moves) return undefined;
    if (record === undefined) return this.#post(newest, undefined);
    if (!isNews(facts, record)) return this.#mend(view, newest, record);
    try {
      return await this.#options.turns.run('chat.update', () => this.#editInTurn(newest));
    } catch (thrown) {
      if (!isOneOf(thrown, GONE)) throw thrown;
      return this.#post(newest, record.ts);
    }
  }

  async #editInTurn(newest: () => CardView): Promise<CardView> {
    const view = newest();
    const facts = cardFacts(view);
    const { client, records } = this.#options;
    if (!(await records.claim(facts.id, EDIT_CLAIM_MS))) throw new BeingDrawn();
    let isSaved = false;
    try {
      const record = await this.find(facts.id);
      if (record === undefined) throw new BeingDrawn();
      // Another process may have shown something newer while this waited for its turn.
      if (!isNews(facts, record)) return view;
      const { channel, ts } = record;
      const { seal, content } = await this.#send(view, 'edit', ({ text, blocks }) =>
        client.chat.update({ channel, ts, text, blocks }),
      );
      await this.#save(view, { ...record, shownVersion: facts.version, seal });
      isSaved = true;
      await records.endSending(facts.id, 'edit', content);
      return view;
    } finally {
      if (!isSaved) await records.unclaim(facts.id);
    }
  }

  // A card that somebody has to press must be there to be pressed. Asking for its link is the cheapest way to look.
  async #mend(
    view: CardView,
    newest: () => CardView,
    { channel, ts }: MessageRecord,
  ): Promise<CardView | undefined> {
    const { id, waits } = cardFacts(view);
    const now = Date.now();
    if (!waits || now - (this.#lookedAt.get(id) ?? 0) < RECHECK_MS) return view;
    if (this.#lookedAt.size > MOST_LOOKS) this.#lookedAt.clear();
    this.#lookedAt.set(id, now);
    const { client, turns } = this.#options;
    try {
      await turns.run('chat.getPermalink', () => client.chat.getPermalink({ channel, message_ts: ts }));
    } catch (thrown) {
      if (isOneOf(thrown, GONE)) return this.#post(newest, ts);
      if (slackProblem(thrown) === undefined) throw thrown;
    }
    return view;
  }

  async #post(newest: () => CardView, goneTs: string | undefined): Promise<CardView | undefined> {
    const { channels, turns } = this.#options;
    const channel = channels[cardFacts(newest()).channel];
    const posted = await turns.run(`chat.postMessage ${channel}`, () => this.#postInTurn(newest, goneTs));
    return posted ?? this.draw(newest);
  }

  /** @returns what was posted; undefined where somebody else has posted the card in the meantime */
  async #postInTurn(newest: () => CardView, goneTs: string | undefined): Promise<CardView | undefined> {
    const { records, channels } = this.#options;
    const view = newest();
    const { id, version, channel } = cardFacts(view);
    const threadTs = await this.#threadFor(view);
    // Only now: with many cards to post the turn comes long after a claim would have ended.
    if (!(await records.claim(id, POST_CLAIM_MS))) throw new BeingDrawn();
    const other = await this.find(id);
    if (other !== undefined && other.ts !== goneTs) {
      await records.unclaim(id);
      return undefined;
    }
    const { ts, seal, content } = await this.#postOnce(view, threadTs);
    await this.#save(view, {
      channel: channels[channel],
      ts,
      seal,
      shownVersion: version,
      ...(threadTs !== undefined && { threadTs }),
    });
    await records.endSending(id, 'post', content);
    return view;
  }

  // The card above is on its way, too.
  async #threadFor(view: CardView): Promise<string | undefined> {
    const { under } = cardFacts(view);
    if (under === undefined) return undefined;
    const above = await this.find(under);
    if (above === undefined) throw new BeingDrawn();
    return above.ts;
  }

  async #postOnce(view: CardView, threadTs: string | undefined): Promise<Sent & { readonly ts: string }> {
    const { client, channels, records } = this.#options;
    const { id, channel: kind } = cardFacts(view);
    const channel = channels[kind];
    const since = Date.now() / 1_000 - 5;
    const metadata = { event_type: EVENT_TYPE, event_payload: { card_id: id } };
    try {
      const sent = await this.#send(view, 'post', ({ text, blocks }) =>
        client.chat.postMessage({
          channel,
          text,
          blocks,
          metadata,
          ...(threadTs !== undefined && { thread_ts: threadTs }),
          unfurl_links: false,
          unfurl_media: false,
        }),
      );
      return { ...sent, ts: sent.ts ?? '' };
    } catch (thrown) {
      const problem = slackProblem(thrown);
      const ambiguous = problem?.kind === 'away' && problem.ambiguous;
      const found = ambiguous ? await this.#lookFor(id, channel, since) : 'absent';
      if (found !== 'absent' && found !== 'unknown') {
        const seal = (await records.findSeal(id))?.seal ?? '';
        return { ts: found, seal, content: undefined };
      }
      // Where nobody can tell whether it was posted, the claim stays: it ends by itself, long after Slack has settled.
      if (found === 'absent') await records.unclaim(id);
      if (found === 'absent' && ambiguous) await records.endSending(id, 'post');
      throw thrown;
    }
  }

  // Reading the channel is a scope many will not give; then it stays unknown.
  async #lookFor(cardId: string, channel: string, since: number): Promise<string | 'absent' | 'unknown'> {
    const { client } = this.#options;
    try {
      const { messages } = await client.conversations.history({
        channel,
        oldest: String(since),
        limit: 50,
        include_all_metadata: true,
      });
      const own = (messages ?? []).find((message) => {
        const marked = message.metadata?.event_payload as { card_id?: string } | undefined;
        const blocks = message.blocks ?? [];
        return marked?.card_id === cardId || blocks.some(({ block_id }) => block_id?.includes(`:${cardId}:`));
      });
      return own?.ts ?? 'absent';
    } catch {
      return 'unknown';
    }
  }

  // What Slack may have taken without saying so stays unconfirmed.
  async #send(
    view: CardView,
    how: Sending,
    send: (message: SlackMessage) => Promise<Answer>,
  ): Promise<Sent & Pick<Answer, 'ts'>> {
    const { records } = this.#options;
    const { id } = cardFacts(view);
    const seal = await records.beginSending(id, how);
    try {
      const { ts, message } = await this.#showBest(view, seal, send);
      return { ts, seal, content: contentFingerprint(message) };
    } catch (thrown) {
      const problem = slackProblem(thrown);
      if (problem?.kind !== 'away' || !problem.ambiguous) await records.endSending(id, how);
      throw thrown;
    }
  }

  async #showBest<T>(view: CardView, seal: string, send: (message: SlackMessage) => Promise<T>): Promise<T> {
    const [best, ...others] = waysToShow(this.#options.render(view, seal));
    let refusal: unknown;
    for (const way of best === undefined ? [] : [best, ...others]) {
      try {
        const sent = await send(way);
        this.#options.onChannel(cardFacts(view).channel, undefined);
        return sent;
      } catch (thrown) {
        const closed = closedChannel(thrown);
        if (closed !== undefined) this.#options.onChannel(cardFacts(view).channel, closed);
        if (!isOneOf(thrown, UNSHOWABLE)) throw thrown;
        refusal = thrown;
        const problem = slackProblem(thrown);
        const detail = problem?.kind === 'refused' ? problem.detail : '';
        this.#options.log.error(
          { card: cardFacts(view).id, detail },
          'Slack refused how a card is drawn',
          thrown,
        );
      }
    }
    throw refusal;
  }

  async #save(view: CardView, record: MessageRecord): Promise<void> {
    const { id } = cardFacts(view);
    this.#unrecorded.set(id, record);
    await this.#options.records.save(id, record);
    this.#unrecorded.delete(id);
  }
}

// Progress is news without a new version, and so is the seal for a card of an earlier version of Kastellan that waits to be
// pressed; everything else looks the same until its version grows.
function isNews({ version, moves, waits }: CardFacts, { shownVersion, seal }: MessageRecord): boolean {
  return version === shownVersion ? moves || (waits && seal === undefined) : version > shownVersion;
}

function doubtAbout(
  known: MessageRecord,
  sealed: CardSeal | undefined,
  pressed: PressedMessage,
): CardDoubt | undefined {
  if (known.seal === undefined || sealed === undefined) return 'outdated';
  const shown = contentFingerprint(pressed.content) ?? '';
  // An earlier version drew it, in which this button carried no seal.
  if (pressed.seal === undefined && sealed.contents?.includes(shown) === true) return 'outdated';
  if (pressed.seal !== sealed.seal) return 'wrong-seal';
  return sealed.contents === undefined || sealed.contents.includes(shown) ? undefined : 'another-text';
}

function isOneOf(thrown: unknown, errors: ReadonlySet<string>): boolean {
  const problem = slackProblem(thrown);
  return problem?.kind === 'refused' && errors.has(problem.error);
}
