import type { InputBlock, KnownBlock, ModalView } from '@slack/web-api';
import { z } from 'zod';
import { visibleCharacters } from '../../domain/requests/reason.ts';
import { cut } from '../blocks/escape.ts';
import { dayIn, textIn } from '../form-values.ts';
import type { StateValues } from '../forms.ts';
import { readMetadata } from '../modal-metadata.ts';

const UNTIL = 'until';
const REASON = 'reason';
const SHORTEST = 3;

const metaSchema = z.object({
  id: z.string(),
  planDigest: z.string().optional(),
  channel: z.string().optional(),
  home: z.boolean().optional(),
  first: z.iso.date().optional(),
  last: z.iso.date().optional(),
});

/**
 * What is decided on: a request and the plan that was looked at, a grant or a reminder; where the button was; and, for a
 * form that asks for a day, which ones there are.
 */
export type ReasonMeta = z.output<typeof metaSchema>;

export interface ReasonQuestion {
  readonly callback: string;
  /** 24 characters; also what the button says. */
  readonly title: string;
  /** Plain text: `Why not set up prod-eu now?` */
  readonly question: string;
  readonly meta: ReasonMeta;
  /** Fields before the reason. */
  readonly before?: readonly KnownBlock[];
  /** Asks until when, too: plain text before the day, and what happens on the last one: `on that day it ends`. */
  readonly day?: { readonly label: string; readonly lastDay: string };
}

/** Asks why, and perhaps until when: a decision without a reason helps nobody. */
export function reasonModal(asked: ReasonQuestion): ModalView {
  const { callback, title, question, meta, before = [], day } = asked;
  return {
    type: 'modal',
    callback_id: callback,
    private_metadata: JSON.stringify(meta),
    title: { type: 'plain_text', text: title },
    submit: { type: 'plain_text', text: title },
    close: { type: 'plain_text', text: 'Cancel' },
    blocks: [
      ...before,
      ...(day === undefined ? [] : [dayField(day, meta)]),
      {
        type: 'input',
        block_id: REASON,
        label: { type: 'plain_text', text: cut(question, 200), emoji: false },
        hint: { type: 'plain_text', text: 'Everybody in the channel reads this, with your name.' },
        element: {
          type: 'plain_text_input',
          action_id: 'text',
          multiline: true,
          min_length: SHORTEST,
          max_length: 500,
        },
      },
    ],
  };
}

function dayField(
  { label, lastDay }: NonNullable<ReasonQuestion['day']>,
  { first = '', last = '' }: ReasonMeta,
): InputBlock {
  return {
    type: 'input',
    block_id: UNTIL,
    label: { type: 'plain_text', text: cut(label, 200), emoji: false },
    hint: { type: 'plain_text', text: `${last} at the latest: ${lastDay}.` },
    element: { type: 'datepicker', action_id: 'date', initial_date: first },
  };
}

/** Reads what such a form carries along; undefined where it is not ours. */
export function readReasonMeta(metadata: string): ReasonMeta | undefined {
  return readMetadata(metaSchema, metadata);
}

/**
 * The reason that was typed and the day that was chosen (empty if none is asked for), or the words to show at the fields.
 * @param days those that can be chosen
 */
export function readReason(
  values: StateValues,
  days: Pick<ReasonMeta, 'first' | 'last'> = {},
): { reason: string; until: string } | { errors: Record<string, string> } {
  const { first = '', last = '' } = days;
  const reason = textIn(values, REASON).trim();
  const until = first === '' ? '' : dayIn(values, UNTIL);
  const errors = {
    ...((until < first || until > last) && { [UNTIL]: `Choose a day from ${first} to ${last}.` }),
    ...(visibleCharacters(reason) < SHORTEST && { [REASON]: 'Give a reason that others can follow.' }),
  };
  return Object.keys(errors).length > 0 ? { errors } : { reason, until };
}
