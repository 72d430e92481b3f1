import { durationText } from '../../domain/duration.ts';
import { CALENDAR, type Request } from '../../domain/requests/request.ts';
import { escapeTyped } from './escape.ts';

/** A duration in words, in its two biggest units: `1 min 40 s`. */
export function durationWords(ms: number): string {
  return durationText(Math.max(0, Math.round(ms / 1_000) * 1_000), 2);
}

/** The time between two ISO times in words. */
export function between(from: string, to: string): string {
  return durationWords(Date.parse(to) - Date.parse(from));
}

/**
 * A moment that each reader sees in their own time zone; who cannot is shown UTC.
 * @param iso ISO time
 * @see https://docs.slack.dev/messaging/formatting-message-text#date-formatting
 */
export function moment(iso: string): string {
  return slackDate(iso, '{date_short_pretty} {time}', 16);
}

/** A day, in each reader's own time zone. */
export function day(iso: string): string {
  return slackDate(iso, '{date_short_pretty}', 10);
}

function slackDate(iso: string, format: string, length: number): string {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) return escapeTyped(iso);
  const fallback = new Date(ms).toISOString().slice(0, length).replace('T', ' ');
  return `<!date^${Math.floor(ms / 1_000)}^${format}|${fallback}${length > 10 ? ' UTC' : ''}>`;
}

/** A link to a person; anything that is no Slack user id is shown as text. */
export function person(slackUserId: string): string {
  return /^[UW][A-Z0-9]{2,}$/.test(slackUserId) ? `<@${slackUserId}>` : escapeTyped(slackUserId);
}

/** Who asked, at the begin of a sentence: a person, or the calendar. */
export function asker(request: Pick<Request, 'asker'>): string {
  return request.asker === CALENDAR ? 'The calendar' : person(request.asker);
}

/** Who asked, inside a sentence. */
export function askedBy(request: Pick<Request, 'asker'>): string {
  return `asked by ${request.asker === CALENDAR ? 'the calendar' : person(request.asker)}`;
}

/** A user group: by id as a link, by handle as text, because only ids can be linked. */
function userGroup(handleOrId: string): string {
  return /^S[A-Z0-9]{2,}$/.test(handleOrId)
    ? `<!subteam^${handleOrId}>`
    : `@${escapeTyped(handleOrId.replace(/^@/, ''))}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[], last = 'and'): string {
  if (items.length < 2) return items[0] ?? '';
  return `${items.slice(0, -1).join(', ')} ${last} ${items.at(-1)}`;
}

const MOST_NAMES = 30;

/** Names of clusters as markup, those beyond thirty counted. */
export function clusterNames(clusters: readonly string[]): string {
  const names = clusters.slice(0, MOST_NAMES).map((name) => escapeTyped(name));
  const more = clusters.length - names.length;
  return listed(more > 0 ? [...names, `${more} more`] : names);
}

/** Who may approve, in words. */
export function approverNames(approvers: {
  readonly userGroups: readonly string[];
  readonly users: readonly string[];
}): string {
  const names = [
    ...approvers.userGroups.map((group) => `members of ${userGroup(group)}`),
    ...approvers.users.map(person),
  ];
  const shown = names.slice(0, 6);
  const more = names.length - shown.length;
  return listed(more > 0 ? [...shown, `${more} more`] : shown, 'or');
}

/** `1 member`, `2 members`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
