import type { App, ViewResponseAction, ViewSubmitAction } from '@slack/bolt';
import type { ModalView } from '@slack/web-api';
import { NotARequester } from '../domain/requests/requesters.ts';
import { submissionVisitor } from './actors.ts';
import { type SlackMessage, section } from './blocks/blocks.ts';
import { escapeMarkup } from './blocks/escape.ts';
import type { Front } from './front.ts';
import type { Guard, Refusal } from './guard.ts';
import { type Actor, replyPrivately } from './reply-privately.ts';
import { requesterMessage } from './requests/requester-message.ts';
import { sentence } from './teaching.ts';

// Slack waits three seconds for an answer to a form.
const ANSWER_WITHIN_MS = 2_600;

/** What looks at the world while a form waits for its answer gets no longer than this, in milliseconds. */
export const LOOK_MS = 2_000;

/** A form as it was sent. */
export interface Submitted {
  readonly actor: Actor;
  readonly values: StateValues;
  /** What the form carried along. */
  readonly metadata: string;
  /** Ids of the fields that were shown; only at these Slack shows a mistake. */
  readonly shown: ReadonlySet<string>;
}

/** Slack's state of a form: `block id -> action id -> element`; nothing in it is believed. */
export type StateValues = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface Form {
  readonly callback: string;
  /** Title of the form, 24 characters. */
  readonly title: string;
  /** What it is in logs and traces: `the set-up form`. */
  readonly what: string;
  /** The channel in which the form was opened. */
  channelOf(metadata: string): string | undefined;
  /** Gives the one answer there is, or tells privately what came too late for it. */
  submit(submitted: Submitted, answer: Answer): Promise<void>;
}

/**
 * Listens to a form being sent: strangers and second deliveries are kept out, failures are shown in the form, which stays as
 * it is filled in, and who waits too long for Slack's patience is told directly.
 */
export function listenToForm(app: App, front: Front, guard: Guard, form: Form): void {
  app.view<ViewSubmitAction>(form.callback, async ({ ack, body, view }) => {
    const metadata = view.private_metadata;
    const actor = submissionVisitor(body, form.channelOf(metadata));
    const answer = new Answer((response) => (response === undefined ? ack() : ack(response)));
    const late = setTimeout(() => {
      answer
        .give(closed(form.title, LATE))
        .catch((thrown: unknown) => front.log.warn({ problem: String(thrown) }, 'A form got no answer'));
    }, ANSWER_WITHIN_MS);
    const shown = new Set(fieldIds(view.blocks));
    const submitted = { actor, values: view.state.values, metadata, shown };
    const { traceparent } = actor;
    await front.world.telemetry
      .traced({ name: form.what, traceparent }, () => submitOnce(front, guard, form, submitted, answer))
      .finally(() => clearTimeout(late));
  });
}

function fieldIds(blocks: ViewSubmitAction['view']['blocks']): string[] {
  return blocks.flatMap(({ type, block_id }) =>
    type === 'input' && block_id !== undefined ? [block_id] : [],
  );
}

async function submitOnce(
  front: Front,
  guard: Guard,
  form: Form,
  submitted: Submitted,
  answer: Answer,
): Promise<void> {
  const { actor } = submitted;
  try {
    const refusal = await guard.admit(form.what, actor, true);
    if (refusal === undefined) await form.submit(submitted, answer);
    else if (!(await answer.give(refusedIn(form, submitted, refusal)))) await guard.turnAway(actor, refusal);
  } catch (thrown) {
    if (thrown instanceof NotARequester) {
      const refusal = requesterMessage(thrown);
      if (await answer.give(closed(form.title, refusal))) return;
      return replyPrivately(front, actor, refusal);
    }
    const said = guard.explain(form.what, actor, thrown);
    if (await answer.give(keptOpen(submitted, said))) return;
    await replyPrivately(front, actor, sentence(escapeMarkup(said)));
  }
}

type Response = ViewResponseAction | undefined;

function refusedIn({ title }: Form, submitted: Submitted, refusal: Refusal): Response {
  switch (refusal.why) {
    case 'delivered-before':
      return undefined;
    case 'stranger':
      return closed(title, refusal.message);
    case 'too-much':
      return keptOpen(submitted, refusal.said);
  }
}

/** The one answer a form gets. */
export class Answer {
  readonly #ack: (response: Response) => Promise<void>;
  #given = false;

  constructor(ack: (response: Response) => Promise<void>) {
    this.#ack = ack;
  }

  /** Whether this answer was the one. */
  async give(response: Response): Promise<boolean> {
    if (this.#given) return false;
    this.#given = true;
    await this.#ack(response);
    return true;
  }
}

// What was filled in can be sent again when the trouble is over.
function keptOpen({ shown }: Submitted, said: string): Response {
  const [first = ''] = shown;
  return { response_action: 'errors', errors: { [first]: said } };
}

const LATE = sentence(
  'Kastellan is still checking what you entered.',
  'You hear from it directly in a moment.',
);

function closed(title: string, { text, blocks }: SlackMessage): Response {
  const view: ModalView = {
    type: 'modal',
    callback_id: 'form.closing',
    title: { type: 'plain_text', text: title },
    close: { type: 'plain_text', text: 'Close' },
    blocks: blocks.length === 0 ? [section('said', text)] : blocks,
  };
  return { response_action: 'update', view };
}
