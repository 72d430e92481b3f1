import type { KnownBlock, ModalView } from '@slack/web-api';
import { z } from 'zod';
import { visibleCharacters } from '../../domain/requests/reason.ts';
import { cut } from '../blocks/escape.ts';
import { textIn } from '../form-values.ts';
import type { StateValues } from '../forms.ts';
import { readMetadata } from '../modal-metadata.ts';

const REASON = 'reason';
const SHORTEST = 3;

const metaSchema = z.object({
  id: z.string(),
  planDigest: z.string().optional(),
  channel: z.string().optional(),
  home: z.boolean().optional(),
});

/** What is decided on: a request and the plan that was looked at, or a grant; and where the button was. */
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
}

/** Asks why: a decision without a reason helps nobody. */
export function reasonModal({ callback, title, question, meta, before = [] }: ReasonQuestion): ModalView {
  return {
    type: 'modal',
    callback_id: callback,
    private_metadata: JSON.stringify(meta),
    title: { type: 'plain_text', text: title },
    submit: { type: 'plain_text', text: title },
    close: { type: 'plain_text', text: 'Cancel' },
    blocks: [
      ...before,
      {
        type: 'input',
        block_id: REASON,
        label: { type: 'plain_text', text: cut(question, 200), emoji: false },
        hint: { type: 'plain_text', text: 'Everybody in the channel reads this.' },
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

/** Reads what such a form carries along; undefined where it is not ours. */
export function readReasonMeta(metadata: string): ReasonMeta | undefined {
  return readMetadata(metaSchema, metadata);
}

/** The reason that was typed, or the words to show at its field. */
export function readReason(values: StateValues): { reason: string } | { errors: Record<string, string> } {
  const reason = textIn(values, REASON).trim();
  return visibleCharacters(reason) >= SHORTEST
    ? { reason }
    : { errors: { [REASON]: 'Give a reason that helps who reads it.' } };
}
