/** Somebody in Slack, as Slack tells it now. */
export interface SlackPerson {
  readonly id: string;
  readonly name: string;
  readonly email: string | undefined;
  readonly emailConfirmed: boolean;
  /** Full member of this workspace: no bot, no guest, not deleted, not from another organisation. */
  readonly kind: 'member' | 'guest' | 'stranger' | 'bot' | 'deleted';
}

/** Somebody in Entra. */
export interface EntraPerson {
  readonly objectId: string;
  readonly name: string;
  readonly userPrincipalName: string;
  readonly enabled: boolean;
  readonly guest: boolean;
}

export type PersonMatch =
  | { readonly ok: true; readonly person: EntraPerson }
  | { readonly ok: false; readonly problem: string };

/**
 * Finds the one Entra account behind a Slack person; anything but an exact and unique match is refused with a reason.
 * @param found the Entra accounts that have exactly this person's e-mail address
 */
export function matchPerson(slack: SlackPerson, found: readonly EntraPerson[]): PersonMatch {
  const refusal = slackRefusal(slack);
  if (refusal !== undefined) return { ok: false, problem: refusal };
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
  if (!first.enabled) return no(`${slack.name}'s Entra account is disabled.`);
  return { ok: true, person: first };
}

function slackRefusal(slack: SlackPerson): string | undefined {
  switch (slack.kind) {
    case 'bot':
      return `${slack.name} is a bot.`;
    case 'deleted':
      return `${slack.name}'s Slack account is deactivated.`;
    case 'stranger':
      return `${slack.name} belongs to another company (Slack Connect).`;
    case 'guest':
      return `${slack.name} is a guest in Slack.`;
    case 'member':
      if (slack.email === undefined) return `Slack does not show an e-mail address for ${slack.name}.`;
      return slack.emailConfirmed
        ? undefined
        : `${slack.name} has not confirmed the e-mail address in Slack.`;
  }
}

function no(problem: string): PersonMatch {
  return { ok: false, problem };
}
