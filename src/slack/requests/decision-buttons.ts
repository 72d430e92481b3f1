import { CALENDAR, type Request } from '../../domain/requests/request.ts';
import { button } from '../blocks/blocks.ts';
import { ACTIONS, decisionValue } from './request-ids.ts';
import { wordsOf } from './request-words.ts';

/** What somebody who may decide on a request can press. */
export function decisionButtons(request: Request): ReturnType<typeof button>[] {
  const what = wordsOf(request).inSentence;
  const value = decisionValue(request);
  const approve = button(ACTIONS.approve, 'Approve', value, { style: 'primary', label: `Approve ${what}` });
  const deny = button(ACTIONS.deny, 'Deny...', value, { style: 'danger', label: `Deny ${what} and say why` });
  const less = button(ACTIONS.approveLess, 'Approve for less...', value, {
    label: `Approve ${what}, for a shorter time`,
  });
  const diff = button(ACTIONS.diff, 'Full diff', request.id, { label: `Show every change of ${what}` });
  return request.kind === 'access' ? [approve, less, deny] : [approve, deny, diff];
}

/** Takes a request back, for who asked; or puts off what the calendar announced. */
export function notYetButton(request: Request): ReturnType<typeof button> {
  return request.asker === CALENDAR ? notNowButton(request) : withdrawButton(request);
}

/** Puts off what the calendar announced. */
export function notNowButton(request: Request): ReturnType<typeof button> {
  return button(ACTIONS.notNow, 'Not now...', request.id, {
    label: `Put off ${wordsOf(request).inSentence}: until when and why`,
  });
}

/** Takes a request back; for who asked. */
export function withdrawButton(request: Request): ReturnType<typeof button> {
  return button(ACTIONS.withdraw, 'Withdraw', request.id, {
    label: `Withdraw ${wordsOf(request).inSentence}`,
    confirm: {
      title: 'Withdraw this request?',
      text: 'Nothing has been changed so far, and nothing will be. Only who asked can withdraw.',
      yes: 'Withdraw',
    },
  });
}
