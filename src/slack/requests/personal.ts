import { lastApproval } from '../../domain/requests/deadline.ts';
import {
  type Request,
  type RequestOf,
  type RequestState,
  stateWords,
} from '../../domain/requests/request.ts';
import { FORGED_BUTTON } from '../../operations/requests/refuse-click.ts';
import type {
  AnchorProblemView,
  ClosedChannel,
  ForgeryView,
  PersonalView,
  RequestView,
} from '../../ports/messenger.ts';
import { levelOn, quoted } from '../access/access-parts.ts';
import { grantMessage, grantNews } from '../access/access-personal.ts';
import { linkMessage } from '../access/link-message.ts';
import { actions, linkButton, message, type SlackMessage, section } from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { approverNames, askedBy, asker, moment, person } from '../blocks/words.ts';
import { aboutReminder } from '../secrets/reminder-card.ts';
import { memoryMessage } from '../status/memory-message.ts';
import { batchSummary } from './batch-words.ts';
import { calledOffWords, isNotNeeded, revocationWords, whyExpired } from './ended-cards.ts';
import { retryWords } from './failed-card.ts';
import { signInButtons, withheldSignIn } from './outcome-parts.ts';
import { ACTIONS, blockId } from './request-ids.ts';
import { wordsOf } from './request-words.ts';

export interface PersonalContext {
  /** Slack user id of the reader. */
  readonly to: string;
  /** What it is about: `grant-ends-soon`. */
  readonly topic: string;
  /** Permanent link to the card. */
  readonly cardLink?: string;
  /** Why the card cannot be shown now. */
  readonly closed?: ClosedChannel;
}

const CLOSED_WORDS: Readonly<Record<ClosedChannel, string>> = {
  archived: 'the approvals channel is archived',
  missing: 'the approvals channel does not exist, or is private and Kastellan is not in it',
  'not-a-member': 'Kastellan is not in the approvals channel',
  'read-only': 'Kastellan may not post in the approvals channel',
};

const ENDS: ReadonlySet<RequestState> = new Set(['refused', 'done', 'failed']);

type Words = (request: Request, view: RequestView) => string[];

const ASKER_WORDS: Readonly<Partial<Record<RequestState, Words>>> = {
  pending: (request, { approvers }) => [
    request.kind === 'access'
      ? `Your request ${request.id} for ${on(request)} waits for ${approverNames(approvers)}.`
      : `The plan for ${on(request)} is ready and waits for ${approverNames(approvers)}.`,
    request.expiresAt === undefined ? '' : `Without a decision it ends ${moment(request.expiresAt)}.`,
  ],
  refused: (request) => [
    `${start(request)} is ${isNotNeeded(request) ? 'not needed' : 'not possible yet'}.`,
    ...failureWords(request),
    'Nothing was changed.',
  ],
  denied: (request) => {
    const denial = request.decisions.findLast(({ verdict }) => verdict === 'deny');
    if (denial === undefined) return [`${start(request)} was denied.`];
    const reason = denial.reason === undefined ? '' : `: "${escapeTyped(denial.reason, 1_000)}"`;
    return [`${person(denial.by)} denied ${on(request)}${reason}`, 'Nothing was changed.'];
  },
  withdrawn: (request) => {
    if (request.revocation !== undefined)
      return [
        `${start(request)} was cancelled.`,
        revocationWords(request.revocation),
        'Nothing was changed.',
      ];
    return request.kind === 'rotation' && request.spec.calledOffBy !== undefined
      ? [`${start(request)} was called off.`, ...calledOffWords(request)]
      : [`${start(request)} was withdrawn.`];
  },
  expired: (request) => [
    lastApproval(request) === undefined && request.required > 0
      ? `Nobody decided on ${on(request)} in time.`
      : `${start(request)} expired. ${whyExpired(request)} Nothing was changed.`,
    `Ask again with ${wordsOf(request).again}.`,
  ],
  done: (request) =>
    request.startedAt === undefined ? [wordsOf(request).nothingToDo] : [wordsOf(request).done],
  failed: (request) => [
    `${start(request)} stopped and waits for somebody.`,
    ...failureWords(request),
    'What was done is kept; on the card you can go on from there or roll back.',
  ],
  undone: (request) => [
    `${start(request)} was rolled back.`,
    request.revocation === undefined ? '' : revocationWords(request.revocation),
    wordsOf(request).rollBack.did,
  ],
  'needs-operator': (request) => [
    `Rolling back ${on(request)} did not get through.`,
    ...failureWords(request),
    'The card lists what is left behind.',
  ],
};

type AboutRequests = Exclude<PersonalView, AnchorProblemView>;

/** What one person is told directly about what a card shows. */
export function personalMessage(view: AboutRequests, reader: PersonalContext): SlackMessage {
  if ('link' in view) return linkMessage(view);
  if ('forgery' in view) return forgeryMessage(view);
  if ('memory' in view) return memoryMessage(view);
  return 'request' in view ? aboutRequest(view, reader) : aboutReminder(view, reader);
}

