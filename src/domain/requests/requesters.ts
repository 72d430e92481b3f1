import { KastellanError } from '../errors.ts';
import { ruleOfKind } from './policy.ts';
import type { Policy, Requesters, WhoMay } from './rules.ts';

/** What a person wants to ask for, as far as it decides whether they may. */
export type Wish =
  /** Several set-ups at once are asked for as one is. */
  | { readonly kind: 'setup' | 'rotation' | 'teardown' }
  | {
      readonly kind: 'access';
      /** The access level's name. */
      readonly level: string;
      /** Whether it is for another person. */
      readonly onBehalf: boolean;
    };

const NONE: Requesters = { userGroups: [], users: [], entraGroups: [] };

/** Who may ask for this; undefined: every full member of the workspace. */
export function requestersOf(rules: Policy, wish: Wish): Requesters | undefined {
  if (wish.kind !== 'access') return ruleOfKind(rules, wish.kind).requesters;
  const access = rules.accessLevels.find(({ name }) => name === wish.level)?.access;
  // A level that is not configured is asked for in vain.
  if (access === undefined) return NONE;
  if (!wish.onBehalf) return access.requesters;
  // Without an approval, the right to ask would be the right to give.
  return access.onBehalf ?? (access.required === 0 ? NONE : access.requesters);
}

/**
 * Whom to ask instead: those who may ask, as far as they are named in Slack, else those who decide; undefined where each
 * person can only ask for themselves.
 */
export function whomToAsk(rules: Policy, wish: Wish): WhoMay | undefined {
  const requesters = requestersOf(rules, wish) ?? NONE;
  if (requesters.userGroups.length + requesters.users.length > 0) return requesters;
  if (wish.kind !== 'access') return ruleOfKind(rules, wish.kind).approvers;
  if (wish.onBehalf && requesters.entraGroups.length === 0) return undefined;
  return rules.accessLevels.find(({ name }) => name === wish.level)?.access.approvers;
}

interface Refusal {
  readonly wish: Wish;
  /** As `whomToAsk` gives it. */
  readonly instead: WhoMay | undefined;
  /** Why Entra groups could not count for the person, plain; undefined where they did not matter or were read. */
  readonly unfit?: string | undefined;
}

/** That a person may not ask for this, with whom to ask instead. */
export class NotARequester extends KastellanError {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super({
      code: 'request.not-a-requester',
      message: 'This person may not ask for this.',
      hint: 'The configuration names who may: requesters and onBehalf.',
    });
    this.refusal = refusal;
  }
}
