import type { KnownBlock } from '@slack/web-api';
import { approvalCount } from '../../domain/policy.ts';
import type { Request } from '../../domain/request.ts';
import type { RequestView } from '../../ports.ts';
import {
  actions,
  button,
  codeLines,
  context,
  header,
  lines,
  message,
  type SlackMessage,
  section,
} from './blocks.ts';
import { escapeMarkup, escapeTyped } from './escape.ts';
import { bySystem, changeLine, spokenPlan, valueLines } from './plan-parts.ts';
import { ACTIONS, blockId, decisionValue } from './request-ids.ts';
import { wordsOf } from './request-words.ts';
import { approverNames, count, listed, moment, person } from './words.ts';

/** The request while Entra, Helm and the cluster are being looked at. */
export function planningCard({ request }: RequestView): SlackMessage {
  const { title, looksAt } = wordsOf(request);
  const doing = `${person(request.asker)} asked. Looking at ${looksAt}: the plan comes here.`;
  const stale = staleNotice(request);
  return message(
    [`${escapeTyped(title)}.`, doing, stale],
    [
      header(blockId(request, 'title'), title),
      section(blockId(request, 'doing'), doing),
      ...(stale === '' ? [] : [section(blockId(request, 'stale'), stale)]),
      actions(blockId(request, 'actions'), [withdrawButton(request)]),
    ],
  );
}

/** The plan that waits for a decision. */
export function planCard(view: RequestView): SlackMessage {
  const { request } = view;
  const { title, wish } = wordsOf(request);
  const stale = staleNotice(request);
  const notes = request.plan?.notes.map((note) => escapeMarkup(note)) ?? [];
  const wanted = `${count(request.required, 'approval')} by ${approverNames(view.approvers)}, but not by ${person(request.asker)}`;
  const spoken = request.plan === undefined ? '' : `The plan: ${spokenPlan(request.plan)}.`;
  return message(
    [`${escapeTyped(title)}.`, wish, stale, spoken, ...notes, `Waits for ${wanted}. ${expiry(request)}`],
    [
      header(blockId(request, 'title'), title),
      section(blockId(request, 'wish'), wish),
      ...(stale === '' ? [] : [section(blockId(request, 'stale'), stale)]),
      ...planBlocks(request),
      ...(notes.length === 0 ? [] : [lines(blockId(request, 'notes'), notes, 'in the thread')]),
      actions(blockId(request, 'actions'), decisionButtons(request)),
      context(blockId(request, 'facts'), [
        `Plan ${(request.planDigest ?? '').slice(0, 6)}`,
        approvalWords(request),
        `needs ${wanted}`,
        expiry(request),
      ]),
    ],
  );
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

function decisionButtons(request: Request) {
  const on = wordsOf(request).inSentence;
  const value = decisionValue(request);
  return [
    button(ACTIONS.approve, 'Approve', value, { style: 'primary', label: `Approve ${on}` }),
    button(ACTIONS.deny, 'Deny...', value, { style: 'danger', label: `Deny ${on} and say why` }),
    button(ACTIONS.diff, 'Full diff', request.id, { label: `Show every change of ${on}` }),
    withdrawButton(request),
  ];
}

function withdrawButton(request: Request) {
  return button(ACTIONS.withdraw, 'Withdraw', request.id, {
    label: `Withdraw ${wordsOf(request).inSentence}`,
    confirm: {
      title: 'Withdraw this request?',
      text: 'Nothing has been changed so far, and nothing will be. Only who asked can withdraw.',
      yes: 'Withdraw',
    },
  });
}

/** `1 of 2 approved: @approver`; empty while nobody has. */
function approvalWords(request: Request): string {
  const by = request.decisions
    .filter(({ verdict }) => verdict === 'approve')
    .map((decision) => person(decision.by));
  return by.length === 0 ? '' : `${approvalCount(request)} of ${request.required} approved: ${listed(by)}`;
}

function expiry(request: Request): string {
  return request.expiresAt === undefined ? '' : `expires ${moment(request.expiresAt)}`;
}

function staleNotice(request: Request): string {
  if (request.staleDecisions.length === 0) return '';
  const who = listed([...new Set(request.staleDecisions.map(({ by }) => person(by)))]);
  return `The world changed after ${who} decided on an earlier plan. That no longer counts: please read the new plan.`;
}
