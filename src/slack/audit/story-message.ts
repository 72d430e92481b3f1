import type { AuditEntry } from '../../domain/audit/audit.ts';
import type { Json } from '../../domain/json.ts';
import { stateWords } from '../../domain/requests/request.ts';
import type { AccessStoriesResult, AccessStory, Most } from '../../operations/audit/access-story.ts';
import { levelOn, quoted } from '../access/access-parts.ts';
import { aloud, header, lines, message, type SlackMessage, section } from '../blocks/blocks.ts';
import { escapeTyped } from '../blocks/escape.ts';
import { count, durationWords, moment, person } from '../blocks/words.ts';

const MOST_STORIES = 12;
const MOST_OTHERS = 20;

/** What is to be read for the message: one story more tells that there are others. */
export const MOST_SHOWN: Most = { stories: MOST_STORIES + 1, entries: 2_000, others: MOST_OTHERS };

/**
 * The story of each access, the newest first: who asked, decided, was given and lost it, and when.
 * @param about whose: markup
 * @param asFile whether the reader may have all of it as a file
 */
export function storyMessage(
  about: string,
  { stories, others, partly }: Omit<Extract<AccessStoriesResult, { readonly allowed: true }>, 'allowed'>,
  asFile: boolean,
): SlackMessage {
  const shown = stories.slice(0, MOST_STORIES);
  const besides = others.slice(0, MOST_OTHERS).map((entry) => entryLine(entry, true));
  const hasMore = stories.length > shown.length;
  const title = `${hasMore ? 'The newest ' : ''}${count(shown.length, 'request')} for access`;
  const how = asFile ? 'come as a file: type csv behind the command.' : 'are not shown.';
  const more = hasMore ? `Older requests ${how}` : '';
  const mine = partly ? ' You see the requests on which you may decide.' : '';
  return message([
    aloud(
      [`${about}: ${title}.`],
      header('story:title', title),
      section('story:about', `The story of ${about}, the newest first.${mine}`),
    ),
    ...shown.map((story) =>
      aloud([spokenStory(story)], lines(`story:${story.request.id}`, storyLines(story), 'in the audit log')),
    ),
    section('story:more', more),
    aloud(
      [],
      ...(besides.length === 0 ? [] : [lines('story:others', ['*Besides*', ...besides], 'in the audit log')]),
    ),
  ]);
}

function storyLines({ request, entries }: AccessStory): string[] {
  const { spec, cluster } = request;
  const what = levelOn({ level: spec.level, cluster });
  const events = entries
    .filter(({ action }) => WORDS[action] !== undefined)
    .map((entry) => entryLine(entry, false));
  return [`${person(spec.beneficiary)}: ${what} · request ${request.id}`, quoted(spec.reason), ...events];
}

function spokenStory({ request, grant }: AccessStory): string {
  const what = `${person(request.spec.beneficiary)}: ${levelOn({ level: request.spec.level, cluster: request.cluster })}`;
  if (grant === undefined)
    return `${what}, asked ${moment(request.createdAt)}, ${stateWords(request.state)}.`;
  const until =
    grant.state === 'ended'
      ? `ended ${moment(grant.endedAt ?? grant.endsAt)}`
      : `until ${moment(grant.endsAt)}`;
  return `${what}, asked ${moment(request.createdAt)}, ${until}.`;
}

type Detail = { readonly [key: string]: Json };

