import type { ModalView } from '@slack/web-api';
import type { Grant } from '../../domain/access/grant.ts';
import { cut } from '../blocks/escape.ts';
import { choiceIn } from '../form-values.ts';
import type { StateValues } from '../forms.ts';
import { option } from '../options.ts';
import { type ReasonMeta, reasonModal } from '../requests/reason-form.ts';

export const REVIEW_CALLBACK = 'grant.review';
const VERDICT = 'verdict';

/** Asks whether a grant that nobody approved was right, and why. */
export function reviewModal({ level, cluster }: Grant, meta: ReasonMeta): ModalView {
  return reasonModal({
    callback: REVIEW_CALLBACK,
    title: 'Say what you found',
    question: 'What did you find?',
    meta,
    before: [
      {
        type: 'input',
        block_id: VERDICT,
        label: { type: 'plain_text', text: cut(`Was it right to take ${level} on ${cluster}?`, 150) },
        element: {
          type: 'radio_buttons',
          action_id: 'choice',
          options: [
            option({ value: 'right', text: 'Yes, it was right' }),
            option({ value: 'wrong', text: 'No: operators are told' }),
          ],
        },
      },
    ],
  });
}

/** What was chosen; anything unreadable counts as not right, because then somebody looks again. */
export function readVerdict(values: StateValues): 'right' | 'wrong' {
  return choiceIn(values, VERDICT) === 'right' ? 'right' : 'wrong';
}
