/** Somebody in Slack, as Slack tells it now. */
export interface SlackPerson {
  readonly id: string;
  readonly name: string;
  readonly email: string | undefined;
  readonly emailConfirmed: boolean;
  /** Full member of this workspace: no bot, no guest, not deleted, not from another organisation. */
  readonly kind: 'member' | 'guest' | 'stranger' | 'bot' | 'deleted';
}

/** An Entra account as it is remembered. */
export interface EntraAccount {
  readonly objectId: string;
  readonly name: string;
}

/** Somebody in Entra. */
export interface EntraPerson extends EntraAccount {
  readonly userPrincipalName: string;
  readonly mail?: string;
  readonly enabled: boolean;
  readonly guest: boolean;
}

export type PersonMatch =
  | { readonly ok: true; readonly person: EntraPerson }
  | { readonly ok: false; readonly problem: string; readonly hint: string };

const LINK = 'An operator can link the Slack account to an Entra account by hand: /kasten link.';

/**
 * Finds the one Entra account behind a Slack person; anything but an exact and unique match is refused with a reason and
 * the way out.
 * @param found the Entra accounts that have exactly this person's e-mail address
 */
export function matchPerson(slack: SlackPerson, found: readonly EntraPerson[]): PersonMatch {
  const refusal = goneFromSlack(slack) ?? slackRefusal(slack);
  if (refusal !== undefined) return no(refusal);
  const [first, ...others] = found;
  if (first === undefined) {
    return no(`${slack.name} has no account in Entra with the address ${slack.email}.`);
  }
  if (others.length > 0) {
    return no(
      `${found.length} Entra accounts have the address ${slack.email}, so it is not clear which is ${slack.name}'s.`,
    );
  }
  if (first.guest) return no(`${slack.name}'s Entra account is a guest; guests cannot be added.`);
  return ifEnabled(slack, first);
}

/**
 * The Entra account that an operator linked to a Slack person: guests and strangers are welcome then.
 * @param linked undefined where the account is gone from Entra
 */
export function matchLinked(slack: SlackPerson, linked: EntraPerson | undefined): PersonMatch {
  const refusal = goneFromSlack(slack);
  if (refusal !== undefined) return no(refusal);
  if (linked !== undefined) return ifEnabled(slack, linked);
  return no(`The Entra account that ${slack.name} was linked to by hand is gone.`);
}

function ifEnabled(slack: SlackPerson, person: EntraPerson): PersonMatch {
  if (person.enabled) return { ok: true, person };
  const hint = 'Nobody can sign in with a disabled account: it has to be enabled in Entra first.';
  return { ok: false, problem: `${slack.name}'s Entra account is disabled.`, hint };
}

function goneFromSlack({ kind, name }: SlackPerson): string | undefined {
  if (kind === 'bot') return `${name} is a bot.`;
  return kind === 'deleted' ? `${name}'s Slack account is deactivated.` : undefined;
}

function slackRefusal({ kind, name, email, emailConfirmed }: SlackPerson): string | undefined {
  if (kind === 'stranger') return `${name} belongs to another company (Slack Connect).`;
  if (kind === 'guest') return `${name} is a guest in Slack.`;
  if (email === undefined) return `Slack does not show an e-mail address for ${name}.`;
  return emailConfirmed ? undefined : `${name} has not confirmed the e-mail address in Slack.`;
}

function no(problem: string): PersonMatch {
  return { ok: false, problem, hint: LINK };
}

/** The account that two people have in common, which makes them one. */
export function sharedAccount(
  some: readonly EntraAccount[],
  others: readonly EntraAccount[],
): EntraAccount | undefined {
  return some.find(({ objectId }) => others.some((other) => other.objectId === objectId));
}
