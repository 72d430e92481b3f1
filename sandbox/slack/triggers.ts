import { randomUUID } from 'node:crypto';
import type { SlackKnobs } from './options.ts';

interface Trigger {
  user: string;
  bornAt: number;
  used: boolean;
}

/** What a trigger gave: the person it belongs to, or Slack's error code. */
export type TriggerUse = { ok: true; user: string } | { ok: false; error: string };

/**
 * Trigger IDs: each opens one view, for a few seconds.
 * https://docs.slack.dev/reference/methods/views.open
 */
export class Triggers {
  readonly #knobs: SlackKnobs;
  readonly #triggers = new Map<string, Trigger>();

  constructor(knobs: SlackKnobs) {
    this.#knobs = knobs;
  }

  /** A new trigger of this person. */
  issue(user: string): string {
    const id = `${Date.now()}.${randomUUID().replaceAll('-', '')}`;
    this.#triggers.set(id, { user, bornAt: Date.now(), used: false });
    return id;
  }

  /** Uses a trigger up. */
  exchange(id: string): TriggerUse {
    const trigger = this.#triggers.get(id);
    if (trigger === undefined) return { ok: false, error: 'invalid_trigger_id' };
    if (trigger.used) return { ok: false, error: 'exchanged_trigger_id' };
    if (Date.now() - trigger.bornAt >= this.#knobs.triggerLifetimeMs) {
      return { ok: false, error: 'expired_trigger_id' };
    }
    trigger.used = true;
    return { ok: true, user: trigger.user };
  }
}
