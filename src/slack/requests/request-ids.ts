import type { Request } from '../../domain/requests/request.ts';

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

/** The value of a decision's button: it names the plan the person looked at, so that an older one does not count. */
export function decisionValue(request: Pick<Request, 'id' | 'planDigest'>): string {
  return `${request.id}:${request.planDigest ?? ''}`;
}

/** Reads a button's value. */
export function readValue(value: string): { requestId: string; planDigest: string | undefined } | undefined {
  const match = /^([0-9a-z]{4,32})(?::([0-9a-f]{0,64}))?$/.exec(value);
  if (match?.[1] === undefined) return undefined;
  return { requestId: match[1], planDigest: match[2] };
}

/** A block's id: stable over edits, so that Slack keeps the place a reader is at. */
export function blockId(request: Pick<Request, 'id'>, part: string): string {
  return `card:${request.id}:${part}`;
}
