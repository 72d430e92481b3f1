import type { HomeView, KnownBlock } from '@slack/web-api';
import type { Grant } from '../../domain/access/grant.ts';
import { type Request, stateWords } from '../../domain/requests/request.ts';
import type { Overview } from '../../operations/status/load-home.ts';
import type { ClusterStatus } from '../../operations/status/status-report.ts';
import type { AccessFacts, PartView } from '../../ports/messenger.ts';
import { grantButtons, grantLine } from '../access/access-answers.ts';
import { holdings, howOften, levelOn, plannedAccountLine, quoted } from '../access/access-parts.ts';
import { reviewButton } from '../access/grant-card.ts';
import { actions, button, context, header, lines, section } from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { moment, person } from '../blocks/words.ts';
import { shownLines, warningLines } from '../requests/batch-words.ts';
import { decisionButtons, withdrawButton } from '../requests/decision-buttons.ts';
import { expiry, marked } from '../requests/plan-card.ts';
import { spokenPlan } from '../requests/plan-parts.ts';
import { ACTIONS } from '../requests/request-ids.ts';
import { wordsOf } from '../requests/request-words.ts';
import { spokenStatus } from './report-cards.ts';

// A home tab has a hundred blocks; what does not fit is counted.
const MOST_GRANTS = 10;
/** How many requests that wait are shown in full. */
export const MOST_DECISIONS = 12;
const MOST_REVIEWS = 5;
const MOST_REQUESTS = 10;

/** A request that waits for the reader, with what is known of it. */
export interface Waiting {
  readonly request: Request;
  /** Set where it asks for access. */
  readonly facts?: AccessFacts;
  /** Set where it is a batch. */
  readonly parts?: readonly PartView[];
}

export interface HomeContent extends Omit<Overview, 'decisions'> {
  readonly decisions: readonly Waiting[];
  /** How the clusters were, and when (ISO time); absent while they are being looked at. */
  readonly clusters?: { readonly at: string; readonly status: readonly ClusterStatus[] };
  /** Why they could not be looked at the last time; plain. */
  readonly problem?: string;
}

/** The app's home as one person sees it. */
export function homeView(content: HomeContent, reader: string, now: Date): HomeView {
  return {
    type: 'home',
    blocks: [
      ...(content.decisions.length + content.reviews.length === 0 ? [] : waitingBlocks(content)),
      ...accessBlocks(content, reader, now),
      ...requestBlocks(content, reader),
      ...clusterBlocks(content),
    ].slice(0, 100),
  };
}

/** A home that only says why there is nothing to see; markup. */
export function emptyHome(why: string): HomeView {
  return { type: 'home', blocks: [section('home:empty', why)] };
}

function waitingBlocks({ decisions, reviews }: HomeContent): KnownBlock[] {
  const shown = decisions.slice(0, MOST_DECISIONS);
  const looked = reviews.slice(0, MOST_REVIEWS);
  const hidden = decisions.length - shown.length + reviews.length - looked.length;
  return [
    header('home:waiting', 'Waits for you'),
    ...shown.flatMap(decisionBlocks),
    ...looked.flatMap(reviewBlocks),
    ...moreBlocks('home:waiting:more', hidden, 'in the approvals channel'),
  ];
}

function decisionBlocks({ request, facts, parts = [] }: Waiting): KnownBlock[] {
  const { wish } = wordsOf(request);
  const said = [
    ...(request.plan?.warnings ?? []).map((warning) => marked(escapeMarkup(warning))),
    ...shownLines(warningLines(parts)),
    wish,
    ...(request.kind === 'access' ? [quoted(request.spec.reason), plannedAccountLine(request)] : []),
    ...(facts === undefined
      ? [request.plan === undefined ? '' : `The plan: ${spokenPlan(request.plan)}.`]
      : [`*Lets them do:* ${escapeMarkup(facts.description)}. ${holdings(facts)} ${howOften(facts)}`]),
    expiry(request) === '' ? '' : `It ${expiry(request)}.`,
  ];
  return [
    section(`home:decide:${request.id}`, said.filter((line) => line !== '').join('\n')),
    actions(`home:decide:${request.id}:actions`, decisionButtons(request)),
  ];
}

function reviewBlocks(grant: Grant): KnownBlock[] {
  const said = `Break-glass: ${person(grant.beneficiary)} took ${levelOn(grant)} ${moment(grant.createdAt)}. Was that right?`;
  return [
    section(`home:review:${grant.id}`, `${said}\n${quoted(grant.reason)}`),
    actions(`home:review:${grant.id}:actions`, [reviewButton(grant)]),
  ];
}

function accessBlocks({ grants }: HomeContent, reader: string, now: Date): KnownBlock[] {
  const shown = grants.slice(0, MOST_GRANTS);
  const ask = button(ACTIONS.ask, 'Ask for access', 'home', {
    ...(grants.length === 0 && { style: 'primary' as const }),
    label: 'Ask for access to Kasten',
  });
  return [
    header('home:access', 'Your access'),
    ...(grants.length === 0
      ? [section('home:access:none', 'You have no access through Kastellan now.')]
      : []),
    ...shown.flatMap((grant) => [
      section(`home:grant:${grant.id}`, grantLine(grant, now)),
      ...(grant.state === 'active'
        ? [actions(`home:grant:${grant.id}:actions`, grantButtons(grant, reader))]
        : []),
    ]),
    ...moreBlocks('home:access:more', grants.length - shown.length, 'that end later: `/kasten grants`'),
    actions('home:ask', [ask]),
  ];
}

function requestBlocks({ requests }: HomeContent, reader: string): KnownBlock[] {
  const own = requests.filter(({ state }) => state !== 'done');
  if (own.length === 0) return [];
  const shown = own.slice(0, MOST_REQUESTS);
  return [
    header('home:requests', 'Your requests'),
    ...shown.map((one) => requestBlock(one, reader)),
    ...moreBlocks('home:requests:more', own.length - shown.length, 'older ones: see the approvals channel'),
  ];
}

function moreBlocks(id: string, hidden: number, where: string): KnownBlock[] {
  return hidden === 0 ? [] : [context(id, [`${hidden} more ${where}`])];
}

function requestBlock(request: Request, reader: string): KnownBlock {
  const { subject } = wordsOf(request);
  const said = `${escapeTyped(subject)}: ${stateWords(request.state)} since ${moment(request.changedAt)} · request ${request.id}`;
  const line = section(`home:request:${request.id}`, said);
  return request.state === 'pending' && request.asker === reader
    ? { ...line, accessory: withdrawButton(request) }
    : line;
}

function clusterBlocks({ clusters, problem }: HomeContent): KnownBlock[] {
  const title = header('home:clusters', 'Clusters');
  const failure =
    problem === undefined
      ? ''
      : `They could not be looked at: ${escapeMarkup(problem)} \`/kasten status\` tries again.`;
  if (clusters === undefined || clusters.status.length === 0)
    return [title, section('home:clusters:list', failure === '' ? 'Looking at the clusters.' : failure)];
  const said = clusters.status.map((status) => spokenStatus(status));
  return [
    title,
    lines('home:clusters:list', said, 'are not shown: /kasten status'),
    context('home:clusters:at', [`as of ${moment(clusters.at)}`, failure]),
  ];
}
