import type { SlackKnobs } from './options.ts';

const MINUTE = 60_000;

/** Calls per minute of Slack's tiers; of methods with limits of their own it says "hundreds". https://docs.slack.dev/apis/web-api/rate-limits */
const TIERS = { 1: 1, 2: 20, 3: 50, 4: 100, special: 300 };

const TIER_OF: Record<string, keyof typeof TIERS> = {
  'apps.connections.open': 3,
  'usergroups.list': 2,
  'usergroups.users.list': 2,
  'conversations.list': 2,
  'users.list': 2,
  'chat.update': 3,
  'chat.delete': 3,
  'conversations.info': 3,
  'conversations.open': 3,
  'users.lookupByEmail': 3,
  'conversations.history': 3,
  'auth.test': 'special',
  'chat.getPermalink': 'special',
};

/** What `chat.postMessage` may do: about one a second and channel, with a short burst. */
const POST_BURST = 5;

/** Counts calls and says when one is too many. */
export class RateLimits {
  readonly #knobs: SlackKnobs;
  readonly #calls = new Map<string, number[]>();
  #count = 0;

  constructor(knobs: SlackKnobs) {
    this.#knobs = knobs;
  }

  /** Seconds to wait before this call is allowed; undefined when it is allowed now, which counts it. */
  wait(method: string, channel: string): number | undefined {
    const { rateLimits } = this.#knobs;
    if (rateLimits === 'off') return undefined;
    if (rateLimits !== 'real') {
      this.#count += 1;
      return this.#count % rateLimits.everyNth === 0 ? rateLimits.retryAfterSeconds : undefined;
    }
    if (method === 'chat.postMessage')
      return this.#within(`${method} ${channel}`, POST_BURST, POST_BURST * 1000);
    return this.#within(method, TIERS[TIER_OF[method] ?? 4], MINUTE);
  }

  #within(key: string, allowed: number, windowMs: number): number | undefined {
    const now = Date.now();
    const recent = (this.#calls.get(key) ?? []).filter((at) => now - at < windowMs);
    const oldest = recent[0];
    if (oldest !== undefined && recent.length >= allowed) {
      this.#calls.set(key, recent);
      return Math.max(1, Math.ceil((oldest + windowMs - now) / 1000));
    }
    this.#calls.set(key, [...recent, now]);
    return undefined;
  }
}
