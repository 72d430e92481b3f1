import type { Shut, TakingRefusal } from '../../domain/access/break-glass.ts';
import { type Grant, missingReviews } from '../../domain/access/grant.ts';
import type { EntraAccount } from '../../domain/person.ts';
import { type Request, stateWords } from '../../domain/requests/request.ts';
import type { GroupUse } from '../../domain/setup/group-use.ts';
import type { EndGrantResult } from '../../operations/access/end-grant.ts';
import type { ExistingAccess } from '../../operations/access/request-access.ts';
import type { ReviewGrantResult } from '../../operations/access/review-grant.ts';
import type { RevokedAccess } from '../../operations/access/revoke-person.ts';
import {
  actions,
  aloud,
  button,
  header,
  linkButton,
  message,
  type SlackMessage,
  section,
} from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { count, durationWords, listed, moment, person } from '../blocks/words.ts';
import { csv } from '../csv.ts';
import { ACTIONS } from '../requests/request-ids.ts';
import { wordsOf } from '../requests/request-words.ts';
import { sentence } from '../teaching.ts';
import { levelOn, quoted } from './access-parts.ts';
import { doneButton, moreButton } from './access-personal.ts';
import { endedWhy } from './grant-card.ts';

/** A message has fifty blocks, and each grant takes two of them: more than these go into a file. */
export const GRANTS_IN_MESSAGE = 22;
// Of a list nobody reads long reasons; they are in the file and on the card.
const REASON_IN_LIST = 200;
const MOST_REVOKED = 20;
const MOST_NAMED = 6;
const MINUTE_MS = 60_000;

/**
 * To somebody who asks for what is there already.
 * @param cardLink permanent link to the card that shows it
 */
export function existingMessage(existing: ExistingAccess, cardLink: string | undefined): SlackMessage {
  const link =
    cardLink === undefined
      ? []
      : [linkButton(`${ACTIONS.open}.card`, 'Show the card', cardLink, 'Show the card')];
  if ('grant' in existing) {
    const { grant } = existing;
    const said = `${person(grant.beneficiary)} has ${levelOn(grant)} already, until ${moment(grant.endsAt)}.`;
    return withButtons([said], [...link, moreButton(grant)]);
  }
  const { request } = existing;
  const what = levelOn({ level: request.spec.level, cluster: request.cluster });
  const asked = `${person(request.asker)} asked for ${what} already, ${moment(request.createdAt)}.`;
  return withButtons([asked, `Request ${request.id} is ${stateWords(request.state)}.`], link);
}

function withButtons(said: readonly string[], buttons: readonly ReturnType<typeof button>[]): SlackMessage {
  return message([
    section('said', said.join(' ')),
    ...(buttons.length === 0 ? [] : [actions('said-actions', buttons)]),
  ]);
}

/** What ends now because somebody said so, to that person. */
export function endingMessage(result: EndGrantResult): SlackMessage {
  const { grant } = result;
  if (result.ending) {
    const whose =
      grant.end?.by === grant.beneficiary ? 'Your access' : `The access of ${person(grant.beneficiary)}`;
    return sentence(
      `${whose} ${levelOn(grant)} is being taken back. The card says when Entra shows it.`,
      result.through === undefined ? '' : throughWords(result.through),
    );
  }
  if (result.why === 'not-allowed') {
    return sentence(
      `Only ${person(grant.beneficiary)}, who has it, approvers of this level and Kastellan's operators can end this access.`,
    );
  }
  const at = grant.endedAt ?? grant.end?.at ?? grant.endsAt;
  return sentence(`This access ended already, ${moment(at)}. ${endedWhy(grant.end)}`.trim());
}

function throughWords(through: GroupUse & { readonly until: string }): string {
  return `It goes on as long as ${levelOn(through)} does, by plan until ${moment(through.until)}, because both have one group: take that back, too, if it has to end now.`;
}

