import { CALENDAR } from '../../domain/requests/request.ts';
import { keyToRemove } from '../../domain/secrets/rotation-plan.ts';
import type { RequestView } from '../../ports/messenger.ts';
import { actions, context, header, lines, message, type SlackMessage, section } from '../blocks/blocks.ts';
import { escapeMarkup } from '../blocks/escape.ts';
import { askedBy, day, moment, person } from '../blocks/words.ts';
import { provedLine, record, signInButtons, tookWords, withheldSignIn } from '../requests/outcome-parts.ts';
import { approvedBy } from '../requests/progress-card.ts';
import { blockId } from '../requests/request-ids.ts';

/** Who rotated, until when the new secret is good, what became of the old one, and what was proved. */
export function rotatedCard(view: RequestView<'rotation'>): SlackMessage {
  const { request } = view;
  const title = `The client secret on ${request.cluster} was rotated`;
  const who = request.asker === CALENDAR ? 'as planned by the calendar' : `for ${person(request.asker)}`;
  const at = request.endedAt === undefined ? '' : ` ${moment(request.endedAt)}`;
  const ends = request.outcome?.secretEndsAt;
  const facts = [
    `Rotated${at} ${who}`,
    ends === undefined ? '' : `new secret ends ${day(ends)}`,
    oldSecretWords(view),
  ].filter((text) => text !== '');
  const said = (request.outcome?.lines ?? []).map((line) => escapeMarkup(line));
  const summary = [facts.join(' · '), provedLine(request), withheldSignIn(view)];
  const buttons = signInButtons(view);
  return message([
    header(blockId(request, 'title'), title),
    section(blockId(request, 'summary'), summary.filter((text) => text !== '').join('\n')),
    lines(blockId(request, 'lines'), said, 'in the thread'),
    ...(buttons.length === 0 ? [] : [actions(blockId(request, 'actions'), buttons)]),
    context(blockId(request, 'facts'), [
      tookWords(request),
      askedBy(request),
      approvedBy(view),
      record(request),
    ]),
  ]);
}

function oldSecretWords({ request }: RequestView<'rotation'>): string {
  const removed = request.plan !== undefined && keyToRemove(request.plan) !== undefined;
  return removed ? 'old one removed' : 'old one not removed by Kastellan: see the plan in the thread';
}
