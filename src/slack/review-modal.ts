import type { ModalView } from '@slack/web-api';
import type { Grant } from '../domain/grant.ts';
import { choiceIn } from './form-values.ts';
import type { StateValues } from './forms.ts';
import { type ReasonMeta, reasonModal } from './reason-modal.ts';

export const REVIEW_CALLBACK = 'grant.review';
const VERDICT = 'verdict';

/** Asks whether a grant that nobody approved was right, and why. */
export function reviewModal({ level, cluster }: Grant, meta: ReasonMeta): ModalView {
  const option = (value: string, text: string) => ({
    value,
    text: { type: 'plain_text' as const, text },
  });
  return reasonModal({
    callback: REVIEW_CALLBACK,
    title: 'Look at break-glass',
    question: 'What did you find? Everybody who reads the audit log sees this.',
    meta,
    before: [
      {
        type: 'input',
        block_id: VERDICT,
        label: { type: 'plain_text', text: `Was it right to take ${level} on ${cluster}?`.slice(0, 150) },
        element: {
          type: 'radio_buttons',
          action_id: 'choice',
          options: [option('right', 'Yes, it was right'), option('wrong', 'No: operators are told')],
        },
      },
    ],
  });
}

/** What was chosen; anything unreadable counts as not right, because then somebody looks again. */
export function readVerdict(values: StateValues): 'right' | 'wrong' {
  return choiceIn(values, VERDICT) === 'right' ? 'right' : 'wrong';
}
