import { z } from 'zod';

const text = z.string();
const place = z.looseObject({ id: text }).nullish();
const person = z.looseObject({ id: text, team_id: text.nullish() });
const team = place;
const state = z.looseObject({ values: z.record(text, z.record(text, z.unknown())) });
const view = z.looseObject({
  id: text,
  type: text,
  callback_id: text.optional(),
  private_metadata: text.optional(),
  state: state.nullish(),
});
const action = z.looseObject({
  type: text,
  action_id: text,
  block_id: text.optional(),
  value: text.nullish(),
});

/** What Slack sends for all that Kastellan listens to, as far as Bolt and the listeners rely on it. */
const payload = z.union([
  z.looseObject({
    command: text,
    text,
    user_id: text,
    team_id: text,
    channel_id: text,
    trigger_id: text,
    response_url: text.optional(),
  }),
  z.looseObject({
    type: z.literal('block_actions'),
    user: person,
    team,
    trigger_id: text,
    response_url: text.optional(),
    actions: z.array(action).min(1),
    channel: place,
    message: z.looseObject({ ts: text }).nullish(),
    view: view.nullish(),
  }),
  z.looseObject({
    type: z.literal('view_submission'),
    user: person,
    team,
    trigger_id: text,
    view: view.extend({ callback_id: text, private_metadata: text, state }),
  }),
  z.looseObject({
    type: z.literal('event_callback'),
    team_id: text,
    event_id: text,
    event: z.looseObject({ type: text, user: text, channel: text.optional(), tab: text.optional() }),
  }),
  // Bolt answers these by itself.
  z.looseObject({ type: z.literal('url_verification'), challenge: text }),
  z.looseObject({ ssl_check: z.literal('1') }),
]);

const TYPES: ReadonlySet<string> = new Set([
  'block_actions',
  'view_submission',
  'event_callback',
  'url_verification',
]);
const EVENTS: ReadonlySet<string> = new Set(['app_home_opened', 'member_joined_channel']);
const other = z.looseObject({ type: text, event: z.looseObject({ type: text }).optional() });

/**
 * What a payload is, apart from its signature: `known`, of a kind that Kastellan listens to; `unknown`, of another kind, as Slack may
 * send at any time; `malformed`, nothing that Slack sends.
 */
export function payloadKind(body: unknown): 'known' | 'unknown' | 'malformed' {
  if (payload.safeParse(body).success) return 'known';
  const { type, event } = other.safeParse(body).data ?? {};
  if (type === undefined) return 'malformed';
  if (type === 'event_callback')
    return event === undefined || EVENTS.has(event.type) ? 'malformed' : 'unknown';
  return TYPES.has(type) ? 'malformed' : 'unknown';
}

/** What a payload says it is, for the log: `app_rate_limited`, `event_callback channel_archive`. */
export function payloadName(body: unknown): string {
  const { type, event } = other.safeParse(body).data ?? {};
  const command = z.looseObject({ command: text }).safeParse(body).data?.command;
  return [type ?? command ?? 'without a type', event?.type].filter((part) => part !== undefined).join(' ');
}
