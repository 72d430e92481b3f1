import { plannedAccount } from '../../domain/access/access-plan.ts';
import { type Grant, isOut, remainsVia } from '../../domain/access/grant.ts';
import { shortestApproval } from '../../domain/requests/policy.ts';
import type { RequestOf } from '../../domain/requests/request.ts';
import type { AccessFacts, RequestView } from '../../ports/messenger.ts';
import { escapeTyped } from '../blocks/escape.ts';
import { durationWords, listed, moment, person } from '../blocks/words.ts';

/** What cards of access are drawn from. */
export type AccessView = RequestView<'access'>;

/** `*admin* on prod-eu`. */
export function levelOn({ level, cluster }: { readonly level: string; readonly cluster: string }): string {
  return `*${escapeTyped(level, 60)}* on ${escapeTyped(cluster, 60)}`;
}

/** `@ada` or, where it is for somebody else, `@ben (asked for by @ada)`. */
export function whoFor({ asker, beneficiary }: Pick<Grant, 'asker' | 'beneficiary'>): string {
  return asker === beneficiary ? person(asker) : `${person(beneficiary)} (asked for by ${person(asker)})`;
}

/** `Entra account: Ada, object ID ...`: a name alone can be that of another person. */
export function accountLine({
  objectId,
  name,
}: {
  readonly objectId: string;
  readonly name?: string;
}): string {
  const id = `\`${escapeTyped(objectId)}\``;
  return `*Entra account:* ${name === undefined ? id : `${escapeTyped(name, 100)}, object ID ${id}`}.`;
}

/** The account that a request would give access to; empty where it is not planned. */
export function plannedAccountLine(request: RequestOf<'access'>): string {
  const account = plannedAccount(request);
  return account === undefined ? '' : accountLine(account);
}

/** What was typed as the reason, in quotation marks, cut to so many characters. */
export function quoted(reason: string, max = 1_000): string {
  return `"${escapeTyped(reason, max)}"`;
}

/** `Holds now: admin on prod-eu until 18:40.`, `Holds now: nothing.` */
export function holdings({ holds }: AccessFacts): string {
  const shown = holds.slice(0, 5).map((grant) => `${levelOn(grant)} until ${moment(grant.endsAt)}`);
  const more = holds.length > shown.length ? [`${holds.length - shown.length} more`] : [];
  return `*Holds now:* ${shown.length === 0 ? 'nothing' : [...shown, ...more].join(', ')}.`;
}

/** `Asked 3 times in 30 days.`: this request is one of them. */
export function howOften({ recentRequests: askedLately }: AccessFacts): string {
  if (askedLately <= 1) return '*Asked* for the first time in 30 days.';
  return `*Asked* ${askedLately} times in 30 days, this time included.`;
}

/**
 * What the end of a grant means for whoever is still signed in to Kasten: honestly, because K10 looks at the groups of the
 * session. Empty where the membership stays.
 */
export function afterEnd(grant: Grant, access: AccessFacts | undefined): string {
  if (grant.refusedAtOnce === true) return 'The cluster refuses from now on, in open Kasten sessions, too.';
  const { endedAt, alsoOn = [] } = grant;
  if (!isOut(grant)) return '';
  const too = alsoOn.length === 0 ? '' : ` It is over for ${listed(alsoOn.map(levelOn))}, too.`;
  const signIns = `No new sign-in gets these rights.${too}`;
  const { sessionMs } = access ?? {};
  if (sessionMs === undefined || endedAt === undefined) {
    return `${signIns} A Kasten session that is still open can last as long as K10 lets it, by default an hour.`;
  }
  const last = new Date(Date.parse(endedAt) + sessionMs).toISOString();
  return `${signIns} A Kasten session that is still open can last until ${moment(last)}.`;
}

/** Where else a grant lets somebody in because its group is shared, as a sentence; empty where it does not. */
export function alsoLetsIn({ alsoOn = [] }: Pick<Grant, 'alsoOn'>): string {
  return alsoOn.length === 0
    ? ''
    : `The group is shared, so this is also ${listed(alsoOn.map(levelOn))}, until the last such grant ends.`;
}

/** That somebody is not out yet though their grant has ended, and what to do about it; empty where access is over. */
export function goesOnWords(grant: Pick<Grant, 'removal' | 'refusedAtOnce' | 'group'>): string {
  const through = remainsVia(grant);
  if (through === undefined) return '';
  return `It goes on as long as ${levelOn(through)} does, by plan until ${moment(through.until)}: both have the group ${escapeTyped(grant.group.name, 100)}. To end it now, take that back, too.`;
}

/** That access which was over came back with a restored account, and what is done about it; empty where it did not. */
export function cameBackWords(grant: Grant): string {
  const { cameBackAt, state, person: account } = grant;
  const isOver = state === 'ended';
  if (cameBackAt === undefined || (isOver && !isOut(grant))) return '';
  const done = isOver ? 'taken back' : 'it is being taken back';
  return `The account of ${escapeTyped(account.name, 100)} was restored in Entra, and the access that had ended came back with it, as was seen ${moment(cameBackAt)}: ${done}.`;
}

/** How long access was asked for, and what was made of it. */
export function shortened({ spec }: RequestOf<'access'>, grant: Grant): string {
  return grant.durationMs < spec.durationMs
    ? `asked for ${durationWords(spec.durationMs)}, approved for ${durationWords(grant.durationMs)}`
    : '';
}

/** Who approved access for less than was asked, for how long, and why, as a sentence; empty if no approver did. */
export function approvedForLess(request: RequestOf<'access'>): string {
  const less = shortestApproval(request);
  if (less === undefined) return '';
  const reason = less.reason === undefined ? '.' : `: ${quoted(less.reason)}`;
  return `${person(less.by)} approved ${durationWords(less.durationMs)} instead of ${durationWords(request.spec.durationMs)}${reason}`;
}