// What people want to know of a story; every step of the machinery is in the file.
const WORDS: Readonly<Record<string, (detail: Detail) => string>> = {
  'request.created': ({ durationMs, breakGlass }) => {
    const did = breakGlass === true ? 'broke the glass' : 'asked';
    return typeof durationMs === 'number' ? `${did} for ${durationWords(durationMs)}` : did;
  },
  'request.needs-no-approval': () => 'asked nobody',
  'request.approved': ({ durationMs, reason }) =>
    `approved${typeof durationMs === 'number' ? ` for ${durationWords(durationMs)}` : ''}${because(reason)}`,
  'request.denied': ({ reason }) => `denied${because(reason)}`,
  'request.withdrawn': () => 'took the request back',
  'request.revoked': ({ reason }) => `cancelled it${because(reason)}`,
  'request.expired': () => 'ended the request at its deadline',
  'request.escalated': () => 'let others decide, too',
  'request.refused': () => 'could not make a plan',
  'request.failed': () => 'did not get through',
  'grant.granted': ({ endsAt }) =>
    typeof endsAt === 'string' ? `gave it, until ${moment(endsAt)}` : 'gave it',
  'grant.shortened': ({ endsAt }) =>
    `found the clock set back; it ends${typeof endsAt === 'string' ? ` ${moment(endsAt)}` : ' earlier'}`,
  'grant.ending': ({ why, reason }) => `${why === 'done' ? 'was done' : 'took it back'}${because(reason)}`,
  'grant.prolonged': () => 'has a longer grant in its place',
  'grant.stuck': ({ problem }) => `could not take it back yet${because(problem)}`,
  'grant.ended': ({ membership, goesOnWith, refusedAtOnce, lateMs }) => {
    const late = typeof lateMs === 'number' && lateMs >= 60_000 ? `, ${durationWords(lateMs)} late` : '';
    return typeof goesOnWith === 'string' && refusedAtOnce !== true
      ? `saw its time over; it went on with ${escapeTyped(goesOnWith)}, which has the same group${late}`
      : `saw it ended${membershipWords(membership)}${late}`;
  },
  'grant.came-back': () => 'saw it come back with the account, which was restored in Entra',
  'grant.reviewed': ({ verdict, note }) =>
    `looked at it and found it ${verdict === 'right' ? 'right' : 'not right'}${because(note)}`,
  'click.refused': ({ verdict, why }) =>
    `tried to ${inWords(BUTTONS, verdict)} without effect: ${inWords(REFUSALS, why)}`,
};

const MEMBERSHIPS: Readonly<Record<string, string>> = {
  removed: 'out of the group',
  'was-gone': 'out of the group already',
  'account-gone': 'the account is deleted in Entra',
  'kept-from-before': 'still in the group, as before',
  'kept-for-other': 'still in the group for another grant',
};

function membershipWords(membership: Json | undefined): string {
  const words = typeof membership === 'string' ? MEMBERSHIPS[membership] : undefined;
  return words === undefined ? '' : `: ${words}`;
}

const BUTTONS = {
  ask: 'ask for it',
  approve: 'approve it',
  deny: 'deny it',
  withdraw: 'withdraw it',
  retry: 'go on with it',
  'roll-back': 'roll it back',
  revoke: 'take it back',
  review: 'look at it',
  link: 'link somebody',
  snooze: 'snooze a reminder',
};

const REFUSALS = {
  'not-a-requester': 'they may not ask for it',
  'own-request': 'it was their own request',
  'own-access': 'it was for themselves',
  'not-an-approver': 'they do not decide on it',
  'not-a-reviewer': 'they do not decide on it',
  'not-asker': 'somebody else had asked for it',
  'not-allowed': 'it is for others to do',
  'still-planning': 'there was no plan yet',
  'plan-changed': 'the plan had changed',
  'goes-with-batch': 'it is decided on with other clusters',
  'decided-before': 'they had decided already',
  'reviewed-before': 'they had looked at it already',
  'nothing-to-review': 'it had been looked at already',
  'same-account': 'by their Entra account it was their own, or decided on already',
  'account-unknown': 'Entra did not say who they are',
  'already-decided': 'it had been decided on already',
  'too-late': 'it was too late',
  'no-digest': 'the button named no plan',
  'wrong-seal': 'Kastellan did not make the button',
  'another-message': 'it was not on the card',
  'another-text': 'the card had been changed',
  'another-home': 'Kastellan did not draw the home tab',
  'second-copy': 'it was on a second copy of the card',
  outdated: 'an earlier version had drawn it',
};

// What a newer version has written, this one may have no words for.
function inWords(words: Readonly<Record<string, string>>, code: Json | undefined): string {
  const text = typeof code === 'string' ? code : 'something';
  return Object.hasOwn(words, text) ? (words[text] ?? '') : escapeTyped(text);
}

function because(text: Json | undefined): string {
  return typeof text === 'string' && text !== '' ? `: ${quoted(text)}` : '';
}

function entryLine({ at, actor, action, detail, requestId }: AuditEntry, alone: boolean): string {
  const said = WORDS[action]?.(detail ?? {}) ?? escapeTyped(action);
  const where = alone && requestId !== undefined ? ` · request ${escapeTyped(requestId)}` : '';
  return `${moment(at)}  ${person(actor)} ${said}${where}`;
}
