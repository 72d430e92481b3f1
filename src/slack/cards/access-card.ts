import type { Grant } from '../../domain/grant.ts';
import type { RequestView } from '../../ports.ts';
import { context, header, message, type SlackMessage, section } from './blocks.ts';
import { escapeTyped } from './escape.ts';
import { approvedBy } from './progress-card.ts';
import { blockId } from './request-ids.ts';
import { wordsOf } from './request-words.ts';
import { moment, person } from './words.ts';

/** Access that was given: until when it lasts, or how it ended. */
export function accessCard(view: RequestView<'access'>): SlackMessage {
  const { request, grant } = view;
  const title = grant?.state === 'ended' ? 'Access ended' : wordsOf(request).subject;
  const said = grant === undefined ? wordsOf(request).done : grantWords(grant);
  return message(
    [`${escapeTyped(title)}.`, said],
    [
      header(blockId(request, 'title'), title),
      section(blockId(request, 'said'), said),
      context(blockId(request, 'facts'), [
        `asked by ${person(request.asker)}`,
        approvedBy(view),
        `Request ${request.id}`,
      ]),
    ],
  );
}

function grantWords(grant: Grant): string {
  const who = `${person(grant.beneficiary)}: ${escapeTyped(grant.level)} on ${escapeTyped(grant.cluster)}`;
  switch (grant.state) {
    case 'granting':
      return `${who}, not seen in Entra yet.`;
    case 'active':
      return `${who}, granted until ${moment(grant.endsAt)}, checked in Entra.`;
    case 'ending':
      return `${who}, is being taken back.`;
    case 'ended':
      return `${who}, ended ${moment(grant.endedAt ?? grant.endsAt)}, ${removalWords(grant)}.`;
  }
}

function removalWords({ removal }: Grant): string {
  switch (removal?.membership) {
    case 'was-gone':
      return 'the membership was gone already';
    case 'kept-from-before':
      return 'the membership was there before and stays';
    case 'kept-for-other':
      return `the membership stays for ${removal.for}`;
    default:
      return 'removed and checked in Entra';
  }
}