/** What became of somebody's look at a grant that nobody approved. */
export function reviewedMessage(result: ReviewGrantResult): SlackMessage {
  const { grant } = result;
  if (result.counted) {
    const missing = missingReviews(grant);
    const rest =
      missing === 0
        ? 'Everybody who had to has looked.'
        : `${count(missing, 'more person has', 'more people have')} to look.`;
    return sentence(
      `What you found about ${levelOn(grant)} of ${person(grant.beneficiary)} is on record.`,
      rest,
    );
  }
  switch (result.why) {
    case 'own-access':
      return sentence(
        result.account === undefined
          ? 'This was your own access, so somebody else has to look at it.'
          : `${inEntra(result.account)}, whose access this was, so somebody else has to look at it.`,
      );
    case 'not-a-reviewer':
      return sentence('Only approvers of this level look at it.');
    case 'reviewed-before':
      return sentence(
        result.account === undefined
          ? 'You looked at this already; it waits for somebody else.'
          : `${inEntra(result.account)}, who looked at this already with another Slack account; it waits for somebody else.`,
      );
    case 'account-unknown':
      return sentence(
        'What you found was not counted, because Entra does not say who you are.',
        escapeMarkup(result.message),
        escapeMarkup(result.hint ?? ''),
      );
    case 'nothing-to-review':
      return sentence('Everybody who had to has looked at this already.');
  }
}

function inEntra({ name, objectId }: EntraAccount): string {
  return `In Entra you are ${escapeTyped(name, 100)} (${escapeTyped(objectId)})`;
}

/** Grants that run now, each with what the reader can do about it. */
export function grantsMessage(
  grants: readonly Grant[],
  reader: string,
  all: boolean,
  now: Date,
): SlackMessage {
  if (grants.length === 0) {
    return sentence(
      all ? 'Nobody has access through Kastellan now.' : 'You have no access through Kastellan now.',
      'Ask for it with `/kasten access`.',
    );
  }
  const shown = grants.slice(0, GRANTS_IN_MESSAGE);
  const title = all
    ? `Everybody's access: ${count(grants.length, 'grant')} now`
    : `Your access: ${count(grants.length, 'grant')} now`;
  const more =
    grants.length > shown.length
      ? `These end first; all ${grants.length} are in a file that I sent you directly.`
      : '';
  return message([
    header('grants:title', title),
    ...shown.flatMap((grant) => {
      const line = grantLine(grant, now);
      return [
        aloud([line], section(`grants:${grant.id}`, `${line}\n${quoted(grant.reason, REASON_IN_LIST)}`)),
        ...(grant.state === 'active'
          ? [actions(`grants:${grant.id}:actions`, grantButtons(grant, reader))]
          : []),
      ];
    }),
    section('grants:more', more),
  ]);
}

/** One grant in a line: who, what, until when. */
export function grantLine(grant: Grant, now: Date): string {
  const left = wholeMinutes(Date.parse(grant.endsAt) - now.getTime());
  const state = {
    granting: 'being given',
    active: `until ${moment(grant.endsAt)}, ${durationWords(left)} left`,
    ending: 'being taken back',
    ended: `ended ${moment(grant.endedAt ?? grant.endsAt)}`,
  }[grant.state];
  const by = grant.approvers.length === 0 ? '' : `, approved by ${listed(grant.approvers.map(person))}`;
  const glass = grant.breakGlass ? ', break-glass' : '';
  const { alsoOn = [] } = grant;
  const also = alsoOn.length === 0 ? '' : ` and with it ${listed(alsoOn.map(levelOn))}`;
  return `${person(grant.beneficiary)}: ${levelOn(grant)}${also}, ${state}${by}${glass}`;
}

// Nobody counts the seconds of an hour.
function wholeMinutes(ms: number): number {
  return ms > MINUTE_MS ? Math.round(ms / MINUTE_MS) * MINUTE_MS : ms;
}

/** What a reader can press at a grant that runs. */
export function grantButtons(grant: Grant, reader: string) {
  return reader === grant.beneficiary
    ? [moreButton(grant), doneButton(grant)]
    : [
        button(ACTIONS.revoke, 'Revoke...', grant.id, {
          style: 'danger',
          label: `Take ${grant.level} on ${grant.cluster} back and say why`,
        }),
      ];
}

/**
 * What was found of a person and ends now.
 * @param reason as it was typed
 */
export function revokedMessage(
  who: string,
  { grants, cancelled, left, permanentOn, isShut, needsApproval, alsoOf, problem }: RevokedAccess,
  reason: string,
): SlackMessage {
  const found = grants.length + cancelled.length > 0;
  return sentence(
    ...(found ? [] : [nothingFound(who, left.length + permanentOn.length > 0)]),
    endedGrants(who, grants),
    cancelledRequests(cancelled),
    left.length === 0 ? '' : leftRequests(left),
    permanentOn.length === 0
      ? ''
      : `${person(who)} is on the list of permanent members of ${shortList(permanentOn.map(levelOn))}, and that stays: remove them from its group in Entra.`,
    shutWords(isShut, needsApproval),
    alsoOf.length === 0
      ? ''
      : `This is also for ${listed(alsoOf.map(person))}, who ${alsoOf.length === 1 ? 'has' : 'have'} the same Entra account.`,
    problem === undefined
      ? ''
      : `Other Slack accounts of this person may be missing here: ${escapeMarkup(problem)} Type it again later.`,
    found ? `They are told that you revoked it: ${quoted(reason)}` : '',
  );
}

