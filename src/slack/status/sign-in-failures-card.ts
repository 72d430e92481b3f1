import { type SignInCause, type SignInFailures, signInCardId } from '../../domain/status/sign-in-log.ts';
import { aloud, context, header, lines, message, type SlackMessage } from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { count, moment } from '../blocks/words.ts';

/** The failed sign-ins of one day at one cluster, by cause, each with what mends it; nobody is named. */
export function signInFailuresCard(failures: SignInFailures): SlackMessage {
  const { cluster, day, causes } = failures;
  const total = causes.reduce((sum, cause) => sum + cause.failures, 0);
  const people = new Set(causes.flatMap((cause) => cause.people)).size;
  const title = `${count(total, 'sign-in')} to Kasten on ${cluster} failed on ${day}`;
  const id = signInCardId(failures);
  const howMany = count(people, 'person', 'people');
  return message([
    aloud([`${escapeTyped(title)}, of ${howMany}.`], header(`${id}:title`, title)),
    ...causes
      .slice(0, 40)
      .map((cause, index) => lines(`${id}:${index}`, causeLines(cluster, cause), 'in the sign-in log')),
    context(`${id}:facts`, [
      howMany,
      "Who it was stands in Entra's sign-in log",
      'This card is kept up to date until the day ends',
    ]),
  ]);
}

function causeLines(cluster: string, cause: SignInCause): string[] {
  const policies =
    cause.policies.length === 0
      ? []
      : [`Policies: ${cause.policies.map((name) => `"${escapeTyped(name, 100)}"`).join(', ')}`];
  return [
    `*${escapeMarkup(cause.message)}*  ${count(cause.failures, 'time')}, ${count(cause.people.length, 'person', 'people')}, last ${moment(cause.lastAt)}`,
    escapeMarkup(fixOf(cluster, cause)),
    ...policies,
    `\`${escapeTyped(cause.code)}\``,
  ];
}

// Where Kastellan can mend it, its own command comes first.
function fixOf(cluster: string, { code, hint }: SignInCause): string {
  if (code === 'AADSTS7000222' || code === 'AADSTS7000215')
    return `/kasten rotate ${cluster} makes a new one.`;
  if (code === 'AADSTS50011' || code === 'AADSTS700054') return `/kasten setup ${cluster} sets it right.`;
  return hint;
}
