/** A person of the workspace. `tz` is an IANA zone; the flags are Slack's own, false unless set. */
export interface SlackPerson {
  id: string;
  name: string;
  realName: string;
  email?: string;
  tz?: string;
  isRestricted?: boolean;
  isUltraRestricted?: boolean;
  isStranger?: boolean;
  deleted?: boolean;
  /** True unless said otherwise: Slack confirms addresses when people join. */
  isEmailConfirmed?: boolean;
}

/** A channel. `members` holds user IDs; the app is in it when its bot user's ID is among them. */
export interface SlackChannel {
  id: string;
  name: string;
  members: string[];
  isPrivate?: boolean;
  isExtShared?: boolean;
  isArchived?: boolean;
}

/** A user group. Change `members` (or `disabled`) at any time: the next call sees it. */
export interface SlackUserGroup {
  id: string;
  handle: string;
  members: string[];
  disabled?: boolean;
}

/** The one app that is installed. */
export interface SlackAppOptions {
  mode: 'socket' | 'http';
  /** Where Slack posts to in HTTP mode; may be set later through `control.setRequestUrl`. */
  requestUrl?: string;
  scopes: string[];
  name?: string;
  appId?: string;
  botUserId?: string;
  botToken?: string;
  appToken?: string;
  signingSecret?: string;
  /** The events the app subscribed to. */
  botEvents?: string[];
  /** Whether the Home tab is switched on under "App Home". */
  homeTab?: boolean;
}

/** How Slack misbehaves. All of it can be changed while the sandbox runs. */
export interface SlackKnobs {
  /** `real` counts per minute by Slack's tiers; a number answers every n-th call with 429. */
  rateLimits: 'off' | 'real' | { everyNth: number; retryAfterSeconds: number };
  /** How long an app may take to acknowledge. */
  ackTimeoutMs: number;
  triggerLifetimeMs: number;
  responseUrlLifetimeMs: number;
  responseUrlUses: number;
  /** Pauses before an event that was not acknowledged is sent again. */
  eventRetryDelaysMs: number[];
}

/** What a sandbox Slack is made of. Everything but people, channels and the app has a default. */
export interface SlackOptions {
  workspace?: { id?: string; name?: string; domain?: string };
  people: SlackPerson[];
  channels: SlackChannel[];
  userGroups?: SlackUserGroup[];
  app: SlackAppOptions;
  knobs?: Partial<SlackKnobs>;
  /** The page's and the API's port on 127.0.0.1; any free one by default. */
  port?: number;
}

/** The app with its defaults filled in. */
export interface SlackApp extends Required<Omit<SlackAppOptions, 'requestUrl'>> {
  requestUrl: string | undefined;
}

/** Slack as it behaves on a good day. */
export function defaultKnobs(): SlackKnobs {
  return {
    rateLimits: 'real',
    ackTimeoutMs: 3_000,
    triggerLifetimeMs: 3_000,
    responseUrlLifetimeMs: 30 * 60_000,
    responseUrlUses: 5,
    eventRetryDelaysMs: [0, 60_000, 300_000],
  };
}

/** Fills in what was left out. The credentials are made up: they open nothing but this sandbox. */
export function settleApp(app: SlackAppOptions): SlackApp {
  return {
    name: 'kastellan',
    appId: 'A0KASTELLAN',
    botUserId: 'U0KASTELLAN',
    botToken: 'xoxb-sandbox-bot',
    appToken: 'xapp-sandbox-app',
    signingSecret: 'sandbox-signing-secret',
    botEvents: ['member_joined_channel'],
    homeTab: false,
    requestUrl: undefined,
    ...app,
  };
}
