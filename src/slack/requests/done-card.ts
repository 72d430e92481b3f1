import type { RequestView } from '../../ports/messenger.ts';
import { actions, context, header, lines, message, type SlackMessage, section } from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { day, moment, person } from '../blocks/words.ts';
import {
  everythingHolds,
  handOverBlocks,
  provedLine,
  record,
  signInButtons,
  statusButton,
  tookWords,
  withheldSignIn,
} from './outcome-parts.ts';
import { approvedBy } from './progress-card.ts';
import { blockId } from './request-ids.ts';
import { wordsOf } from './request-words.ts';

/** What was done and proved, and what to do next. */
export function doneCard(view: RequestView<'setup'>): SlackMessage {
  const { request } = view;
  const handOver = request.plan?.handOver;
  const title =
    handOver === undefined
      ? `Kasten on ${request.cluster} now signs in through Entra`
      : `Entra is ready for Kasten on ${request.cluster}; one commit is left for you`;
  const proved = provedLine(request);
  const said = (request.outcome?.lines ?? []).map((line) => escapeMarkup(line));
  const ends = secretLine(view);
  const next = nextLine(view);
  const signIn = firstSignInLine(view);
  return message([
    header(blockId(request, 'title'), title),
    ...[proved, signIn, ends, next, withheldSignIn(view)]
      .filter((text) => text !== '')
      .map((text, index) => section(blockId(request, `said-${index}`), text)),
    lines(blockId(request, 'lines'), said, 'in the thread'),
    ...handOverBlocks(request),
    actions(blockId(request, 'actions'), [...signInButtons(view), statusButton(request)]),
    context(blockId(request, 'facts'), [
      tookWords(request),
      `asked by ${person(request.asker)}`,
      approvedBy(view),
      record(request),
    ]),
  ]);
}

/** The cluster is as it was asked for: nothing was written. */
export function nothingToDoCard(view: RequestView<'setup'>): SlackMessage {
  const { request } = view;
  const handOver = request.plan?.handOver;
  const title = everythingHolds(request)
    ? `Nothing to do on ${request.cluster}`
    : `Nothing to change on ${request.cluster}, but sign-in does not work`;
  const on = escapeTyped(request.cluster);
  const what =
    handOver === undefined
      ? `Kasten on ${on} is set up just as ${person(request.asker)} asked. Nothing was changed, and nobody has to approve anything.`
      : `All that Kastellan does for ${on} is in place. Nothing was changed; one commit is still left for you.`;
  const said = (request.outcome?.lines ?? []).map((line) => escapeMarkup(line));
  const proved = provedLine(request);
  const ends = secretLine(view);
  const next = handOver === undefined && everythingHolds(request) ? '' : nextLine(view);
  const parts = [what, proved, ends, next, withheldSignIn(view)];
  return message([
    header(blockId(request, 'title'), title),
    section(blockId(request, 'what'), parts.filter((text) => text !== '').join('\n')),
    ...handOverBlocks(request),
    lines(blockId(request, 'lines'), said, 'in the thread'),
    actions(blockId(request, 'actions'), [...signInButtons(view), statusButton(request)]),
    context(blockId(request, 'facts'), [record(request)]),
  ]);
}

function secretLine({ request }: RequestView<'setup'>): string {
  const endsAt = request.outcome?.secretEndsAt;
  return endsAt === undefined
    ? ''
    : `The client secret ends ${day(endsAt)}. People are reminded before that; /kasten rotate ${escapeTyped(request.cluster)} puts a new one in its place.`;
}

// Entra's log tells that somebody signed in, and not with which groups.
function firstSignInLine({ request }: RequestView<'setup'>): string {
  const signIn = request.outcome?.firstSignIn;
  switch (signIn?.state) {
    case undefined:
      return '';
    case 'waiting':
      return '*Waiting for the first sign-in.* Entra shows it some minutes later.';
    case 'not-seen':
      return `No member has signed in until ${day(signIn.until)}; nobody waits for the first sign-in any more.`;
    case 'seen': {
      const factor = signIn.secondFactor ? ', second factor satisfied' : '';
      return `*First sign-in seen* at ${moment(signIn.at)}${factor}. Entra's log does not show whether the groups arrived.`;
    }
  }
}

function nextLine({ request }: RequestView<'setup'>): string {
  const handOver = request.plan?.handOver;
  if (handOver !== undefined) {
    return `*Next:* commit these values where ${escapeMarkup(handOver.keeper)} reads them, then run ${wordsOf(request).again} again: it proves the rest.`;
  }
  if (!everythingHolds(request)) {
    return `*Next:* look at what does not hold: Kastellan's part is as planned. /kasten doctor and the pods of K10 tell more; then ${wordsOf(request).again} proves it again.`;
  }
  return '*Next:* sign in to Kasten. Whoever has a session open keeps it until it ends: Entra tells Kasten the groups only at sign-in.';
}
