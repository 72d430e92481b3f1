import { type AuthTestResponse, WebAPIPlatformError, type WebClient } from '@slack/web-api';
import { KastellanError, LATER } from '../../domain/errors.ts';
import type { Secret } from '../../domain/secret.ts';
import type { Finding } from '../../ports/finding.ts';
import type { Log } from '../../ports/telemetry.ts';
import { createFrontClient } from '../web-clients.ts';

const NEEDED: Readonly<Record<string, string>> = {
  commands: 'take /kasten',
  'chat:write': 'post plans, progress and results',
  'users:read': 'tell members from guests and strangers',
  'users:read.email': 'find the Entra account of a person by e-mail address',
  'usergroups:read': 'read who may approve at the moment of the click',
  'channels:read': 'see whether a channel is shared with another company',
  'groups:read': 'see the same of private channels',
  'im:write': 'tell people the result directly',
  'files:write': 'send as a file what is too long for a message',
};

/**
 * Asks Slack who this app is.
 * @throws KastellanError `slack.token-refused`, `slack.unreachable`
 */
export async function authenticate(client: WebClient): Promise<AuthTestResponse> {
  try {
    return await client.auth.test();
  } catch (cause) {
    if (cause instanceof WebAPIPlatformError) {
      throw new KastellanError({
        code: 'slack.token-refused',
        message: `Slack does not take the bot token: ${cause.data.error}.`,
        hint: 'Copy the bot token (xoxb-) of the installed app into SLACK_BOT_TOKEN.',
        cause,
      });
    }
    throw new KastellanError({
      code: 'slack.unreachable',
      message: "Slack's API does not answer.",
      hint: 'Check that this host reaches https://slack.com/api/, if need be through the proxy.',
      retry: LATER,
      cause,
    });
  }
}

/** Slack channel ids; the second may be the first, or absent, which is the same. */
export interface PostingChannels {
  readonly approvalsChannel: string;
  readonly notificationsChannel?: string | undefined;
}

const SILENT: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * What `/kasten doctor` says of Slack, in a process that has no front.
 * @param apiUrl base address of Slack's API, ending in `/api/`; absent: Slack itself
 */
export function findSlackScopes(
  botToken: Secret,
  apiUrl: string | undefined,
  channels: PostingChannels,
): Promise<Finding[]> {
  return slackFindings(createFrontClient({ botToken, apiUrl, log: SILENT }), channels);
}

/** The scopes the token has against those that are needed, and whether cards can be posted; changes nothing. */
export async function slackFindings(
  client: WebClient,
  { approvalsChannel, notificationsChannel }: PostingChannels,
): Promise<Finding[]> {
  let auth: AuthTestResponse;
  try {
    auth = await authenticate(client);
  } catch (thrown) {
    const error = thrown as KastellanError;
    return [{ subject: 'Slack bot token', verdict: 'bad', detail: error.message, fix: error.hint ?? '' }];
  }
  const granted = new Set(auth.response_metadata?.scopes ?? []);
  const who = `${auth.user ?? 'the app'} in ${auth.team ?? 'its workspace'}`;
  return [
    { subject: 'Slack bot token', verdict: 'good', detail: `taken as ${who}` },
    ...Object.entries(NEEDED).map(([scope, why]) => scopeFinding(scope, why, granted)),
    await channelFinding(client, 'Approvals channel', approvalsChannel),
    ...(notificationsChannel === undefined || notificationsChannel === approvalsChannel
      ? []
      : [await channelFinding(client, 'Notifications channel', notificationsChannel)]),
  ];
}

function scopeFinding(scope: string, why: string, granted: ReadonlySet<string>): Finding {
  const subject = `Slack scope ${scope}`;
  if (granted.has(scope)) return { subject, verdict: 'good', detail: `lets Kastellan ${why}` };
  if (granted.size === 0) {
    const fix = 'Compare the scopes under OAuth & Permissions with manifest.yml.';
    return { subject, verdict: 'unknown', detail: 'Slack did not say which scopes the token has', fix };
  }
  const fix = `Add ${scope} under OAuth & Permissions, Bot Token Scopes, and install the app again.`;
  return { subject, verdict: 'bad', detail: `is missing; without it Kastellan cannot ${why}`, fix };
}

const INVITE = 'Invite the app: type /invite @kastellan in the channel.';
// Slack hides a private channel from an app that is not in it.
const DETAILS: Readonly<Record<string, string>> = {
  channel_not_found:
    'does not exist, or is private and the app is not in it: nobody sees what is posted there',
};
const FIXES: Readonly<Record<string, string>> = {
  channel_not_found: `${INVITE} If it is gone, set another in kastellan.yaml.`,
  missing_scope: 'Add the scope that is missing above first.',
};

async function channelFinding(client: WebClient, what: string, id: string): Promise<Finding> {
  const subject = `${what} ${id}`;
  try {
    const { channel } = await client.conversations.info({ channel: id });
    if (channel?.is_archived === true) {
      const fix = 'Unarchive it, or choose another channel.';
      return { subject, verdict: 'bad', detail: 'is archived', fix };
    }
    if (channel?.is_member !== true)
      return { subject, verdict: 'bad', detail: 'the app is not in it', fix: INVITE };
    if (channel.is_ext_shared === true) {
      const fix = 'Choose a channel that only people of this workspace read.';
      return {
        subject,
        verdict: 'bad',
        detail: 'is shared with another company, which reads all of it',
        fix,
      };
    }
    return { subject, verdict: 'good', detail: `the app can post in #${channel.name ?? id}` };
  } catch (thrown) {
    const why = thrown instanceof WebAPIPlatformError ? thrown.data.error : 'Slack does not answer';
    const verdict = why === 'channel_not_found' ? 'bad' : 'unknown';
    return { subject, verdict, detail: DETAILS[why] ?? why, fix: FIXES[why] ?? 'Run the check again.' };
  }
}
