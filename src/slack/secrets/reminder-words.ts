import type { Credential, CredentialKind } from '../../domain/secrets/credentials.ts';
import { daysLeft } from '../../domain/secrets/expiry.ts';
import type { Reminder, ReminderOwner } from '../../domain/secrets/reminder.ts';
import { escapeCode, escapeTyped } from '../blocks/escape.ts';
import { count, listed, person } from '../blocks/words.ts';

const KINDS = { secret: 'client secret', certificate: 'certificate' } as const;

/** `The client secret of kasten-service (prod-eu)`; plain, not escaped yet. */
export function whose({ credential, application, purpose }: Reminder): string {
  const kind = KINDS[credential.kind];
  switch (purpose.of) {
    case 'cluster': {
      // With several clusters the name of the application holds that of the cluster already.
      const named = application.name.includes(purpose.cluster);
      return `The ${kind} of ${application.name}${named ? '' : ` (${purpose.cluster})`}`;
    }
    case 'kastellan':
      return `Kastellan's own ${kind} (${application.name})`;
    case 'other':
      return `The ${kind} of ${application.name}`;
  }
}

/** `ends in 14 days`, `ended yesterday`; plain. */
export function endWords({ endsAt }: Pick<Credential, 'endsAt'>, now: Date, timeZone: string): string {
  const left = daysLeft(endsAt, now, timeZone);
  const over = Date.parse(endsAt) <= now.getTime();
  if (left === 0) return over ? 'ended today' : 'ends today';
  if (left === 1) return 'ends tomorrow';
  if (left === -1) return 'ended yesterday';
  return left > 0 ? `ends in ${left} days` : `ended ${count(-left, 'day')} ago`;
}

/** What stops working with it; markup. */
export function consequence({ purpose }: Pick<Reminder, 'purpose'>, over: boolean): string {
  switch (purpose.of) {
    case 'cluster': {
      const where = `sign in to Kasten on ${escapeTyped(purpose.cluster)}`;
      return over ? `Since then nobody can ${where}.` : `After that nobody can ${where}.`;
    }
    case 'kastellan':
      return over
        ? 'Since then Kastellan can change nothing in Entra: no set-up, no access, no rotation.'
        : 'After that Kastellan can change nothing in Entra any more: no set-up, no access, no rotation.';
    case 'other':
      return over
        ? 'What proves itself with it cannot sign in since then.'
        : 'After that what proves itself with it cannot sign in any more.';
  }
}

/** `Secret \`abc...\``, as much as anybody may see of it; markup. */
export function hintWords({ kind, hint }: Pick<Credential, 'kind' | 'hint'>): string {
  const what = kind === 'secret' ? 'Secret' : 'Certificate';
  if (hint === null) return what;
  return `${what} \`${hintOf({ kind, hint })}\``;
}

/** `abc...`, and never more than three characters of a secret; inside a code span. */
export function hintOf({ kind, hint }: { readonly kind: CredentialKind; readonly hint: string }): string {
  const shown = escapeCode(hint.slice(0, kind === 'secret' ? 3 : 8)).replace(/\s+/g, ' ');
  return kind === 'secret' ? `${shown}...` : shown;
}

/** Who answers for it; markup. */
export function ownerWords(owners: readonly ReminderOwner[]): string {
  if (owners.length === 0) return 'nobody owns it in Entra';
  const names = owners.map((owner) =>
    'slackUserId' in owner ? person(owner.slackUserId) : escapeTyped(owner.name, 80),
  );
  return `${owners.length === 1 ? 'Owner' : 'Owners'}: ${listed(names)}`;
}
