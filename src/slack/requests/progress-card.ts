import type { StepRecord, StepState } from '../../domain/requests/journal.ts';
import type { RequestOf } from '../../domain/requests/request.ts';
import { waitsForWindow } from '../../domain/secrets/rotation-calendar.ts';
import type { RequestView } from '../../ports/messenger.ts';
import {
  actions,
  aloud,
  context,
  header,
  lines,
  message,
  type SlackMessage,
  section,
} from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { askedBy, between, durationWords, listed, moment, person } from '../blocks/words.ts';
import { notNowButton } from './decision-buttons.ts';
import { blockId } from './request-ids.ts';
import { wordsOf } from './request-words.ts';

const WORDS: Readonly<Record<StepState | 'waiting', string>> = {
  waiting: ':white_circle: waiting',
  started: ':hourglass_flowing_sand: running',
  done: ':white_check_mark: done',
  failed: ':x: failed',
  undoing: ':leftwards_arrow_with_hook: undoing',
  undone: ':leftwards_arrow_with_hook: undone',
  'undo-failed': ':x: not undone',
};

/** The steps as they run; one message, edited in place. */
export function progressCard(view: RequestView, now: Date): SlackMessage {
  const { request } = view;
  if (request.kind === 'rotation' && waitsForWindow(request, now)) return waitingCard(view, request);
  const { running, inSentence } = wordsOf(request);
  const title = request.state === 'undoing' ? `Rolling back ${inSentence}` : running;
  const soFar = durationWords(now.getTime() - Date.parse(request.startedAt ?? request.changedAt));
  const wait = view.waitsFor === undefined ? '' : `Waits until this is over: ${escapeTyped(view.waitsFor)}.`;
  return message([
    aloud([`${escapeTyped(title)}, ${soFar} so far.`], header(blockId(request, 'title'), title)),
    section(blockId(request, 'wait'), wait),
    aloud([spokenSteps(view)], lines(blockId(request, 'steps'), stepLines(view, now), 'in the thread')),
    context(blockId(request, 'facts'), [`Running for ${soFar}`, askedBy(request), approvedBy(view)]),
  ]);
}

// Announced, and allowed to run: it begins when its window opens.
function waitingCard(view: RequestView, request: RequestOf<'rotation'>): SlackMessage {
  const { title, wish } = wordsOf(request);
  const { opens = '', closes = '' } = request.spec.window ?? {};
  const begins = `Begins ${moment(opens)}, when its window opens, which closes ${moment(closes)}.`;
  return message([
    header(blockId(request, 'title'), title),
    section(blockId(request, 'wait'), `${wish}\n*${begins}*`),
    actions(blockId(request, 'actions'), [notNowButton(request)]),
    context(blockId(request, 'facts'), [askedBy(request), approvedBy(view), `Request ${request.id}`]),
  ]);
}

/** Each step: its state in a word, its title, what it says, how long it took. */
export function stepLines(view: RequestView, now: Date): string[] {
  return (view.request.steps ?? []).map(({ name, title }) => {
    const record = view.journal[name];
    const says = record?.state === 'started' ? (view.live[name] ?? record.note) : record?.note;
    const parts = [escapeTyped(title), says === undefined ? '' : escapeMarkup(says), tookWords(record, now)];
    return `${WORDS[record?.state ?? 'waiting']}  ${parts.filter((part) => part !== '').join(' · ')}`;
  });
}

function tookWords(record: StepRecord | undefined, now: Date): string {
  if (record === undefined) return '';
  return between(record.startedAt, record.endedAt ?? now.toISOString());
}

function spokenSteps({ request, journal, live }: RequestView): string {
  const steps = request.steps ?? [];
  if (steps.length === 0) return '';
  const done = steps.filter(({ name }) => journal[name]?.state === 'done').length;
  const running = steps
    .filter(({ name }) => ['started', 'undoing'].includes(journal[name]?.state ?? ''))
    .map(({ name, title }) => {
      const says = live[name];
      return says === undefined ? escapeTyped(title) : `${escapeTyped(title)} (${escapeMarkup(says)})`;
    });
  const now = running.length === 0 ? '' : ` Now: ${listed(running)}.`;
  return `${done} of ${steps.length} steps done.${now}`;
}

/** `approved by @a and @b, 22 Nov 14:02`; empty where nobody had to. */
export function approvedBy({ request }: Pick<RequestView, 'request'>): string {
  const approvals = request.decisions.filter(({ verdict }) => verdict === 'approve');
  const last = approvals.at(-1);
  if (last === undefined) return '';
  return `approved by ${listed([...new Set(approvals.map(({ by }) => person(by)))])} ${moment(last.at)}`;
}
