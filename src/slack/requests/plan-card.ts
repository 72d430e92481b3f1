import type { KnownBlock } from '@slack/web-api';
import { approvalCount } from '../../domain/requests/policy.ts';
import { CALENDAR, type Request } from '../../domain/requests/request.ts';
import type { RequestView } from '../../ports/messenger.ts';
import {
  actions,
  aloud,
  codeLines,
  context,
  header,
  lines,
  message,
  type SlackMessage,
  section,
} from '../blocks/blocks.ts';
import { escapeMarkup } from '../blocks/escape.ts';
import { approverNames, asker, count, listed, moment, person } from '../blocks/words.ts';
import { decisionButtons, notYetButton } from './decision-buttons.ts';
import { bySystem, changeLine, spokenPlan, valueLines } from './plan-parts.ts';
import { blockId } from './request-ids.ts';
import { wordsOf } from './request-words.ts';

/** The request while Entra, Helm and the cluster are being looked at. */
export function planningCard({ request }: RequestView): SlackMessage {
  const { title, looksAt } = wordsOf(request);
  const doing = `${asker(request)} asked. Looking at ${looksAt}: the plan comes here.`;
  return message([
    header(blockId(request, 'title'), title),
    section(blockId(request, 'doing'), doing),
    section(blockId(request, 'stale'), staleNotice(request)),
    actions(blockId(request, 'actions'), [notYetButton(request)]),
  ]);
}

/** The plan that waits for a decision. */
export function planCard(view: RequestView): SlackMessage {
  const { request } = view;
  const { title, wish } = wordsOf(request);
  const window = windowWords(request);
  const notes = request.plan?.notes.map((note) => escapeMarkup(note)) ?? [];
  const warnings = request.plan?.warnings?.map((warning) => escapeMarkup(warning)) ?? [];
  const spoken = request.plan === undefined ? '' : `The plan: ${spokenPlan(request.plan)}.`;
  return message([
    header(blockId(request, 'title'), title),
    aloud(warnings, lines(blockId(request, 'warnings'), warnings.map(marked), 'in the thread')),
    section(blockId(request, 'wish'), wish),
    section(blockId(request, 'stale'), staleNotice(request)),
    section(blockId(request, 'window'), window === '' ? '' : `*${window}*`),
    aloud([spoken], ...planBlocks(request)),
    lines(blockId(request, 'notes'), notes, 'in the thread'),
    actions(blockId(request, 'actions'), [...decisionButtons(request), notYetButton(request)]),
    waitingFacts(view, `Plan ${(request.planDigest ?? '').slice(0, 6)}`),
  ]);
}

/** A warning as a line of its own; takes and gives markup. */
export function marked(warning: string): string {
  return `:warning: *Warning:* ${warning}`;
}

function windowWords(request: Request): string {
  const window = request.kind === 'rotation' ? request.spec.window : undefined;
  if (window === undefined) return '';
  return `Once approved, it begins ${moment(window.opens)}, when its window opens, which closes ${moment(window.closes)}.`;
}

/** The changes by system. */
function planBlocks(request: Request): KnownBlock[] {
  if (request.plan === undefined) return [];
  return bySystem(request.plan).map(({ name, system, changes }) => {
    const own = changes.flatMap((change) => [
      changeLine(change),
      ...(system === 'helm' ? valueLines(change) : []),
    ]);
    return codeLines(blockId(request, `plan-${system}`), name, own, 'in _Full diff_');
  });
}

/** Who has decided, who still may, and until when; as facts beside each other, and as sentences read aloud. */
export function waitingFacts(view: RequestView, first: string, last = '') {
  const { request } = view;
  const approved = approvalWords(request);
  const needed = neededWords(view);
  const ends = expiry(request);
  return aloud(
    [`Waits for ${needed}.`, approved === '' ? '' : `${approved}.`, ends === '' ? '' : `It ${ends}.`],
    context(blockId(request, 'facts'), [first, approved, `needs ${needed}`, ends, last]),
  );
}

/** `2 approvals by members of @kasten-approvers, but not by @ada`. */
function neededWords({ request, approvers }: RequestView): string {
  const askers = request.asker === CALENDAR ? [] : [request.asker];
  const own = [...askers, ...(request.kind === 'access' ? [request.spec.beneficiary] : [])];
  const others = listed([...new Set(own)].map(person), 'or');
  const wanted = `${count(request.required, 'approval')} by ${approverNames(approvers)}`;
  return others === '' ? wanted : `${wanted}, but not by ${others}`;
}

/** `1 of 2 approved: @approver`; empty while nobody has. */
function approvalWords(request: Request): string {
  const by = request.decisions
    .filter(({ verdict, lapsedAt }) => verdict === 'approve' && lapsedAt === undefined)
    .map((decision) => person(decision.by));
  return by.length === 0 ? '' : `${approvalCount(request)} of ${request.required} approved: ${listed(by)}`;
}

/** When it ends without a decision. */
export function expiry(request: Request): string {
  return request.expiresAt === undefined ? '' : `expires ${moment(request.expiresAt)}`;
}

// Whose approval has stopped counting because they may not approve any more; empty if there is none.
function lapsedNotice({ decisions }: Request): string {
  const lapsed = decisions.filter(({ lapsedAt }) => lapsedAt !== undefined);
  if (lapsed.length === 0) return '';
  const who = listed([...new Set(lapsed.map(({ by }) => person(by)))]);
  return `${who} approved this and may not do so any more: that approval no longer counts.`;
}

/** That earlier decisions do not count any more; empty where there were none. */
export function staleNotice(request: Request): string {
  return [lapsedNotice(request), outdatedNotice(request)].filter((words) => words !== '').join(' ');
}

function outdatedNotice(request: Request): string {
  if (request.staleDecisions.length === 0) return '';
  const who = listed([...new Set(request.staleDecisions.map(({ by }) => person(by)))]);
  return `The world changed after ${who} decided on an earlier plan. That no longer counts: please read the new plan.`;
}
