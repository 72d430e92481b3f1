import type { RequestView } from '../../ports.ts';
import { context, header, message, type SlackMessage, section } from './blocks.ts';
import { escapeMarkup, escapeTyped } from './escape.ts';
import { blockId } from './request-ids.ts';
import { wordsOf } from './request-words.ts';
import { moment, person } from './words.ts';

/** The request could not be carried out as asked; nothing was planned. */
export function refusedCard(view: RequestView): SlackMessage {
  const { failure } = view.request;
  const { subject, again } = wordsOf(view.request);
  return ended(view, `${subject} is not possible yet`, [
    failure === undefined ? 'Kastellan could not make a plan.' : escapeMarkup(failure.message),
    failure?.hint === undefined ? '' : escapeMarkup(failure.hint),
    `Nothing was changed. When it is fixed, ask again with ${again}.`,
  ]);
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
  const when = moment(request.endedAt ?? request.changedAt);
  return ended(view, `${wordsOf(request).subject} was withdrawn`, [
    `${person(request.asker)} took it back ${when}. Nothing was changed.`,
  ]);
}

/** Nobody decided in time. */
export function expiredCard(view: RequestView): SlackMessage {
  const { request } = view;
  const when = moment(request.endedAt ?? request.expiresAt ?? request.changedAt);
  const { subject, again } = wordsOf(request);
  return ended(view, `${subject} expired`, [
    `Nobody decided until ${when}. Nothing was changed. ${person(request.asker)} can ask again with ${again}.`,
  ]);
}

function ended(view: RequestView, title: string, sentences: readonly string[]): SlackMessage {
  const { request } = view;
  const said = sentences.filter((sentence) => sentence !== '');
  const facts = [
    `asked by ${person(request.asker)}`,
    `Request ${request.id}`,
    request.failure === undefined ? '' : `Reference ${escapeTyped(request.failure.reference)}`,
  ];
  return message(
    [`${escapeTyped(title)}.`, ...said],
    [
      header(blockId(request, 'title'), title),
      section(blockId(request, 'said'), said.join('\n')),
      context(blockId(request, 'facts'), facts),
    ],
  );
}
