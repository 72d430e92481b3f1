import type { Credential, Purpose } from './credentials.ts';
import type { Snooze } from './expiry.ts';

/** Who answers for a credential: somebody in Slack, or a name where Slack does not know them. */
export type ReminderOwner = { readonly slackUserId: string } | { readonly name: string };

/** What people are reminded of. */
export interface ReminderSubject {
  /** `credentialId` of the credential. */
  readonly id: string;
  readonly application: { readonly objectId: string; readonly clientId: string; readonly name: string };
  readonly purpose: Purpose;
  readonly credential: Credential;
  /** A newer one beside it, where nobody can tell which of the two is in use. */
  readonly successor?: Successor;
  readonly owners: readonly ReminderOwner[];
}

export interface Successor {
  readonly hint: string | null;
  /** ISO time. */
  readonly endsAt: string;
}

/** One message about a credential: there is one for each threshold. */
export interface ReminderCard {
  /** The days that were left when it came due; negative after the end. */
  readonly days: number;
  /** The reminder's version when this card last had to change. */
  readonly version: number;
}

/** How it came that nobody has to be reminded any more. */
export interface Closing {
  /** ISO time. */
  readonly at: string;
  /**
   * `unused`: it is still there, but K10 does not sign people in with it; `torn-down`: nobody signs in to this K10 by it any
   * more; `gone`: the application is not watched any more.
   */
  readonly how: 'replaced' | 'removed' | 'unused' | 'torn-down' | 'gone';
  readonly successor?: Successor;
  /** The request that replaced it or tore it down, and who approved or asked for it (a Slack user id); absent where it was done by hand. */
  readonly by?: { readonly requestId: string; readonly person: string };
}

/** All that was said about the end of one credential. */
export interface Reminder extends ReminderSubject {
  /** Grows by one with each change: the compare-and-set looks at it. */
  readonly version: number;
  /** Oldest first; only the last one has buttons. */
  readonly cards: readonly ReminderCard[];
  /** ISO time. */
  readonly changedAt: string;
  readonly snooze?: Snooze;
  readonly closed?: Closing;
}

/** The days that were left when people were reminded last. */
export function lastReminded({ cards }: Pick<Reminder, 'cards'>): number | undefined {
  return cards.at(-1)?.days;
}

/**
 * The reminder with one card more; a snooze is over by it.
 * @param days as `dueReminder` gave them
 * @param at ISO time
 */
export function remindedOf(
  before: Reminder | undefined,
  subject: ReminderSubject,
  days: number,
  at: string,
): Reminder {
  const version = (before?.version ?? 0) + 1;
  const { id, application, purpose, credential, successor, owners } = subject;
  return {
    id,
    application,
    purpose,
    credential,
    owners,
    ...(successor !== undefined && { successor }),
    version,
    changedAt: at,
    cards: [...redrawn(before?.cards ?? [], version), { days, version }],
  };
}

/** The reminder put off. */
export function snoozed(reminder: Reminder, snooze: Snooze): Reminder {
  return { ...changed(reminder, snooze.at), snooze };
}

/** The reminder whose credential needs nobody's attention any more. */
export function closed(reminder: Reminder, closing: Closing): Reminder {
  return { ...changed(reminder, closing.at), closed: closing };
}

/** The reminder of a credential that is in use again after all. */
export function reopened(reminder: Reminder, at: string): Reminder {
  const { closed: _, ...open } = changed(reminder, at);
  return open;
}

function changed(reminder: Reminder, at: string): Reminder {
  const version = reminder.version + 1;
  return { ...reminder, version, changedAt: at, cards: redrawn(reminder.cards, version) };
}

// Only the last card has to change: those before it lost their buttons when it came.
function redrawn(cards: readonly ReminderCard[], version: number): ReminderCard[] {
  return cards.map((card, index) => (index === cards.length - 1 ? { ...card, version } : card));
}

/** The same name for the same card in every process: `0f3a9c21d77e-d14`, and `-a2` two days after the end. */
export function reminderCardId(id: string, days: number): string {
  return `${id}-${days < 0 ? `a${-days}` : `d${days}`}`;
}

/** The id of the reminder whose card this is; undefined if it is another card. */
export function reminderOfCard(cardId: string): string | undefined {
  return /^(.+)-[ad]\d+$/.exec(cardId)?.[1];
}
