import type { StepState } from '../../domain/requests/journal.ts';
import type { Request } from '../../domain/requests/request.ts';
import { failedAtAddress } from '../../domain/setup/ask-again.ts';
import type { RequestView } from '../../ports/messenger.ts';
import {
  actions,
  aloud,
  button,
  context,
  header,
  lines,
  message,
  type SlackMessage,
  section,
} from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { askedBy, moment } from '../blocks/words.ts';
import { revocationWords } from './ended-cards.ts';
import { stepLines } from './progress-card.ts';
import { ACTIONS, blockId } from './request-ids.ts';
import { wordsOf } from './request-words.ts';

/** Where it stopped, why, what stays, and the two ways on. */
export function failedCard(view: RequestView): SlackMessage {
  const { request } = view;
  const { failure } = request;
  const at = failure?.step === undefined ? '' : ` at "${failure.step}"`;
  const title = `${wordsOf(request).subject} stopped${at}`;
  const why = [failure?.message, failure?.hint]
    .filter((text) => text !== undefined)
    .map((text) => escapeMarkup(text));
  const kept = [
    stepsIn(view, 'Done and kept', ['done']),
    stepsIn(view, 'Under way when it stopped', ['started', 'failed']),
    stepsIn(view, 'Not begun', [undefined]),
  ].filter((text) => text !== '');
  return message([
    header(blockId(request, 'title'), title),
    section(blockId(request, 'why'), why.join('\n')),
    lines(blockId(request, 'kept'), kept, 'in the thread'),
    section(blockId(request, 'retried'), retryWords(request)),
    actions(blockId(request, 'actions'), waysOn(view)),
    aloud(
      [`Reference ${escapeTyped(failure?.reference ?? request.id)}.`],
      facts(request, retriedUntil(request)),
    ),
  ]);
}

// Trying again helps nothing where the address is another one: what was done for the wrong one goes first.
function waysOn({ request, journal }: RequestView) {
  const back = rollBackButton(request, 'Roll back everything');
  if (request.kind !== 'setup' || !failedAtAddress(journal)) return [retryButton(request), back];
  const again = button(ACTIONS.askAgain, 'Ask again with another address', request.id, {
    label: `Open the set-up form for ${request.cluster} as it was filled in`,
  });
  return [back, again, retryButton(request)];
}

function retriedUntil({ expiresAt }: Request): string {
  return expiresAt === undefined ? '' : `can be retried until ${moment(expiresAt)}`;
}

/** When the calendar tries again by itself; empty where it does not. */
export function retryWords(request: Request): string {
  const window = request.kind === 'rotation' ? request.spec.window : undefined;
  const failedAt = request.endedAt ?? request.changedAt;
  if (window === undefined || Date.parse(window.opens) <= Date.parse(failedAt)) return '';
  return `It is tried again by itself ${moment(window.opens)}, when the next window opens.`;
}

/** What is as it was before, and what is not. */
export function undoneCard(view: RequestView, now: Date): SlackMessage {
  const { request } = view;
  const { subject, rollBack } = wordsOf(request);
  const title = `${subject} was rolled back`;
  const why = request.revocation === undefined ? '' : `${revocationWords(request.revocation)}\n`;
  const what = `${why}${rollBack.did} Rolled back ${moment(request.endedAt ?? request.changedAt)}.`;
  return message([
    header(blockId(request, 'title'), title),
    section(blockId(request, 'what'), what),
    aloud([], lines(blockId(request, 'steps'), stepLines(view, now), 'in the thread')),
    facts(request),
  ]);
}

/** Undoing did not get through: exactly what is left behind. */
export function needsOperatorCard(view: RequestView): SlackMessage {
  const { request } = view;
  const title = `Rolling back ${wordsOf(request).inSentence} needs a person`;
  const left = (request.leftovers ?? []).map((item) => escapeMarkup(item));
  const why = [request.failure?.message, request.failure?.hint]
    .filter((text) => text !== undefined)
    .map((text) => escapeMarkup(text));
  const head = left.length === 0 ? 'Kastellan does not know what is left behind.' : 'This is left behind:';
  return message([
    header(blockId(request, 'title'), title),
    section(blockId(request, 'why'), why.join('\n')),
    aloud(
      [head, left.join('; ')],
      lines(blockId(request, 'left'), [`*${head}*`, ...left.map((item) => `• ${item}`)], 'in the thread'),
    ),
    actions(blockId(request, 'actions'), [rollBackButton(request, 'Try to roll back again')]),
    facts(request),
  ]);
}

function stepsIn(
  { request, journal }: RequestView,
  label: string,
  states: readonly (StepState | undefined)[],
): string {
  const titles = (request.steps ?? [])
    .filter(({ name }) => states.includes(journal[name]?.state))
    .map(({ title }) => escapeTyped(title));
  return titles.length === 0 ? '' : `*${label}:* ${titles.join(', ')}.`;
}

function facts(request: Request, until = '') {
  const reference = request.failure?.reference;
  return context(blockId(request, 'facts'), [
    askedBy(request),
    until,
    `Request ${request.id}`,
    reference === undefined ? '' : `Reference ${escapeTyped(reference)}`,
    'details in the thread',
  ]);
}

function retryButton(request: Request) {
  return button(ACTIONS.retry, 'Retry from here', request.id, {
    style: 'primary',
    label: `Go on with ${wordsOf(request).inSentence} from where it stopped`,
  });
}

function rollBackButton(request: Request, text: string) {
  return button(ACTIONS.rollBack, text, request.id, {
    style: 'danger',
    label: `Undo what ${wordsOf(request).inSentence} did`,
    confirm: {
      title: 'Roll back?',
      text: wordsOf(request).rollBack.does,
      yes: 'Roll back',
    },
  });
}