function nothingFound(who: string, other: boolean): string {
  return other
    ? `${person(who)} has no grant, and no request that could be cancelled.`
    : `${person(who)} has no access through Kastellan now, and no open request.`;
}

function leftRequests(left: readonly Request[]): string {
  const [have, their] =
    left.length === 1 ? ['has begun and is left', 'its card'] : ['have begun and are left', 'their cards'];
  return `${count(left.length, 'request')} that others approved ${have}: ${shortList(left.map(requestName))}. Roll back on ${their} if that has to go, too.`;
}

function shutWords(isShut: boolean, needsApproval: boolean): string {
  const shut = [
    ...(isShut ? ['break-glass is shut'] : []),
    ...(needsApproval ? ['levels that need no approval need one'] : []),
  ];
  return shut.length === 0
    ? ''
    : `Until an operator types \`/kasten break-glass open\` and their name, ${listed(shut)}.`;
}

function endedGrants(who: string, grants: readonly Grant[]): string {
  if (grants.length === 0) return '';
  // Several grants can be one level on one cluster.
  const lost = [...new Set(grants.map((grant) => levelOn(grant)))];
  const card = grants.length === 1 ? 'The card says' : 'Each card says';
  return `${person(who)} loses ${count(grants.length, 'grant')}: ${shortList(lost)}. ${card} when Entra shows it.`;
}

function cancelledRequests(requests: readonly Request[]): string {
  if (requests.length === 0) return '';
  return `${count(requests.length, 'request')} cancelled: ${shortList(requests.map(requestName))}.`;
}

function requestName(request: Request): string {
  return `${escapeTyped(wordsOf(request).inSentence)} (${request.id})`;
}

function shortList(names: readonly string[]): string {
  const shown = names.slice(0, MOST_REVOKED);
  return listed(names.length > shown.length ? [...shown, `${names.length - shown.length} more`] : shown);
}

/**
 * To a person to whom break-glass is shut.
 * @param operators Slack user ids of those who can open it
 */
export function shutMessage({ by, at, reason }: Shut, operators: readonly string[]): SlackMessage {
  return sentence(
    `Break-glass is shut to you: ${person(by)} revoked your access ${moment(at)}: ${quoted(reason)}`,
    `Nothing was given. ${listed(operators.slice(0, MOST_NAMED).map(person), 'or')} can open it again; /kasten access asks approvers.`,
  );
}

/** To a person who cannot take break-glass on this cluster now. */
export function limitMessage(limit: TakingRefusal, cluster: string): SlackMessage {
  const where = escapeTyped(cluster);
  const otherwise = 'Nothing was given; /kasten access asks approvers.';
  switch (limit.why) {
    case 'open':
      return sentence(
        `You have break-glass access on ${where} already: request ${limit.requestId}.`,
        otherwise,
      );
    case 'failed':
      return sentence(
        `Your break-glass on ${where} failed and can be tried again: press Retry from here on the card of request ${limit.requestId}, or roll it back to take it anew.`,
        otherwise,
      );
    case 'pause':
      return sentence(`You can use break-glass on ${where} again ${moment(limit.until)}.`, otherwise);
    case 'per-day':
      return sentence(
        `You have used break-glass as often as one day allows, until ${moment(limit.until)}.`,
        otherwise,
      );
  }
}

const COLUMNS = [
  'ends',
  'state',
  'person',
  'level',
  'cluster',
  'approved by',
  'break-glass',
  'reason',
  'request',
];

/** Grants as CSV, all of them; people by their Slack user ids. */
export function grantsCsv(grants: readonly Grant[]): string {
  return csv(
    COLUMNS,
    grants.map(({ endsAt, state, beneficiary, level, cluster, approvers, breakGlass, reason, id }) => [
      endsAt,
      state,
      beneficiary,
      level,
      cluster,
      approvers.join(' '),
      breakGlass ? 'yes' : 'no',
      reason,
      id,
    ]),
  );
}
