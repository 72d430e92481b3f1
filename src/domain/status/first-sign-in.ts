import type { SignInRecord } from './sign-in-log.ts';

/** The first sign-in after a set-up, as Entra's sign-in log shows it. ISO times. */
export type FirstSignIn =
  | { readonly state: 'waiting'; readonly since: string }
  /** `secondFactor`: Conditional Access demanded one, and it was satisfied. The log does not hold groups. */
  | { readonly state: 'seen'; readonly at: string; readonly secondFactor: boolean }
  | { readonly state: 'not-seen'; readonly until: string };

const WAIT_MS = 7 * 86_400_000;

/**
 * What a look at the log makes of waiting for the first sign-in; undefined if there is nothing new.
 * @param records of the cluster's application
 * @param members object IDs of those whom a group of the cluster lets in: sign-ins of others say nothing about the set-up
 */
export function nextFirstSignIn(
  before: FirstSignIn | undefined,
  records: readonly SignInRecord[],
  members: ReadonlySet<string>,
  now: Date,
): FirstSignIn | undefined {
  if (before?.state !== 'waiting') return undefined;
  const [first] = records
    .filter(({ failure, personId }) => failure === undefined && members.has(personId))
    .filter(({ at }) => Date.parse(at) >= Date.parse(before.since))
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  if (first !== undefined) return { state: 'seen', at: first.at, secondFactor: first.secondFactor === true };
  const until = new Date(Date.parse(before.since) + WAIT_MS);
  return now < until ? undefined : { state: 'not-seen', until: until.toISOString() };
}
