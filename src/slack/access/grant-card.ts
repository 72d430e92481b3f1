import { type Grant, type GrantEnd, missingReviews, remainsVia } from '../../domain/access/grant.ts';
import { actions, button, context, header, message, type SlackMessage, section } from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { approverNames, count, durationWords, listed, moment, person } from '../blocks/words.ts';
import { approvedBy } from '../requests/progress-card.ts';
import { ACTIONS, blockId } from '../requests/request-ids.ts';
import {
  type AccessView,
  accountLine,
  afterEnd,
  alsoLetsIn,
  approvedForLess,
  cameBackWords,
  goesOnWords,
  levelOn,
  plannedAccountLine,
  quoted,
  shortened,
  whoFor,
} from './access-parts.ts';

const LATE_MS = 60_000;

/** What became of a request for access: given, being taken back, over. */
export function grantCard(view: AccessView): SlackMessage {
  const { request, grant } = view;
  if (grant === undefined) return withoutGrant(view);
  const title = `${titleOf(grant)}: ${request.spec.level} on Kasten ${request.cluster}`;
  const said = [
    ...stateLines(view, grant),
    accountLine(grant.person),
    quoted(grant.reason),
    ...reviewLines(view, grant),
  ];
  const buttons = buttonsOf(grant);
  return message([
    header(blockId(request, 'title'), grant.breakGlass ? `Break-glass. ${title}` : title),
    section(blockId(request, 'said'), said.join('\n')),
    ...(buttons.length === 0 ? [] : [actions(blockId(request, 'actions'), buttons)]),
    context(blockId(request, 'facts'), [
      approvedBy(view),
      shortened(request, grant),
      `Request ${request.id}`,
    ]),
  ]);
}

const TITLES: Readonly<Record<Grant['state'], string>> = {
  granting: 'Access is being given',
  active: 'Access given',
  ending: 'Access is being taken back',
  ended: 'Access ended',
};

function titleOf(grant: Grant): string {
  return remainsVia(grant) === undefined ? TITLES[grant.state] : 'Time is over, access goes on';
}

function stateLines(view: AccessView, grant: Grant): string[] {
  const { access } = view;
  switch (grant.state) {
    case 'granting':
      return [`${whoFor(grant)} gets ${levelOn(grant)}. Entra does not show it yet.`];
    case 'active':
      return activeLines(view, grant);
    case 'ending':
      return [
        `${whoFor(grant)} loses ${levelOn(grant)}. ${endedWhy(grant.end)}`.trim(),
        cameBackWords(grant),
        grant.problem === undefined
          ? ''
          : `It could not be taken back yet: ${escapeMarkup(grant.problem)} Kastellan goes on trying.`,
      ].filter((line) => line !== '');
    case 'ended': {
      const at = grant.endedAt ?? grant.endsAt;
      return [
        `${whoFor(grant)} had ${levelOn(grant)}. ${endedWhy(grant.end)}`.trim(),
        `${remainsVia(grant) === undefined ? 'Access ended' : 'Its time was over'} ${moment(at)} · ${removalWords(grant)}${lateWords(grant)}.`,
        cameBackWords(grant),
        goesOnWords(grant),
        afterEnd(grant, access),
      ].filter((line) => line !== '');
    }
  }
}

function activeLines({ request }: AccessView, grant: Grant): string[] {
  const by = listed(grant.approvers.map(person));
  const facts = [
    `Granted until ${moment(grant.endsAt)}`,
    ...(by === '' ? [grant.breakGlass ? 'nobody was asked' : 'needs no approval'] : [`approved by ${by}`]),
    'checked in Entra',
  ];
  return [
    `${whoFor(grant)} has ${levelOn(grant)} for ${durationWords(grant.durationMs)}.`,
    `${facts.join(' · ')}.`,
    grant.before === 'present'
      ? 'They were in the group already, so Kastellan leaves them in it at the end.'
      : '',
    approvedForLess(request),
    prolongedWords(grant),
    alsoLetsIn(grant),
  ].filter((line) => line !== '');
}

