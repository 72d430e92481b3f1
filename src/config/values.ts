import { z } from 'zod';
import { DURATION, parseDuration } from '../domain/duration.ts';

/*
 * The kinds of values that settings have. `title` says what kind it is, `pattern` how it is written: the reference, and
 * editors by the JSON Schema, show them.
 */

const DAY_MS = 86_400_000;
const TIME = '([01]\\d|2[0-3]):([0-5]\\d)';
const TIME_OF_DAY = new RegExp(`^${TIME}$`);
const STRETCH_OF_DAY = new RegExp(`^${TIME}-${TIME}$`);

function toMs(text: string, context: z.RefinementCtx<string>): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  context.addIssue(`is "${text}", but a duration looks like 30s, 15m, 24h or 180d`);
  return z.NEVER;
}

/** A duration as people write it, given as milliseconds. */
export const duration = z.string().meta({ title: 'duration', pattern: DURATION.source }).transform(toMs);

/** A duration given as milliseconds, or the word `never`. */
export const durationOrNever = z
  .string()
  .meta({ title: 'duration, or `never`', pattern: `^never$|${DURATION.source}`, examples: ['10d', 'never'] })
  .transform((text, context) => (text === 'never' ? text : toMs(text, context)));

/** A duration of whole days, given as their number. */
export const days = z
  .string()
  .meta({ title: 'whole days', pattern: DURATION.source, examples: ['14d'] })
  .transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms % DAY_MS === 0) return ms / DAY_MS;
    context.addIssue(`is "${text}", but has to be whole days, like 14d`);
    return z.NEVER;
  });

/** A time of the day, given as minutes after midnight. */
export const timeOfDay = z
  .string()
  .meta({ title: 'time of the day, of 24 hours', pattern: TIME_OF_DAY.source })
  .transform((text, context) => {
    const match = TIME_OF_DAY.exec(text);
    if (match !== null) return minutesOf(match, 1);
    context.addIssue(`is "${text}", but a time of the day looks like 09:00`);
    return z.NEVER;
  });

/** A stretch of the day, given as minutes after midnight. */
export const stretchOfDay = z
  .string()
  .meta({ title: 'two times of the day', pattern: STRETCH_OF_DAY.source })
  .transform((text, context) => {
    const match = STRETCH_OF_DAY.exec(text);
    if (match !== null) return { from: minutesOf(match, 1), to: minutesOf(match, 3) };
    context.addIssue(`is "${text}", but a window looks like 09:00-15:00`);
    return z.NEVER;
  });

function minutesOf(match: RegExpExecArray, hours: number): number {
  return Number(match[hours]) * 60 + Number(match[hours + 1]);
}

export const timeZone = z
  .string()
  .meta({ title: 'IANA time zone', examples: ['Europe/Berlin'] })
  .default('UTC')
  .refine(isTimeZone, 'is no time zone like Europe/Berlin');

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** What people call a cluster or an access level. */
export const name = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/,
    'takes small letters, digits and hyphens, 40 at most, like prod-eu',
  )
  .meta({ title: 'name' });

export const kubernetesName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?$/, 'is not a name Kubernetes takes')
  .meta({ title: 'Kubernetes name' });

export const slackUser = z
  .string()
  .regex(/^[UW][A-Z0-9]{2,}$/, 'is not a Slack member ID (U...)')
  .meta({ title: 'Slack member ID', examples: ['U0123456789'] });

export const slackChannel = z
  .string()
  .regex(/^[CG][A-Z0-9]{2,}$/, 'is not a Slack channel ID (C...); copy it from the channel details')
  .meta({ title: 'Slack channel ID', examples: ['C0123456789'] });

export const guid = z
  .guid('is not a GUID like 11111111-2222-3333-4444-555555555555')
  .meta({ title: 'GUID', examples: ['11111111-2222-3333-4444-555555555555'] });

export const httpsUrl = z
  .url({ protocol: /^https$/, error: 'has to be an https address' })
  .meta({ title: 'https address', pattern: '^https://' });

const isThisMachine = (host: string) =>
  host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);

/** Where signed messages go: encrypted, or to this machine. */
export const receiverUrl = z
  .url({ protocol: /^https?$/, error: 'has to be an https address' })
  .refine((url) => {
    const { protocol, hostname, username, password } = new URL(url);
    return (protocol === 'https:' || isThisMachine(hostname)) && username === '' && password === '';
  }, 'has to be an https address without a password in it')
  .meta({ title: 'https address', pattern: '^https?://' });

/** Where the audit log goes: a receiver as above, or one of syslog. */
export const sinkUrl = z
  .url({ protocol: /^(https?|syslog\+(tls|tcp))$/, error: 'has to begin with https:// or syslog+tls://' })
  .refine((url) => {
    const { protocol, hostname, port, username, password } = new URL(url);
    const isEncrypted = protocol === 'https:' || protocol === 'syslog+tls:';
    const isWhole = !protocol.startsWith('syslog') || port !== '';
    return (isEncrypted || isThisMachine(hostname)) && isWhole && username === '' && password === '';
  }, 'has to be https://..., or syslog+tls://host:port, without a password in it')
  .meta({
    title: 'address',
    pattern: '^(https?|syslog\\+(tls|tcp))://',
    examples: ['https://siem.example.com/kastellan', 'syslog+tls://siem.example.com:6514'],
  });

/** A path on the machine, or in the container, that Kastellan runs in. */
export const path = z.string().meta({ title: 'path' });
