import { plannedElsewhere } from '../../domain/access/access-plan.ts';
import { approvedDuration } from '../../domain/requests/policy.ts';
import { actions, header, message, type SlackMessage, section } from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { durationWords, listed, moment } from '../blocks/words.ts';
import { decisionButtons, withdrawButton } from '../requests/decision-buttons.ts';
import { marked, staleNotice, waitingFacts } from '../requests/plan-card.ts';
import { blockId } from '../requests/request-ids.ts';
import { wordsOf } from '../requests/request-words.ts';
import {
  type AccessView,
  approvedForLess,
  holdings,
  howOften,
  plannedAccountLine,
  quoted,
} from './access-parts.ts';

/** Access that waits for a decision: all that an approver wants to know before pressing a button. */
export function accessRequestCard(view: AccessView, now: Date): SlackMessage {
  const { request } = view;
  const { title, wish } = wordsOf(request);
  const { reason } = request.spec;
  const said = [
    wish,
    quoted(reason),
    prolongedWords(view, now),
    approvedForLess(request),
    staleNotice(request),
    ...(request.plan?.warnings ?? []).map((warning) => marked(escapeMarkup(warning))),
  ].filter((line) => line !== '');
  return message([
    header(blockId(request, 'title'), title),
    section(blockId(request, 'wish'), said.join('\n')),
    section(blockId(request, 'known'), factLines(view, now).join('\n')),
    actions(blockId(request, 'actions'), [...decisionButtons(request), withdrawButton(request)]),
    waitingFacts(view, '', `Request ${request.id}`),
  ]);
}

// A grant that ends later than the one that prolongs it goes on.
function prolongedWords({ request, access }: AccessView, now: Date): string {
  const { prolongs } = request.spec;
  if (prolongs === undefined) return '';
  const held = access?.holds.find(({ id }) => id === prolongs);
  const isEarlier = held !== undefined && Date.parse(held.endsAt) > now.getTime() + approvedDuration(request);
  return isEarlier
    ? `It ends *earlier* than what they hold there now, which goes on until ${moment(held.endsAt)}.`
    : 'It takes the place of what they hold there now, which ends earlier.';
}

function factLines({ request, access }: AccessView, now: Date): string[] {
  const durationMs = approvedDuration(request);
  const ends = new Date(now.getTime() + durationMs).toISOString();
  const until = `*How long:* ${durationWords(durationMs)}; approved at once, until ${moment(ends)}.`;
  const elsewhere = plannedElsewhere(request.plan).map((use) => escapeTyped(use, 120));
  const also =
    elsewhere.length === 0
      ? []
      : [
          `*Lets them in elsewhere, too:* ${listed(elsewhere)} has the same group, until the last such grant ends.`,
        ];
  const account = [plannedAccountLine(request)].filter((line) => line !== '');
  if (access === undefined) return [...account, ...also, until];
  return [
    ...account,
    `*Lets them do:* ${escapeMarkup(access.description)}.`,
    ...also,
    until,
    holdings(access),
    howOften(access),
  ];
}