function prolongedWords({ prolongs, heldUntil }: Grant): string {
  if (prolongs === undefined) return '';
  return heldUntil === undefined
    ? 'It took the place of an earlier grant.'
    : `It ends earlier than the grant that they had before, which goes on until ${moment(heldUntil)}.`;
}

/** Why and by whom a grant ended, as a sentence; empty where its time was simply over. */
export function endedWhy(end: GrantEnd | undefined): string {
  if (end === undefined) return '';
  const reason = end.reason === undefined ? '' : `: ${quoted(end.reason)}`;
  switch (end.why) {
    case 'expired':
      return '';
    case 'done':
      return `${person(end.by)} was done ${moment(end.at)}.`;
    case 'revoked':
      return `${person(end.by)} took it back ${moment(end.at)}${reason === '' ? '.' : reason}`;
    case 'prolonged':
      return 'A newer grant took its place.';
    case 'rolled-back':
      return 'It was rolled back.';
  }
}

/** What became of the membership, in words. */
export function removalWords({
  removal,
  restorableUntil,
  group,
}: Pick<Grant, 'removal' | 'restorableUntil' | 'group'>): string {
  const name = escapeTyped(group.name, 100);
  switch (removal?.membership) {
    case 'removed':
      return `removed from ${name} and checked in Entra`;
    case 'was-gone':
      return `somebody else had removed them from ${name} already`;
    case 'account-gone':
      return restorableUntil === undefined
        ? `their account had been deleted in Entra, and was out of ${name} with that`
        : `their account is deleted in Entra, and out of ${name} with that; if it is restored by ${moment(restorableUntil)} and this comes back with it, it is taken back again`;
    case 'kept-from-before':
      return `they stay in ${name}, where they were before`;
    case 'kept-for-other':
      return removal.elsewhere === undefined
        ? `they stay in ${name} for another grant that lasts longer`
        : `they stay in ${name} for ${levelOn(removal.elsewhere)}`;
    case undefined:
      return 'nothing is known of the membership';
  }
}

function lateWords({ lateMs }: Grant): string {
  return lateMs === undefined || lateMs < LATE_MS ? '' : `, ${durationWords(lateMs)} late`;
}

function reviewLines({ approvers }: AccessView, grant: Grant): string[] {
  const { reviews } = grant;
  if (reviews === undefined) return [];
  const given = reviews.given.map(
    ({ by, verdict, note }) =>
      `${person(by)} looked at it: ${verdict === 'right' ? 'it was right' : '*it was not right*'}. ${quoted(note)}`,
  );
  const missing = missingReviews(grant);
  if (missing === 0) return [...given, 'It was looked at by everybody who had to.'];
  return [
    ...given,
    `*Was this right?* ${count(missing, 'person', 'people')} still ${missing === 1 ? 'has' : 'have'} to look and say so: ${approverNames(approvers)}.`,
  ];
}

function buttonsOf(grant: Grant) {
  const what = `${grant.level} on ${grant.cluster}`;
  const end = button(ACTIONS.revoke, 'Take back...', grant.id, {
    style: 'danger',
    label: `Take ${what} back now`,
  });
  return [
    ...(missingReviews(grant) === 0 ? [] : [reviewButton(grant)]),
    ...(grant.state === 'active' ? [end] : []),
  ];
}

/** Lets an approver say whether a grant that nobody approved was right. */
export function reviewButton({ id, level, cluster }: Grant) {
  return button(ACTIONS.review, 'Look at it...', id, {
    label: `Say whether ${level} on ${cluster} was right`,
  });
}

// A request that is done without a grant had nothing to give.
function withoutGrant({ request }: AccessView): SlackMessage {
  const title = `Access: ${request.spec.level} on Kasten ${request.cluster}`;
  const said = `${person(request.spec.beneficiary)} has ${levelOn({ level: request.spec.level, cluster: request.cluster })} already. Nothing was changed.`;
  return message([
    header(blockId(request, 'title'), title),
    section(blockId(request, 'said'), `${said}\n${plannedAccountLine(request)}`.trim()),
    context(blockId(request, 'facts'), [`Request ${request.id}`]),
  ]);
}
