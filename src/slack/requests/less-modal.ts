import type { ModalView } from '@slack/web-api';
import type { Request } from '../../domain/requests/request.ts';
import type { Policy } from '../../domain/requests/rules.ts';
import { durationWords } from '../blocks/words.ts';
import { choiceIn } from '../form-values.ts';
import type { StateValues } from '../forms.ts';
import { fitMenu, option } from '../options.ts';
import { type ReasonMeta, reasonModal } from './reason-form.ts';
import { wordsOf } from './request-words.ts';

export const LESS_CALLBACK = 'request.approve-less';
const DURATION = 'duration';
const MINUTE = 60_000;

/** Asks for how long access is approved, where it is for less than was asked, and why. */
export function lessModal(rules: Policy, request: Request, meta: ReasonMeta): ModalView {
  const durations = shorterThan(rules, request);
  const options = durations.map((ms) => option({ value: String(ms), text: durationWords(ms) }));
  return reasonModal({
    callback: LESS_CALLBACK,
    title: 'Approve for less',
    question: `Why not longer? Whoever asked for ${wordsOf(request).inSentence} reads it.`,
    meta,
    before: [
      {
        type: 'input',
        block_id: DURATION,
        label: { type: 'plain_text', text: 'For how long' },
        element: { type: 'static_select', action_id: 'choice', options: fitMenu(options) },
      },
    ],
  });
}

/** The duration that was chosen, in milliseconds; NaN where there is none. */
export function readLess(values: StateValues): number {
  return Number(choiceIn(values, DURATION) ?? Number.NaN);
}

// What the form for asking offers, up to half of what was asked, and that half itself.
function shorterThan(rules: Policy, request: Request): number[] {
  if (request.kind !== 'access') return [MINUTE];
  const { level, durationMs } = request.spec;
  const choices = rules.accessLevels.find(({ name }) => name === level)?.access.choices ?? [];
  const half = Math.max(MINUTE, Math.floor(durationMs / 2 / MINUTE) * MINUTE);
  return [...new Set([...choices.filter((choice) => choice < durationMs), half])].toSorted((a, b) => a - b);
}
