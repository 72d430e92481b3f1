import type { ModalView } from '@slack/web-api';
import { z } from 'zod';
import { cut } from './cards/escape.ts';
import { readMetadata } from './modal-metadata.ts';

export const SNOOZE_CALLBACK = 'reminder.snooze';
const UNTIL = 'until';
const REASON = 'reason';

const metaSchema = z.object({
  reminderId: z.string(),
  first: z.iso.date(),
  last: z.iso.date(),
  channel: z.string().optional(),
});

/** Which reminder is put off, to which days that can be, and where the button was. */
export type SnoozeMeta = z.output<typeof metaSchema>;

/**
 * Asks until when and why.
 * @param what whose end it is about; plain text
 */
export function snoozeModal(what: string, meta: SnoozeMeta): ModalView {
  return {
    type: 'modal',
    callback_id: SNOOZE_CALLBACK,
    private_metadata: JSON.stringify(meta),
    title: { type: 'plain_text', text: 'Snooze' },
    submit: { type: 'plain_text', text: 'Snooze' },
    close: { type: 'plain_text', text: 'Cancel' },
    blocks: [
      {
        type: 'input',
        block_id: UNTIL,
        label: { type: 'plain_text', text: cut(`${what}. Remind again on`, 200), emoji: false },
        hint: { type: 'plain_text', text: `${meta.last} at the latest: that is the day on which it ends.` },
        element: { type: 'datepicker', action_id: 'date', initial_date: meta.first },
      },
      {
        type: 'input',
        block_id: REASON,
        label: { type: 'plain_text', text: 'Why can it wait?' },
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
export function readSnoozeMeta(metadata: string): SnoozeMeta | undefined {
  return readMetadata(metaSchema, metadata);
}

interface Field {
  readonly value?: string | null;
  readonly selected_date?: string | null;
}

/** What was entered, or the words to show at its fields. */
export function readSnooze(
  values: { [block: string]: { [action: string]: Field } },
  { first, last }: Pick<SnoozeMeta, 'first' | 'last'>,
): { until: string; reason: string } | { errors: Record<string, string> } {
  const until = values[UNTIL]?.['date']?.selected_date ?? '';
  const reason = values[REASON]?.['text']?.value?.trim() ?? '';
  const errors = {
    ...((until < first || until > last) && { [UNTIL]: `Choose a day from ${first} to ${last}.` }),
    ...(reason.length < 3 && { [REASON]: 'Give a reason that others can follow.' }),
  };
  return Object.keys(errors).length > 0 ? { errors } : { until, reason };
}
