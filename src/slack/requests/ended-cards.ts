import { lastApproval } from '../../domain/requests/deadline.ts';
import { CALENDAR, type Request, type RequestOf, type Revocation } from '../../domain/requests/request.ts';
import type { RequestView } from '../../ports/messenger.ts';
import { context, header, message, type SlackMessage, section } from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { askedBy, asker, between, day, moment, person } from '../blocks/words.ts';
import { blockId } from './request-ids.ts';
import { wordsOf } from './request-words.ts';

/** The request could not be carried out as asked; nothing was planned. */
export function refusedCard(view: RequestView): SlackMessage {
  const { failure } = view.request;
  const { subject, again } = wordsOf(view.request);
  const why = [
    failure === undefined ? 'Kastellan could not make a plan.' : escapeMarkup(failure.message),
    failure?.hint === undefined ? '' : escapeMarkup(failure.hint),
  ];
  return isNotNeeded(view.request)
    ? ended(view, `${subject} is not needed`, [...why, 'Nothing was changed.'])
    : ended(view, `${subject} is not possible yet`, [
        ...why,
        `Nothing was changed. When it is fixed, ask again with ${again}.`,
      ]);
}

/** Whether a request was refused because what it asks for is there: then nobody has anything to fix. */
export function isNotNeeded({ failure }: Pick<Request, 'failure'>): boolean {
  return failure?.code === 'access.held-already';
}

/** Somebody said no. */
export function deniedCard(view: RequestView): SlackMessage {
  const denial = view.request.decisions.findLast(({ verdict }) => verdict === 'deny');
  const who =
    denial === undefined ? 'It was denied.' : `${person(denial.by)} denied this ${moment(denial.at)}.`;
  const why = denial?.reason === undefined ? '' : `"${escapeTyped(denial.reason, 1_000)}"`;
  return ended(view, `${wordsOf(view.request).subject} was denied`, [who, why, 'Nothing was changed.']);
}

/** Who asked took it back. */
export function withdrawnCard(view: RequestView): SlackMessage {
  const { request } = view;
  if (request.revocation !== undefined)
    return ended(view, `${wordsOf(request).subject} was cancelled`, [
      revocationWords(request.revocation),
      'Nothing was changed.',
    ]);
  if (request.kind === 'rotation' && request.spec.calledOffBy !== undefined)
    return ended(view, `${wordsOf(request).subject} was called off`, calledOffWords(request));
  if (request.kind === 'rotation' && request.asker === CALENDAR) return putOffCard(view, request);
  const when = moment(request.endedAt ?? request.changedAt);
  return ended(view, `${wordsOf(request).subject} was withdrawn`, [
    `${person(request.asker)} took it back ${when}. Nothing was changed.`,
  ]);
}

/** Who ended a request by revoking everything of a person, and why. */
export function revocationWords({ by, at, reason, person: whose }: Revocation): string {
  return `${person(by)} revoked all access and requests of ${whose === undefined ? 'this person' : person(whose)} ${moment(at)}: "${escapeTyped(reason, 1_000)}"`;
}

/** Why there is nothing to rotate any more. */
export function calledOffWords({ cluster, spec }: RequestOf<'rotation'>): string[] {
  return [
    `${escapeTyped(cluster)} was torn down meanwhile (request ${escapeTyped(spec.calledOffBy ?? '')}), so there is no client secret to replace any more.`,
    'Nothing was changed.',
  ];
}

// The calendar takes nothing back by itself: somebody put it off, or asked for it now, or its window is over.
function putOffCard(view: RequestView, request: RequestOf<'rotation'>): SlackMessage {
  const { subject, again } = wordsOf(request);
  const { postponed, window } = request.spec;
  if (postponed !== undefined) {
    return ended(view, `${subject} was put off`, [
      `${person(postponed.by)} put it off until ${day(`${postponed.until}T12:00:00Z`)}: "${escapeTyped(postponed.reason, 1_000)}"`,
      `Nothing was changed. The calendar asks again for a window from that day on; ${again} does it sooner.`,
    ]);
  }
  const ends = request.endedAt ?? request.changedAt;
  const isOver = window !== undefined && Date.parse(window.closes) <= Date.parse(ends);
  return isOver
    ? ended(view, `${subject} missed its window`, [
        `The window closed ${moment(window.closes)} before it could begin. Nothing was changed.`,
        'The calendar asks again for the next one.',
      ])
    : ended(view, `${subject} is asked for by somebody`, [
        'Somebody wants it now, so the one that the calendar had announced stands back. Nothing was changed.',
      ]);
}

/** Nobody decided in time, or what was approved could not begin in time. */
export function expiredCard(view: RequestView): SlackMessage {
  const { request } = view;
  const { subject, again } = wordsOf(request);
  return ended(view, `${subject} expired`, [
    `${whyExpired(request)} Nothing was changed. ${asker(request)} can ask again with ${again}.`,
  ]);
}

/** Why a request expired, in a sentence; where it was approved, with the age of that. */
export function whyExpired(request: Request): string {
  const at = request.endedAt ?? request.expiresAt ?? request.changedAt;
  const until = moment(request.expiresAt ?? at);
  const approval = lastApproval(request);
  if (approval !== undefined) {
    const age = between(approval.at, at);
    return `${person(approval.by)} approved this ${moment(approval.at)}, but it could not begin until ${until}: the approval was ${age} old.`;
  }
  return request.plan !== undefined && request.required === 0
    ? `It needed no approval, but could not begin until ${until}.`
    : `Nobody decided until ${until}.`;
}

function ended(view: RequestView, title: string, sentences: readonly string[]): SlackMessage {
  const { request } = view;
  const said = sentences.filter((sentence) => sentence !== '');
  const facts = [
    askedBy(request),
    `Request ${request.id}`,
    request.failure === undefined ? '' : `Reference ${escapeTyped(request.failure.reference)}`,
  ];
  return message([
    header(blockId(request, 'title'), title),
    section(blockId(request, 'said'), said.join('\n')),
    context(blockId(request, 'facts'), facts),
  ]);
}
