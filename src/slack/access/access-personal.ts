import { type Grant, missingReviews, remainsVia } from '../../domain/access/grant.ts';
import { button } from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { moment, person } from '../blocks/words.ts';
import { signInButtons, withheldSignIn } from '../requests/outcome-parts.ts';
import { ACTIONS } from '../requests/request-ids.ts';
import {
  type AccessView,
  afterEnd,
  alsoLetsIn,
  approvedForLess,
  cameBackWords,
  goesOnWords,
  levelOn,
  quoted,
} from './access-parts.ts';
import { endedWhy, removalWords, reviewButton } from './grant-card.ts';

type Button = ReturnType<typeof button>;

// Topics of direct messages, as the operations call them.
const ENDS_SOON = 'grant-ends-soon';
const STUCK = 'grant-stuck';
const CAME_BACK = 'grant-came-back';
const WRONG = 'review-wrong';

/** A direct message about access: sentences, and what can be pressed. */
interface Parts {
  readonly said: string[];
  readonly buttons: Button[];
}

/** To the person who has the access: what they have, until when, and what to do next. */
export function grantMessage(view: AccessView, grant: Grant, topic: string): Parts {
  switch (grant.state) {
    case 'ended':
      return { said: endedLines(view, grant), buttons: [againButton(grant)] };
    case 'ending':
      return {
        said: [`Your access ${levelOn(grant)} is being taken back. ${endedWhy(grant.end)}`.trim()],
        buttons: [],
      };
    default: {
      const said = topic === ENDS_SOON ? soonLines(grant) : grantedLines(view, grant);
      return {
        said: [...said, withheldSignIn(view)],
        buttons: [...signInButtons(view), moreButton(grant), doneButton(grant)],
      };
    }
  }
}

/** To others about access of somebody: what they have to know, or do. */
export function grantNews({ request, access }: AccessView, grant: Grant, topic: string): Parts {
  const what = `${person(grant.beneficiary)}: ${levelOn(grant)}`;
  if (topic === STUCK) {
    const problem = grant.problem === undefined ? '' : escapeMarkup(grant.problem);
    return {
      said: [
        `${what} is over since ${moment(grant.endsAt)} and could not be taken back yet. ${problem}`.trim(),
        `Kastellan goes on trying. If it has to end now, remove ${escapeTyped(grant.person.name)} from ${escapeTyped(grant.group.name)} in Entra by hand.`,
      ],
      buttons: [],
    };
  }
  if (topic.startsWith(CAME_BACK)) {
    const said = [`${what} ended ${moment(grant.endedAt ?? grant.endsAt)}.`, cameBackWords(grant)];
    return { said: [...said, afterEnd(grant, access)], buttons: [] };
  }
  if (grant.breakGlass) return glassNews(grant, topic);
  if (grant.state === 'ended') {
    const said = `${what} ended ${moment(grant.endedAt ?? grant.endsAt)}.`;
    return { said: [said, goesOnWords(grant), afterEnd(grant, access)], buttons: [] };
  }
  const less = approvedForLess(request);
  const asAsked = less === '' ? ', as you asked' : '';
  return { said: [`${what} was given until ${moment(grant.endsAt)}${asAsked}.`, less], buttons: [] };
}

// Whoever decides or operates hears at once that somebody took access, and later that it has to be looked at.
function glassNews(grant: Grant, topic: string): Parts {
  const taken = `${person(grant.beneficiary)} took ${levelOn(grant)} without asking, ${moment(grant.createdAt)}: ${quoted(grant.reason)}`;
  if (topic.startsWith(WRONG)) {
    const review = grant.reviews?.given.findLast(({ verdict }) => verdict === 'wrong');
    const found =
      review === undefined
        ? ''
        : `${person(review.by)} looked at it: it was not right. ${quoted(review.note)}`;
    return { said: [taken, found], buttons: [] };
  }
  if (missingReviews(grant) === 0) return { said: [taken], buttons: [] };
  return { said: [taken, 'Please look at it: was that right?'], buttons: [reviewButton(grant)] };
}

function grantedLines({ request }: AccessView, grant: Grant): string[] {
  const forYou =
    grant.asker === grant.beneficiary ? '' : ` ${person(grant.asker)} asked for it: ${quoted(grant.reason)}`;
  return [
    `You have ${levelOn(grant)} until ${moment(grant.endsAt)}.${forYou} ${alsoLetsIn(grant)}`.trim(),
    approvedForLess(request),
    '*Sign out of Kasten and in again now:* Entra tells Kasten your groups only at sign-in.',
  ];
}

function soonLines(grant: Grant): string[] {
  return [
    `Your access ${levelOn(grant)} ends soon, ${moment(grant.endsAt)}.`,
    'If you need longer, ask now: somebody has to approve it.',
  ];
}

function endedLines({ access }: AccessView, grant: Grant): string[] {
  const at = grant.endedAt ?? grant.endsAt;
  const through = remainsVia(grant);
  if (through !== undefined) {
    return [
      `The time of your access ${levelOn(grant)} was over ${moment(at)}. ${endedWhy(grant.end)}`.trim(),
      `You still have it as long as ${levelOn(through)}, by plan until ${moment(through.until)}: both have the group ${escapeTyped(grant.group.name, 100)}.`,
    ];
  }
  return [
    `Your access ${levelOn(grant)} ended ${moment(at)}: ${removalWords(grant)}. ${endedWhy(grant.end)}`.trim(),
    cameBackWords(grant),
    afterEnd(grant, access),
  ];
}

/** Asks for the same again, longer; the form is filled in. */
export function moreButton(grant: Grant): Button {
  return button(ACTIONS.more, 'Ask for more time', grant.id, {
    label: `Ask for more time with ${grant.level} on ${grant.cluster}`,
  });
}

function againButton(grant: Grant): Button {
  return button(ACTIONS.more, 'Ask again', grant.id, {
    label: `Ask for ${grant.level} on ${grant.cluster} again`,
  });
}

/** Ends the reader's own access now. */
export function doneButton(grant: Grant): Button {
  return button(ACTIONS.done, 'I am done', grant.id, {
    label: `Give ${grant.level} on ${grant.cluster} back now`,
  });
}
