import { durationText } from '../duration.ts';
import { visibleCharacters } from '../requests/reason.ts';
import type { Policy } from '../requests/rules.ts';

/** What somebody wants to be given, for how long and why. */
export interface AccessSpec {
  /** The access level's name in the configuration: `admin`. */
  readonly level: string;
  /** Slack user id of the person who gets it. */
  readonly beneficiary: string;
  /** Milliseconds that were asked for; approvers may give less. */
  readonly durationMs: number;
  /** As it was typed. */
  readonly reason: string;
  /** The grant that is to last longer. */
  readonly prolongs?: string;
  /** Given at once, and reviewed afterwards. */
  readonly breakGlass?: boolean;
}

/** What a person asks for, not yet believed. */
export interface AccessForm {
  readonly cluster: string;
  readonly level: string;
  /** Slack user id. */
  readonly beneficiary: string;
  /** Milliseconds; NaN where it could not be read. */
  readonly durationMs: number;
  readonly reason: string;
  /** The grant that is to last longer. */
  readonly prolongs?: string;
}

/** One mistake, at the field where it was made. */
export interface AccessProblem {
  readonly field: 'cluster' | 'level' | 'beneficiary' | 'duration' | 'reason';
  readonly message: string;
}

export type AccessReading =
  | { readonly ok: true; readonly spec: AccessSpec }
  | { readonly ok: false; readonly problems: readonly AccessProblem[] };

const MAX_CHARS = 1_000;
const SHORTEST_MS = 60_000;

/** Reads what was asked for and finds every mistake that needs no look at the world. */
export function readAccessForm(form: AccessForm, rules: Policy): AccessReading {
  const problems: AccessProblem[] = [];
  const level = rules.accessLevels.find(({ name }) => name === form.level);
  const reason = form.reason.trim();
  if (rules.clusters.every(({ name }) => name !== form.cluster)) {
    problems.push({ field: 'cluster', message: 'There is no cluster with this name in the configuration.' });
  }
  if (level === undefined) {
    const names = rules.accessLevels.map(({ name }) => name).join(', ');
    problems.push({
      field: 'level',
      message: `There is no access level with this name. There are: ${names}.`,
    });
  }
  const duration = level === undefined ? undefined : durationProblem(form.durationMs, level.access.longest);
  if (duration !== undefined) problems.push({ field: 'duration', message: duration });
  if (visibleCharacters(reason) === 0) {
    problems.push({ field: 'reason', message: 'Say what it is for: whoever approves reads it first.' });
  } else if (reason.length > MAX_CHARS) {
    problems.push({ field: 'reason', message: `The reason is longer than ${MAX_CHARS} characters.` });
  }
  if (problems.length > 0) return { ok: false, problems };
  const { level: name, beneficiary, durationMs, prolongs } = form;
  return {
    ok: true,
    spec: { level: name, beneficiary, durationMs, reason, ...(prolongs !== undefined && { prolongs }) },
  };
}

/**
 * What is wrong with a duration, in words.
 * @param longestMs the longest that is allowed, in milliseconds
 */
export function durationProblem(durationMs: number, longestMs: number): string | undefined {
  if (!Number.isFinite(durationMs)) return 'Write the duration like 30m, 2h or 1d.';
  if (durationMs < SHORTEST_MS) return 'Shorter than a minute is no use: Entra needs that long itself.';
  return durationMs > longestMs ? `The longest is ${durationText(longestMs)}.` : undefined;
}