// The asker hears how it goes, others that it waits for them.
function aboutRequest(view: RequestView, reader: PersonalContext): SlackMessage {
  const { request } = view;
  const isForgery = reader.topic === FORGED_BUTTON;
  const own = (isForgery ? undefined : accessMessage(view, reader)) ?? requestMessage(view, reader);
  const said = own.said.filter((text) => text !== '');
  const buttons = [
    ...own.buttons,
    ...(reader.cardLink === undefined
      ? []
      : [linkButton(`${ACTIONS.open}.card`, 'Show the card', reader.cardLink, `Show request ${request.id}`)]),
  ];
  return message([
    section(blockId(request, 'told'), said.join('\n')),
    ...(buttons.length === 0 ? [] : [actions(blockId(request, 'told-actions'), buttons)]),
  ]);
}

type Parts = ReturnType<typeof grantMessage>;

// What became of access is told to whoever has it in their own words; all else is told as for any request.
function accessMessage(view: RequestView, { to, topic }: PersonalContext): Parts | undefined {
  const { grant } = view;
  if (grant === undefined || view.request.kind !== 'access') return undefined;
  const about = { ...view, request: view.request };
  return to === grant.beneficiary ? grantMessage(about, grant, topic) : grantNews(about, grant, topic);
}

function requestMessage(view: RequestView, { to, topic, closed }: PersonalContext): Parts {
  const { request } = view;
  if (topic === FORGED_BUTTON) return { said: forgedWords(request), buttons: [] };
  const words = to === request.asker ? askerWords(view) : otherWords(view);
  const unseen = closed === undefined ? [] : unseenWords(view, closed);
  const waits = closed !== undefined && request.state === 'pending';
  const ends =
    request.expiresAt === undefined ? '' : `Without a decision it ends ${moment(request.expiresAt)}.`;
  const said = waits ? [...unseen, ends] : [...words, ...unseen];
  const isOver = to === request.asker && request.state === 'done';
  return isOver
    ? { said: [...said, withheldSignIn(view)], buttons: signInButtons(view) }
    : { said, buttons: [] };
}

const TOKEN_IS_OUT =
  "Only a person who holds Kastellan's bot token can make such a button. Reinstall the app in Slack to replace the token, give Kastellan the new one, and find out who could read the old one.";

function forgeryMessage({ forgery: { action, actor } }: ForgeryView): SlackMessage {
  const said = [
    `:warning: ${person(actor)} pressed a button (\`${escapeTyped(action)}\`) on a message or home tab that Kastellan did not draw. It did not count, and nothing was changed.`,
    TOKEN_IS_OUT,
    'The audit log names the message: `click.refused`. Later attempts of today are recorded there only.',
  ];
  return message([section('forgery', said.join('\n'))]);
}

function forgedWords(request: Request): string[] {
  return [
    `:warning: A button for ${on(request)} was pressed on a message or home tab that Kastellan did not draw. It did not count, and nothing was changed.`,
    TOKEN_IS_OUT,
    `The audit log names the message and the person who pressed it: request ${request.id}, \`click.refused\`. Later attempts for this request are recorded there only.`,
  ];
}

// Without the card nobody can decide, or go on, and waiting would be in vain.
function unseenWords({ request }: RequestView, closed: ClosedChannel): string[] {
  return [
    request.state === 'pending'
      ? `The plan for ${on(request)} is ready, but nobody can see it: ${CLOSED_WORDS[closed]}.`
      : `The card of ${on(request)} cannot be shown: ${CLOSED_WORDS[closed]}.`,
    'Ask an operator to put that right: /kasten doctor says how. Then the card is posted by itself.',
  ];
}

function askerWords(view: RequestView): string[] {
  const { request, parts } = view;
  // What became of each cluster says more than what became of all.
  if (parts !== undefined && ENDS.has(request.state)) {
    return batchSummary(parts, parts.length, new Date(request.changedAt));
  }
  return (
    ASKER_WORDS[request.state]?.(request, view) ?? [`${start(request)} is ${stateWords(request.state)}.`]
  );
}

function otherWords({ request }: RequestView): string[] {
  if (request.kind === 'access' && request.spec.breakGlass === true) return glassWords(request);
  if (request.state === 'failed') {
    const waits = `${start(request)}, ${askedBy(request)}, stopped and waits for somebody.`;
    return [waits, ...failureWords(request), retryWords(request)];
  }
  if (request.state !== 'pending')
    return [`${start(request)}, ${askedBy(request)}, is ${stateWords(request.state)}.`];
  return [
    `${asker(request)} waits for a decision on ${on(request)}.`,
    request.kind === 'access' ? quoted(request.spec.reason) : '',
    request.expiresAt === undefined ? '' : `It ends ${moment(request.expiresAt)}.`,
  ];
}

function glassWords(request: RequestOf<'access'>): string[] {
  const { asker: who, cluster, spec, state } = request;
  const reason = quoted(spec.reason);
  if (state !== 'refused') return [`${wordsOf(request).wish} ${reason}`, 'Approvers look at it afterwards.'];
  const wanted = `${person(who)} wanted to take ${levelOn({ level: spec.level, cluster })} without asking, and was given nothing: ${reason}`;
  return [wanted, ...failureWords(request), 'Nobody has to look at it.'];
}

function failureWords({ failure }: Request): string[] {
  if (failure === undefined) return [];
  const hint = failure.hint === undefined ? [] : [escapeMarkup(failure.hint)];
  return [escapeMarkup(failure.message), ...hint];
}

function on(request: Request): string {
  return escapeTyped(wordsOf(request).inSentence);
}

function start(request: Request): string {
  const words = on(request);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
