import type { ModalView } from '@slack/web-api';
import { z } from 'zod';
import { visibleCharacters } from '../../domain/requests/reason.ts';
import { cut } from '../blocks/escape.ts';
import { readMetadata } from '../modal-metadata.ts';

const UNTIL = 'until';
const REASON = 'reason';

const metaSchema = z.object({
  id: z.string(),
  first: z.iso.date(),
  last: z.iso.date(),
  channel: z.string().optional(),
});

/** What is put off, to which days that can be, and where the button was. */
export type LaterMeta = z.output<typeof metaSchema>;

export interface LaterQuestion {
  readonly callback: string;
  /** 24 characters; also what the button says. */
  readonly title: string;
  /** Plain text; before the day. */
  readonly until: string;
  /** What happens on the last day: `on that day it ends`. */
  readonly lastDay: string;
  /** Plain text: `Why can it wait?` */
  readonly why: string;
  readonly meta: LaterMeta;
}

/** Asks until when something is put off, and why. */
export function laterModal({ callback, title, until, lastDay, why, meta }: LaterQuestion): ModalView {
  return {
    type: 'modal',
    callback_id: callback,
    private_metadata: JSON.stringify(meta),
    title: { type: 'plain_text', text: title },
    submit: { type: 'plain_text', text: title },
    close: { type: 'plain_text', text: 'Cancel' },
    blocks: [
      {
        type: 'input',
        block_id: UNTIL,
        label: { type: 'plain_text', text: cut(until, 200), emoji: false },
        hint: { type: 'plain_text', text: `${meta.last} at the latest: ${lastDay}.` },
        element: { type: 'datepicker', action_id: 'date', initial_date: meta.first },
      },
      {
        type: 'input',
        block_id: REASON,
        label: { type: 'plain_text', text: why },
        hint: { type: 'plain_text', text: 'Everybody in the channel reads this, with your name.' },
        element: {
          type: 'plain_text_input',
          action_id: 'text',
          multiline: true,
          min_length: 3,
          max_length: 500,
        },
      },
    ],
  };
}

/** Reads what the modal carries along; undefined where it is not ours. */
export function readLaterMeta(metadata: string): LaterMeta | undefined {
  return readMetadata(metaSchema, metadata);
}

interface Field {
  readonly value?: string | null;
  readonly selected_date?: string | null;
}

/** What was entered, or the words to show at its fields. */
export function readLater(
  values: { [block: string]: { [action: string]: Field } },
  { first, last }: Pick<LaterMeta, 'first' | 'last'>,
): { until: string; reason: string } | { errors: Record<string, string> } {
  const until = values[UNTIL]?.['date']?.selected_date ?? '';
  const reason = values[REASON]?.['text']?.value?.trim() ?? '';
  const errors = {
    ...((until < first || until > last) && { [UNTIL]: `Choose a day from ${first} to ${last}.` }),
    ...(visibleCharacters(reason) < 3 && { [REASON]: 'Give a reason that others can follow.' }),
  };
  return Object.keys(errors).length > 0 ? { errors } : { until, reason };
}
