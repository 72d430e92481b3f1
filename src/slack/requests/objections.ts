import { approvalAge } from '../../domain/requests/deadline.ts';
import { approvalCount, type Objection } from '../../domain/requests/policy.ts';
import type { Request } from '../../domain/requests/request.ts';
import type { ApprovalRule } from '../../domain/requests/rules.ts';
import type { ClickDoubt } from '../../operations/requests/refuse-click.ts';
import type { ResumeResult } from '../../operations/requests/resume.ts';
import type { WithdrawResult } from '../../operations/requests/withdraw.ts';
import type { SlackMessage } from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { approverNames, asker, listed, moment, person } from '../blocks/words.ts';
import { sentence } from '../teaching.ts';
import { revocationWords, whyExpired } from './ended-cards.ts';
import { wordsOf } from './request-words.ts';

const SAME_AS = {
  asker: 'who asked for this',
  beneficiary: 'whom this access is for',
  member: 'whom this makes a permanent member',
  approver: 'who approved this already with another Slack account',
} as const;

/** Why a decision does not count, to the person who made it. */
export function objectionMessage(
  objection: Objection | { readonly kind: 'plan-changed' },
  rule: ApprovalRule,
): SlackMessage {
  switch (objection.kind) {
    case 'own-request':
      return sentence('You asked for this yourself, so somebody else has to approve it.');
    case 'own-access':
      return sentence('This access is for you, so somebody else has to approve it.');
    case 'own-membership':
      return sentence('This makes you a permanent member, so somebody else has to approve it.');
    case 'same-account':
      return sentence(
        `In Entra you are ${escapeTyped(objection.account.name, 100)} (${escapeTyped(objection.account.objectId)}), ${SAME_AS[objection.as]}, so somebody else has to approve it.`,
        'If that is not your account, ask an operator: `/kasten link` says whose it is.',
      );
    case 'account-unknown':
      return sentence(
        `Your approval was not counted: Kastellan has to know from Entra who ${person(objection.slackUserId)} is, so that nobody approves their own request under another name.`,
        escapeMarkup(objection.message),
        objection.hint === undefined
          ? 'Then approve again.'
          : `${escapeMarkup(objection.hint)} Then approve again.`,
      );
    case 'not-an-approver':
      return sentence(`Only ${approverNames(rule.approvers)} can decide on this. Ask there if it is urgent.`);
    case 'still-planning':
      return sentence('The plan is being made just now. Read it on the card when it is there, then decide.');
    case 'goes-with-batch':
      return sentence('This is decided on together with the other clusters, on the card of them all.');
    case 'plan-changed':
      return sentence('The plan has changed since you looked. Read the new one on the card, then decide.');
    case 'decided-before': {
      const { verdict, at } = objection.decision;
      return sentence(
        `You ${verdict === 'approve' ? 'approved' : 'denied'} this already, ${moment(at)}; it waits for somebody else.`,
      );
    }
    case 'already-decided':
      return sentence(...howItStands(objection.request));
  }
}

/**
 * Why a button does not count that is not on what Kastellan drew.
 * @param card the card of the request that it is about, if it is about one, with its permanent link once there is one
 */
export function foreignMessage(
  why: ClickDoubt,
  card: { readonly link: string | undefined } | undefined,
): SlackMessage {
  const posted =
    card?.link === undefined ? 'its card, which is posted in a moment' : `<${card.link}|its card>`;
  const where = card === undefined ? 'the newest message about it' : posted;
  switch (why) {
    case 'outdated':
      return sentence(
        'Kastellan was updated since this was drawn, so the button did not count.',
        'Press it again in a moment, or ask for a new message with `/kasten grants`.',
      );
    case 'second-copy':
      return sentence(
        `This was a second copy of the card, so the button did not count. Press it on ${where}.`,
      );
    default:
      return sentence(
        'Kastellan did not draw what you just pressed, so it did not count and nothing was changed.',
        `A person may be misusing Kastellan's access to Slack; the operators were told. Press buttons for this on ${where} only.`,
      );
  }
}

/** What became of a request: who decided, when, and why. */
export function howItStands(request: Request): string[] {
  const denial = request.decisions.findLast(({ verdict }) => verdict === 'deny');
  const ended = moment(request.endedAt ?? request.changedAt);
  switch (request.state) {
    case 'denied':
      if (denial === undefined) return [`This was denied ${ended}.`];
      return [
        `${person(denial.by)} denied this ${moment(denial.at)}${denial.reason === undefined ? '.' : `: ${escapeTyped(denial.reason, 1_000)}`}`,
      ];
    case 'withdrawn':
      if (request.revocation !== undefined) return [revocationWords(request.revocation)];
      return [`${asker(request)} withdrew this ${ended}.`];
    case 'expired':
      return [`This expired ${ended}.`, whyExpired(request), `Ask again with ${wordsOf(request).again}.`];
    case 'refused':
      return [`This was not possible as asked: ${escapeTyped(request.failure?.message ?? 'see the card')}`];
    case 'planning':
    case 'pending':
      return [`This waits for a decision: ${approvalCount(request)} of ${request.required} approved.`];
    default:
      return [approvedWords(request), STATE_WORDS[request.state]];
  }
}

const STATE_WORDS = {
  approved: 'It is about to run.',
  running: 'It is running.',
  done: 'It is done.',
  failed: 'It stopped and waits for somebody: see the card.',
  undoing: 'It is being rolled back.',
  undone: 'It was rolled back.',
  'needs-operator': 'It could not be rolled back and waits for somebody: see the card.',
} as const;

function approvedWords({ decisions }: Request): string {
  const approvals = decisions.filter(({ verdict }) => verdict === 'approve');
  const last = approvals.at(-1);
  return last === undefined
    ? ''
    : `${listed(approvals.map(({ by }) => person(by)))} approved this ${moment(last.at)}.`;
}

/** Why a request was not withdrawn; undefined when it was. */
export function withdrawMessage(result: WithdrawResult): SlackMessage | undefined {
  if (result.withdrawn) return undefined;
  return result.why === 'not-asker'
    ? sentence(`Only ${person(result.request.asker)}, who asked, can withdraw this. Approvers can deny it.`)
    : sentence('This can no longer be withdrawn.', ...howItStands(result.request));
}

/** Why a request does not go on; undefined when it does. */
export function resumeMessage(result: ResumeResult, now: Date): SlackMessage | undefined {
  if (result.resumed) return undefined;
  switch (result.why) {
    case 'not-allowed':
      return sentence(
        `Only ${person(result.request.asker)}, ${approverNames(result.rule.approvers)}, and Kastellan's operators can do this.`,
      );
    case 'too-old':
      return sentence(...tooOldWords(result.request, now));
    case 'too-late':
      return sentence('Somebody was faster.', ...howItStands(result.request));
  }
}

// A failed rotation or tear-down has to come to its end before another one can be asked for.
function tooOldWords(request: Request, now: Date): string[] {
  const age = approvalAge(request, now);
  const { again } = wordsOf(request);
  const first = request.kind === 'rotation' || request.kind === 'teardown' ? 'Roll it back, then ask' : 'Ask';
  return [
    `It could be tried again until ${moment(request.expiresAt ?? request.changedAt)}.`,
    age === undefined ? '' : `Its approval is ${age} old.`,
    `Nothing was changed. ${first} again with ${again}.`,
  ];
}
