import type { Request } from '../../domain/requests/request.ts';
import { REMINDER_ACTIONS } from '../secrets/reminder-ids.ts';

/** Action ids of a request's buttons: what the listeners listen to. */
export const ACTIONS = {
  approve: 'request.approve',
  approveLess: 'request.approve-less',
  deny: 'request.deny',
  diff: 'request.diff',
  withdraw: 'request.withdraw',
  retry: 'request.retry',
  rollBack: 'request.roll-back',
  status: 'request.status',
  ask: 'access.ask',
  more: 'grant.more',
  done: 'grant.done',
  revoke: 'grant.revoke',
  notNow: 'rotation.not-now',
  rotate: 'rotation.ask',
  review: 'grant.review',
  askAgain: 'setup.ask-again',
  acceptAdmin: 'admin.accept',
  open: 'link.open',
} as const;

/** Buttons of messages that only one person sees: direct messages and private answers. Some are on cards, too. */
export const PERSONAL: ReadonlySet<string> = new Set([
  ACTIONS.done,
  ACTIONS.revoke,
  ACTIONS.review,
  ACTIONS.rotate,
  ACTIONS.acceptAdmin,
]);

/** Buttons that change something: they count only on the card, message or home tab that Kastellan drew. */
export const ACTING: ReadonlySet<string> = new Set([
  ACTIONS.approve,
  ACTIONS.approveLess,
  ACTIONS.deny,
  ACTIONS.withdraw,
  ACTIONS.retry,
  ACTIONS.rollBack,
  ACTIONS.notNow,
  REMINDER_ACTIONS.rotate,
  REMINDER_ACTIONS.snooze,
  ...PERSONAL,
]);

/** Those of them that decide on a plan, and so have to name the plan. */
export const DECIDING: ReadonlySet<string> = new Set([ACTIONS.approve, ACTIONS.approveLess, ACTIONS.deny]);

/** The value of a decision's button: it names the plan the person looked at, so that an older one does not count. */
export function decisionValue(request: Pick<Request, 'id' | 'planDigest'>): string {
  return `${request.id}:${request.planDigest ?? ''}`;
}

/** A button's value with the seal of its card. */
export function sealedValue(value: string, seal: string): string {
  return value.includes(':') ? `${value}:${seal}` : `${value}::${seal}`;
}

/** What a button stands for. */
export interface ButtonValue {
  /** Id of a request, or of the grant or reminder that the button is about. */
  readonly requestId: string;
  /** Digest of the plan that was shown with the button. */
  readonly planDigest: string | undefined;
  /** Seal of the card that the button is on. */
  readonly seal: string | undefined;
}

/** Reads a button's value. */
export function readValue(value: string): ButtonValue | undefined {
  const [, requestId, planDigest, seal] =
    /^([0-9a-z]{4,32})(?::([0-9a-f]{0,64})(?::([0-9a-f]{16}))?)?$/.exec(value) ?? [];
  if (requestId === undefined) return undefined;
  return { requestId, planDigest: planDigest === '' ? undefined : planDigest, seal };
}

/** A value that is no id of a request, without its seal. */
export function readSealed(value: string): { readonly text: string; readonly seal: string | undefined } {
  const [, text, seal] = /^(.*)::([0-9a-f]{16})$/s.exec(value) ?? [];
  return { text: text ?? value, seal };
}

/** A block's id: stable over edits, so that Slack keeps the place a reader is at. */
export function blockId(request: Pick<Request, 'id'>, part: string): string {
  return `card:${request.id}:${part}`;
}
