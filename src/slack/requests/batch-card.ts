import type { KnownBlock, SectionBlock } from '@slack/web-api';
import { isFinal } from '../../domain/requests/request.ts';
import type { PartView, RequestView } from '../../ports/messenger.ts';
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
import { escapeTyped } from '../blocks/escape.ts';
import { askedBy, count, durationWords } from '../blocks/words.ts';
import {
  noteLines,
  planLines,
  type StatusLine,
  shownLines,
  signedInWords,
  spokenOthers,
  spokenSentences,
  stateLines,
  warningLines,
} from './batch-words.ts';
import { decisionButtons, notYetButton } from './decision-buttons.ts';
import { record, tookWords } from './outcome-parts.ts';
import { waitingFacts } from './plan-card.ts';
import { approvedBy } from './progress-card.ts';
import { ACTIONS, blockId } from './request-ids.ts';
import { wordsOf } from './request-words.ts';

type BatchView = RequestView<'batch'>;

// So few that the longest of them fit into one block.
const LINES_A_BLOCK = 8;
const MOST_BLOCKS = 16;

/** What is known of the plans while some of the clusters are still being looked at. */
export function batchPlanningCard(view: BatchView): SlackMessage {
  const { request } = view;
  const parts = partsOf(view);
  const { title, wish, looksAt } = wordsOf(request);
  const total = request.spec.parts.length;
  const seen = parts.filter((part) => part.request.state !== 'planning').length;
  const doing = `${wish} Looking at ${looksAt}: ${seen} of ${total} seen so far.`;
  return message([
    header(blockId(request, 'title'), title),
    section(blockId(request, 'doing'), doing),
    aloud([], ...lineBlocks(view, 'plans', planLines(parts))),
    actions(blockId(request, 'actions'), [notYetButton(request)]),
  ]);
}

/** The plans in short, cluster by cluster, which wait for one decision. */
export function batchPlanCard(view: BatchView): SlackMessage {
  const { request } = view;
  const parts = partsOf(view);
  const { title, wish } = wordsOf(request);
  const waiting = parts.filter((part) => part.request.state === 'pending').length;
  const counts = `One decision counts for ${count(waiting, 'cluster')}: all of it is behind _Full diff_ and in the thread.`;
  return message([
    header(blockId(request, 'title'), title),
    spokenLines(view, 'warnings', warningLines(parts)),
    section(blockId(request, 'wish'), `${wish}\n${counts}`),
    spokenLines(view, 'plans', planLines(parts)),
    spokenLines(view, 'notes', noteLines(parts)),
    actions(blockId(request, 'actions'), [...decisionButtons(request), notYetButton(request)]),
    waitingFacts(view, `Plans ${(request.planDigest ?? '').slice(0, 6)}`),
  ]);
}

/** How each cluster is while some of them are being set up. */
export function batchProgressCard(view: BatchView, now: Date): SlackMessage {
  const { request } = view;
  const parts = partsOf(view);
  const { running } = wordsOf(request);
  const over = parts.filter((part) => isFinal(part.request.state)).length;
  const soFar = durationWords(now.getTime() - Date.parse(request.startedAt ?? request.changedAt));
  return message([
    aloud([`${escapeTyped(running)}, ${soFar} so far.`], header(blockId(request, 'title'), running)),
    section(blockId(request, 'said'), `${over} of ${count(parts.length, 'cluster')} over.`),
    spokenLines(view, 'clusters', stateLines(parts, now)),
    context(blockId(request, 'facts'), [`Running for ${soFar}`, askedBy(request), approvedBy(view)]),
  ]);
}

/** What became of each cluster, and the ways on for those that stopped. */
export function batchEndCard(view: BatchView, now: Date): SlackMessage {
  const { request } = view;
  const parts = partsOf(view);
  const total = request.spec.parts.length;
  const open = parts.filter((part) => !isFinal(part.request.state)).length;
  const title = `${signedInWords(parts, total)}${open === 0 ? '' : `; ${open} ${open === 1 ? 'needs' : 'need'} somebody`}`;
  const next = nextWords(parts);
  const buttons = goOnButtons(view);
  return message([
    header(blockId(request, 'title'), title),
    aloud(spokenOthers(parts, now), ...lineBlocks(view, 'clusters', stateLines(parts, now))),
    section(blockId(request, 'next'), next),
    ...(buttons.length === 0 ? [] : [actions(blockId(request, 'actions'), buttons)]),
    context(blockId(request, 'facts'), [
      tookWords(request),
      askedBy(request),
      approvedBy(view),
      record(request),
      'each cluster in the thread',
    ]),
  ]);
}

function nextWords(parts: readonly PartView[]): string {
  if (parts.some(({ request }) => request.state === 'failed')) {
    return 'What was done on a cluster that stopped is kept. Its own card in the thread says what, and goes on or rolls back that cluster alone.';
  }
  const left = parts.filter(({ request: { state } }) => isFinal(state) && state !== 'done');
  if (left.length === 0) return '';
  const names = left.map(({ request }) => escapeTyped(request.cluster)).join(' ');
  return `When that is mended: /kasten setup ${names}`;
}

function goOnButtons({ request, parts = [] }: BatchView): ReturnType<typeof button>[] {
  const states = parts.map((part) => part.request.state);
  const stopped = states.filter((state) => state === 'failed').length;
  const stuck = states.filter((state) => state === 'needs-operator').length;
  const retry = button(ACTIONS.retry, 'Retry what stopped', request.id, {
    style: 'primary',
    label: `Go on with ${count(stopped, 'cluster')} from where it stopped`,
  });
  const rollBack = button(ACTIONS.rollBack, 'Roll back what stopped', request.id, {
    style: 'danger',
    label: `Undo what was done on ${count(stopped + stuck, 'cluster')} that stopped`,
    confirm: {
      title: 'Roll back what stopped?',
      text: 'What was made on the clusters that stopped is removed. What was there before stays, and so do the clusters that are done.',
      yes: 'Roll back',
    },
  });
  return [...(stopped === 0 ? [] : [retry]), ...(stopped + stuck === 0 ? [] : [rollBack])];
}

function partsOf({ parts = [] }: BatchView): readonly PartView[] {
  return parts;
}

function spokenLines(view: BatchView, id: string, statusLines: readonly StatusLine[]) {
  return aloud(spokenSentences(statusLines), ...lineBlocks(view, id, statusLines));
}

function lineBlocks({ request }: BatchView, id: string, statusLines: readonly StatusLine[]): KnownBlock[] {
  const all = shownLines(statusLines);
  return Array.from(
    { length: Math.min(MOST_BLOCKS, Math.ceil(all.length / LINES_A_BLOCK)) },
    (_, block): SectionBlock =>
      lines(
        blockId(request, `${id}-${block}`),
        all.slice(block * LINES_A_BLOCK, (block + 1) * LINES_A_BLOCK),
        'in the thread',
      ),
  );
}
