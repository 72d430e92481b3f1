import { createHmac } from 'node:crypto';
import { type Json, parseJson } from './json.ts';
import type { SlackApp, SlackKnobs } from './options.ts';
import type { Traffic } from './traffic.ts';

/** The three kinds of things Slack sends to an app, by their Socket Mode names. */
export type DeliveryKind = 'slash_commands' | 'interactive' | 'events_api';

/** How a delivery ended, in Slack's words; `body` is what the app acknowledged with. */
export type Delivered =
  | { outcome: 'acknowledged'; body: unknown }
  | { outcome: 'operation_timeout' | 'dispatch_failed' };

/** A way from Slack to the app. `retry` counts the attempts before this one. */
export interface Delivery {
  deliver(kind: DeliveryKind, payload: Json, retry?: number): Promise<Delivered>;
}

/**
 * Delivers by signed HTTP posts.
 * https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export class HttpDelivery implements Delivery {
  readonly #app: SlackApp;
  readonly #knobs: SlackKnobs;
  readonly #traffic: Traffic;

  constructor(app: SlackApp, knobs: SlackKnobs, traffic: Traffic) {
    this.#app = app;
    this.#knobs = knobs;
    this.#traffic = traffic;
  }

  /** Posts and reads the answer; anything but 200 counts as failed, silence as timed out. */
  async deliver(kind: DeliveryKind, payload: Json, retry = 0): Promise<Delivered> {
    const { requestUrl } = this.#app;
    if (requestUrl === undefined) return { outcome: 'dispatch_failed' };
    const { type, body } = encode(kind, payload);
    this.#traffic.add('to_app', kind, String(payload['type'] ?? payload['command'] ?? kind), payload);
    try {
      const response = await fetch(requestUrl, {
        method: 'POST',
        headers: {
          'content-type': type,
          ...signature(this.#app.signingSecret, body),
          ...(retry > 0
            ? { 'x-slack-retry-num': String(retry), 'x-slack-retry-reason': 'http_timeout' }
            : {}),
        },
        body,
        signal: AbortSignal.timeout(this.#knobs.ackTimeoutMs),
      });
      const answer = await response.text();
      this.#traffic.add('from_app', 'ack', `HTTP ${response.status}`, answer);
      if (response.status !== 200) return { outcome: 'dispatch_failed' };
      return { outcome: 'acknowledged', body: answer === '' ? undefined : (parseJson(answer) ?? answer) };
    } catch (error) {
      const late = error instanceof DOMException && error.name === 'TimeoutError';
      return { outcome: late ? 'operation_timeout' : 'dispatch_failed' };
    }
  }
}

/** The two headers by which an app knows that a request is Slack's. */
export function signature(signingSecret: string, body: string, at = Date.now()): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const digest = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  return { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${digest}` };
}

function encode(kind: DeliveryKind, payload: Json): { type: string; body: string } {
  if (kind === 'events_api') return { type: 'application/json', body: JSON.stringify(payload) };
  const form =
    kind === 'slash_commands'
      ? new URLSearchParams(
          Object.entries(payload).map(([key, value]): [string, string] => [key, String(value)]),
        )
      : new URLSearchParams({ payload: JSON.stringify(payload) });
  return { type: 'application/x-www-form-urlencoded', body: form.toString() };
}
