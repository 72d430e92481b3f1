import { randomUUID } from 'node:crypto';
import type { SlackKnobs } from './options.ts';

/** Where an answer to a response URL goes. */
export interface ResponseTarget {
  user: string;
  channel: string;
  /** The message the person acted on, if any. */
  messageTs: string | undefined;
}

interface Entry extends ResponseTarget {
  bornAt: number;
  uses: number;
}

/** What a response URL gave: its target, or Slack's error code. */
export type ResponseUse = { ok: true; target: ResponseTarget } | { ok: false; error: string };

/**
 * Response URLs: five answers within 30 minutes.
 * https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
 */
export class ResponseUrls {
  readonly #knobs: SlackKnobs;
  readonly #entries = new Map<string, Entry>();

  constructor(knobs: SlackKnobs) {
    this.#knobs = knobs;
  }

  /** The path of a new response URL, to be put behind Slack's address. */
  issue(target: ResponseTarget): string {
    const id = randomUUID();
    this.#entries.set(id, { ...target, bornAt: Date.now(), uses: 0 });
    return `/hooks/response/${id}`;
  }

  /** Counts one use. */
  use(id: string): ResponseUse {
    const entry = this.#entries.get(id);
    if (entry === undefined || Date.now() - entry.bornAt >= this.#knobs.responseUrlLifetimeMs) {
      return { ok: false, error: 'expired_url' };
    }
    entry.uses += 1;
    if (entry.uses > this.#knobs.responseUrlUses) return { ok: false, error: 'used_url' };
    return { ok: true, target: entry };
  }
}
