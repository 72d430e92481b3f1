import type { Button } from '@slack/web-api';
import { type Credential, hasEnded } from '../../domain/secrets/credentials.ts';
import type { Closing, Reminder, Successor } from '../../domain/secrets/reminder.ts';
import type { ReminderView } from '../../ports/messenger.ts';
import {
  actions,
  aloud,
  button,
  context,
  header,
  linkButton,
  message,
  type SlackMessage,
  section,
} from '../blocks/blocks.ts';
import { escapeTyped } from '../blocks/escape.ts';
import { day, moment, person } from '../blocks/words.ts';
import { REMINDER_ACTIONS, reminderBlockId } from './reminder-ids.ts';
import { consequence, endWords, hintOf, hintWords, ownerWords, whose } from './reminder-words.ts';

/** One reminder that a credential ends; within Slack's limits whatever it holds. */
export function reminderCard(view: ReminderView): SlackMessage {
  const { reminder, card } = view;
  if (reminder.cards.at(-1)?.days !== card.days) return earlierCard(view);
  return reminder.closed === undefined ? openCard(view) : closedCard(view, reminder.closed);
}

function openCard(view: ReminderView): SlackMessage {
  const { reminder, now, timeZone } = view;
  const { credential } = reminder;
  const title = `${whose(reminder)} ${endWords(credential, now, timeZone)}`;
  const over = hasEnded(credential, now);
  const facts = [
    hintWords(credential),
    credential.name === null ? '' : escapeTyped(credential.name, 80),
    `made ${day(credential.startsAt)}`,
    ownerWords(reminder.owners),
  ];
  const ends = moment(credential.endsAt);
  const means = consequence(reminder, over);
  const when = `${over ? 'Ended' : 'Ends'} ${ends}. ${means}`;
  const notes = [successorNote(reminder), snoozeNote(reminder)].filter((note) => note !== '');
  return message([
    aloud([`${escapeTyped(title)}, ${ends}.`], header(reminderBlockId(view, 'title'), title)),
    aloud([means, ...notes], section(reminderBlockId(view, 'when'), [when, ...notes].join('\n'))),
    actions(reminderBlockId(view, 'actions'), buttons(view)),
    aloud([spoken(facts)], context(reminderBlockId(view, 'facts'), facts)),
  ]);
}

function spoken(facts: readonly string[]): string {
  return `${facts.filter((fact) => fact !== '').join(', ')}.`;
}

function successorNote({ successor, credential }: Reminder): string {
  if (successor === undefined) return '';
  const newer = hintWords({ kind: credential.kind, hint: successor.hint });
  return `A newer one is there: ${newer}, until ${day(successor.endsAt)}. If it is in use, remove this one.`;
}

function snoozeNote({ snooze }: Reminder): string {
  if (snooze === undefined) return '';
  return `Snoozed by ${person(snooze.by)} until ${day(`${snooze.until}T12:00:00Z`)}: "${escapeTyped(snooze.reason, 500)}"`;
}

function buttons(view: ReminderView): Button[] {
  const { reminder, portalPage, canSnooze } = view;
  const name = whose(reminder);
  return [
    // Only what Kastellan itself put somewhere can it put somewhere anew.
    ...(reminder.purpose.of === 'cluster'
      ? [
          button(REMINDER_ACTIONS.rotate, 'Rotate now', reminder.id, {
            style: 'primary',
            label: `Rotate now: ${name}`,
          }),
        ]
      : []),
    ...(canSnooze
      ? [button(REMINDER_ACTIONS.snooze, 'Snooze...', reminder.id, { label: `Snooze: ${name}` })]
      : []),
    linkButton(REMINDER_ACTIONS.open, 'Open in Entra', portalPage, `Open in Entra: ${name}`),
  ];
}

// Its last words stay, but nobody can press anything on it any more.
function earlierCard(view: ReminderView): SlackMessage {
  const { reminder } = view;
  const said = `${escapeTyped(whose(reminder))} ends ${moment(reminder.credential.endsAt)}. A newer message says how it stands.`;
  return message([section(reminderBlockId(view, 'said'), said)]);
}

function closedCard(view: ReminderView, closing: Closing): SlackMessage {
  const { reminder } = view;
  const title = `${whose(reminder)} ${CLOSING_WORDS[closing.how]}`;
  const { successor, by } = closing;
  const ends = successor === undefined ? '' : newOne(reminder.credential, successor);
  const facts = [
    `${closing.how === 'replaced' && by === undefined ? 'by hand, ' : ''}seen ${moment(closing.at)}`,
    by === undefined ? '' : `request ${escapeTyped(by.requestId)} by ${person(by.person)}`,
    ends,
    `${hintWords(reminder.credential)} would have ended ${day(reminder.credential.endsAt)}`,
  ];
  return message([
    aloud([`${escapeTyped(title)}:`], section(reminderBlockId(view, 'said'), `*${escapeTyped(title)}*`)),
    aloud([spoken(facts)], context(reminderBlockId(view, 'facts'), facts)),
  ]);
}

function newOne({ kind }: Credential, { hint, endsAt }: Successor): string {
  const which = hint === null ? '' : ` \`${hintOf({ kind, hint })}\``;
  return `the new one${which} ends ${day(endsAt)}`;
}

const CLOSING_WORDS: Readonly<Record<Closing['how'], string>> = {
  replaced: 'was replaced',
  removed: 'was removed',
  unused: 'is not in use any more',
  'torn-down': 'is not needed any more: sign-in with it was torn down',
  gone: 'is not watched any more: the application is gone, or nobody lists it',
};

/**
 * What an approver is told directly when it gets close.
 * @param cardLink permanent link to the card
 */
export function aboutReminder(
  view: ReminderView,
  { cardLink }: { readonly cardLink?: string },
): SlackMessage {
  const { reminder, now, timeZone, portalPage } = view;
  const { credential } = reminder;
  const name = whose(reminder);
  const said = [
    `${escapeTyped(name)} ${endWords(credential, now, timeZone)}, ${moment(credential.endsAt)}.`,
    consequence(reminder, hasEnded(credential, now)),
    `${ownerWords(reminder.owners)}.`,
  ];
  return message([
    section(reminderBlockId(view, 'told'), said.join('\n')),
    actions(reminderBlockId(view, 'told-actions'), [
      ...(cardLink === undefined
        ? []
        : [linkButton(REMINDER_ACTIONS.card, 'Show the card', cardLink, `Show the card: ${name}`)]),
      linkButton(REMINDER_ACTIONS.open, 'Open in Entra', portalPage, `Open in Entra: ${name}`),
    ]),
  ]);
}
