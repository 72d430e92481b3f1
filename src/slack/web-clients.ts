import { randomUUID } from 'node:crypto';
import {
  type Logger,
  LogLevel,
  type WebAPICallResult,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRequestError,
  WebClient,
  type WebClientOptions,
} from '@slack/web-api';
import { z } from 'zod';
import { KastellanError, LATER } from '../domain/errors.ts';
import { redact } from '../domain/redaction.ts';
import type { Secret } from '../domain/secret.ts';
import type { Log, Telemetry } from '../ports/telemetry.ts';
import { withTrace } from './modal-metadata.ts';

const TIMEOUT_MS = 5_000;

export interface SlackAccess {
  readonly botToken: Secret;
  /** Base address of Slack's API, ending in `/api/`; absent: Slack itself. */
  readonly apiUrl?: string | undefined;
  readonly log: Log;
  /** How requests are sent; absent: as Node does. */
  readonly fetch?: WebClientOptions['fetch'];
}

/** Options that every client of the front shares: a time limit, few retries, and the configured address. */
export function clientOptions({ apiUrl, log, fetch }: Omit<SlackAccess, 'botToken'>): WebClientOptions {
  return {
    timeout: TIMEOUT_MS,
    // A trigger lives for three seconds, so waiting longer than that only delays the answer.
    retryConfig: { retries: 1, minTimeout: 100, maxTimeout: 300 },
    // A limit that one method met must not stop the others, which share the client's queue.
    rejectRateLimitedCalls: true,
    logger: slackLogger(log),
    ...(apiUrl !== undefined && { slackApiUrl: apiUrl }),
    ...(fetch !== undefined && { fetch }),
  };
}

/**
 * A client of its own for what people wait for: modals and private answers.
 * @param telemetry knows the trace that a modal carries along; absent where none is shown
 */
export function createFrontClient(access: SlackAccess, telemetry?: Telemetry): WebClient {
  return new FrontClient(access.botToken.reveal(), clientOptions(access), telemetry);
}

const MODALS = new Set(['views.open', 'views.push', 'views.update']);
const shown = z.looseObject({ view: z.looseObject({ private_metadata: z.string().optional() }) });

// Here and not where each modal is made: none can be forgotten.
class FrontClient extends WebClient {
  readonly #telemetry: Telemetry | undefined;
  /** Repeats nothing by itself: a form whose answer was lost is open, and its trigger is used up. */
  readonly #once: WebClient;

  constructor(token: string, options: WebClientOptions, telemetry: Telemetry | undefined) {
    super(token, options);
    this.#telemetry = telemetry;
    this.#once = new WebClient(token, { ...options, retryConfig: { retries: 0 } });
  }

  override async apiCall(method: string, options?: Record<string, unknown>): Promise<WebAPICallResult> {
    const call = MODALS.has(method) ? this.#carryTrace(options) : options;
    if (method !== 'views.open') return super.apiCall(method, call);
    try {
      return await this.#open(call);
    } catch (thrown) {
      throw refusalOf(thrown) === 'expired_trigger_id' ? tooLate(thrown) : thrown;
    }
  }

  async #open(call: Record<string, unknown> | undefined): Promise<WebAPICallResult> {
    const view = shown.safeParse(call).data?.view;
    const external_id = randomUUID();
    const opening = view === undefined ? call : { ...call, view: { ...view, external_id } };
    try {
      return await this.#once.apiCall('views.open', opening);
    } catch (lost) {
      if (!isLost(lost)) throw lost;
    }
    try {
      return await this.#once.apiCall('views.open', opening);
    } catch (thrown) {
      const refusal = refusalOf(thrown);
      if (refusal === 'exchanged_trigger_id') return { ok: true };
      if (refusal !== 'expired_trigger_id' || view === undefined) throw thrown;
      // Whether the first try came through, the form tells that bears its ID.
      const found = this.#once.apiCall('views.update', { external_id, view: { ...view, external_id } });
      return found.catch(() => Promise.reject(thrown));
    }
  }

  #carryTrace(options: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
    const traceparent = this.#telemetry?.traceparent();
    const call = shown.safeParse(options).data;
    if (traceparent === undefined || call === undefined) return options;
    const private_metadata = withTrace(call.view.private_metadata, traceparent);
    return { ...options, view: { ...call.view, private_metadata } };
  }
}

function isLost(thrown: unknown): boolean {
  return (
    thrown instanceof WebAPIRequestError || (thrown instanceof WebAPIHTTPError && thrown.statusCode >= 500)
  );
}

function refusalOf(thrown: unknown): string | undefined {
  return thrown instanceof WebAPIPlatformError ? thrown.data.error : undefined;
}

function tooLate(cause: unknown): KastellanError {
  return new KastellanError({
    code: 'slack.form-too-late',
    message: 'The form came too late: Slack lets it be opened within three seconds only.',
    hint: 'Nothing was changed; do the same again.',
    retry: LATER,
    cause,
  });
}

/** Slack's libraries log through ours: details are left out, tokens cut out. */
export function slackLogger(log: Log): Logger {
  const write =
    (level: 'info' | 'warn') =>
    (...parts: unknown[]) => {
      log[level]({ part: 'slack' }, redact(parts.map(words).join(' ')));
    };
  return {
    debug: () => undefined,
    info: write('info'),
    warn: write('warn'),
    // Their errors are mostly a lost connection, which mends itself.
    error: write('warn'),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}

function words(part: unknown): string {
  return part instanceof Error ? part.message : String(part);
}
