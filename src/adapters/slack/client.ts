import { type Logger, LogLevel, WebClient, type WebClientOptions } from '@slack/web-api';
import { redact } from '../../domain/redaction.ts';
import type { Secret } from '../../domain/secret.ts';
import type { Log } from '../../ports/telemetry.ts';

const TIMEOUT_MS = 10_000;

export interface SlackClientOptions {
  /** The bot token (`xoxb-`). */
  readonly token: Secret;
  /** Base address of Slack's API, ending in `/api/`; absent: Slack itself. */
  readonly apiUrl?: string | undefined;
  readonly log: Log;
  /** How requests are sent; absent: as Node does. */
  readonly fetch?: WebClientOptions['fetch'];
}

/**
 * A client for work in the background. It retries nothing by itself: it would post a message twice when only the answer
 * was lost, and a limit on one method would stop all others.
 */
export function createSlackClient({ token, apiUrl, log, fetch }: SlackClientOptions): WebClient {
  return new WebClient(token.reveal(), {
    timeout: TIMEOUT_MS,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: quietLogger(log),
    ...(apiUrl !== undefined && { slackApiUrl: apiUrl }),
    ...(fetch !== undefined && { fetch }),
  });
}

// Failures are logged where they are understood; the library's own lines would repeat them.
function quietLogger(log: Log): Logger {
  const warn = (...parts: unknown[]) => log.warn({ part: 'slack' }, redact(parts.map(String).join(' ')));
  return {
    debug: () => undefined,
    info: () => undefined,
    warn,
    error: warn,
    setLevel: () => undefined,
    getLevel: () => LogLevel.WARN,
    setName: () => undefined,
  };
}
