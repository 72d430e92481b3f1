import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api';
import { KastellanError, LATER } from '../../domain/errors.ts';

/** What a failed call of Slack's API means. */
export type SlackProblem =
  | { readonly kind: 'rate-limited'; readonly afterMs: number }
  /** Slack is away; `ambiguous` when the call may have taken effect all the same. */
  | { readonly kind: 'away'; readonly ambiguous: boolean; readonly detail: string }
  /** Slack said no, and will say no again. */
  | { readonly kind: 'refused'; readonly error: string; readonly detail: string };

const PASSING = new Set(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout']);
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/** Reads an error of Slack's client; undefined where it is something else. */
export function slackProblem(thrown: unknown): SlackProblem | undefined {
  if (thrown instanceof WebAPIRateLimitedError) {
    return { kind: 'rate-limited', afterMs: thrown.retryAfter * 1_000 };
  }
  if (thrown instanceof WebAPIPlatformError) {
    const { error, response_metadata } = thrown.data;
    if (error === 'ratelimited') return { kind: 'rate-limited', afterMs: 5_000 };
    if (PASSING.has(error)) return { kind: 'away', ambiguous: true, detail: error };
    return { kind: 'refused', error, detail: [error, ...(response_metadata?.messages ?? [])].join(' ') };
  }
  if (thrown instanceof WebAPIHTTPError) {
    return { kind: 'away', ambiguous: thrown.statusCode >= 500, detail: `HTTP ${thrown.statusCode}` };
  }
  if (thrown instanceof WebAPIRequestError) {
    return { kind: 'away', ambiguous: !wasNeverSent(thrown.original), detail: thrown.message };
  }
  // The client raises a plain error for a limit without a time.
  const limited = thrown instanceof Error && thrown.message.startsWith('Retry header');
  return limited ? { kind: 'rate-limited', afterMs: 5_000 } : undefined;
}

function wasNeverSent(error: Error): boolean {
  const { code } = (error.cause ?? error) as { code?: string };
  return code !== undefined && NEVER_SENT.has(code);
}

/**
 * A failed call as a KastellanError: `slack.scope-missing`, `slack.refused`, `slack.rate-limited`, `slack.unreachable`.
 * @param doing what Kastellan wanted: `read who is in a user group`
 */
export function asSlackError(thrown: unknown, doing: string): unknown {
  const problem = slackProblem(thrown);
  if (problem === undefined) return thrown;
  if (problem.kind === 'refused') return refused(problem.error, doing, thrown);
  const afterMs = problem.kind === 'rate-limited' ? problem.afterMs : undefined;
  return new KastellanError({
    code: afterMs === undefined ? 'slack.unreachable' : 'slack.rate-limited',
    message: `Slack did not let Kastellan ${doing} just now.`,
    hint:
      afterMs === undefined
        ? 'Try again in a moment.'
        : `Try again in ${Math.ceil(afterMs / 1_000)} seconds.`,
    retry: afterMs === undefined ? LATER : { when: 'later', afterMs },
    cause: thrown,
  });
}

function refused(error: string, doing: string, cause: unknown): KastellanError {
  if (error === 'missing_scope') {
    return new KastellanError({
      code: 'slack.scope-missing',
      message: `The Slack app lacks a scope, so Kastellan cannot ${doing}.`,
      hint: 'Run /kasten doctor: it names the scope. Add it and install the app again.',
      cause,
    });
  }
  return new KastellanError({
    code: 'slack.refused',
    message: `Slack refused to let Kastellan ${doing}: ${error}.`,
    hint: 'Run /kasten doctor.',
    cause,
  });
}
