import type { ModalView } from '@slack/web-api';
import { z } from 'zod';
import { cut } from './cards/escape.ts';
import { readMetadata } from './modal-metadata.ts';

export const DENY_CALLBACK = 'request.deny';
const REASON = 'reason';

const metaSchema = z.object({
  requestId: z.string(),
  planDigest: z.string().optional(),
  channel: z.string().optional(),
});

/** Which plan is denied, and where the button was. */
export type DenyMeta = z.output<typeof metaSchema>;

/**
 * Asks why: a denial without a reason helps nobody.
 * @param question plain text
 */
export function denyModal(question: string, meta: DenyMeta): ModalView {
  return {
    type: 'modal',
    callback_id: DENY_CALLBACK,
    private_metadata: JSON.stringify(meta),
    title: { type: 'plain_text', text: 'Deny' },
    submit: { type: 'plain_text', text: 'Deny' },
    close: { type: 'plain_text', text: 'Cancel' },
    blocks: [
      {
        type: 'input',
        block_id: REASON,
        label: { type: 'plain_text', text: cut(question, 200), emoji: false },
        hint: { type: 'plain_text', text: 'Everybody in the channel reads this.' },
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
export function readDenyMeta(metadata: string): DenyMeta | undefined {
  return readMetadata(metaSchema, metadata);
}

/** The reason that was typed, or the words to show at its field. */
export function readReason(values: {
  [block: string]: { [action: string]: { value?: string | null } };
}): { reason: string } | { errors: Record<string, string> } {
  const reason = values[REASON]?.['text']?.value?.trim() ?? '';
  return reason.length >= 3 ? { reason } : { errors: { [REASON]: 'Give a reason that helps who asked.' } };
}
