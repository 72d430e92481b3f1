import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { WebClient, type WebClientOptions } from '@slack/web-api';
import { manifestApp } from '../../sandbox/slack/app-manifest.ts';
import { type SlackSandbox, startSlack } from '../../sandbox/slack/start.ts';
import { workspace } from './sandbox-slack-world.ts';

let slack: SlackSandbox;
let api: WebClient;

const quick: WebClientOptions = { retryConfig: { retries: 0 }, rejectRateLimitedCalls: true };

function client(sandbox: SlackSandbox, token = sandbox.botToken): WebClient {
  return new WebClient(token, { ...quick, slackApiUrl: sandbox.apiUrl });
}

/** What the call fails with: Slack's answer for refusals, the error itself for everything else. */
async function failure(call: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await call;
  } catch (error) {
    const { data, ...rest } = error as { data?: Record<string, unknown> };
    return data ?? rest;
  }
  throw new Error('The call went through');
}

beforeAll(async () => {
  slack = await startSlack(workspace());
});

afterAll(() => slack.close());

beforeEach(() => {
  api = client(slack);
  // All these calls are one minute's; the limits themselves are tested below.
  slack.knobs.rateLimits = 'off';
});

describe('Who may call', () => {
  it('is shown the scopes of the token with every answer', async () => {
    const answer = await api.auth.test();
    expect(answer.response_metadata?.scopes).toEqual(manifestApp().scopes);
    expect(answer).toMatchObject({ user_id: 'U0KASTELLAN', team_id: 'T0SANDBOX', bot_id: 'B0KASTELLAN' });
  });

  it('is told which scope is missing', async () => {
    const poor = await startSlack(workspace({ scopes: ['commands', 'users:read'] }));
    try {
      const limited = client(poor);
      expect(await failure(limited.usergroups.list())).toMatchObject({
        error: 'missing_scope',
        needed: 'usergroups:read',
        provided: 'commands,users:read',
      });
      expect((await limited.users.info({ user: 'U0ASKER' })).user?.profile?.email).toBeUndefined();
      expect(await failure(limited.users.lookupByEmail({ email: 'ada@example.com' }))).toMatchObject({
        needed: 'users:read.email',
      });
    } finally {
      await poor.close();
    }
  });

  it('needs a token, and the right kind of it', async () => {
    expect(await failure(client(slack, 'xoxb-wrong').auth.test())).toMatchObject({ error: 'invalid_auth' });
    expect(await failure(client(slack, slack.appToken).users.info({ user: 'U0ASKER' }))).toMatchObject({
      error: 'not_allowed_token_type',
    });
    expect(await failure(api.apps.connections.open())).toMatchObject({ error: 'not_allowed_token_type' });
  });
});

describe('People', () => {
  it('come with their address, their time zone and the flags that matter', async () => {
    const { user } = await api.users.info({ user: 'U0ASKER' });
    expect(user).toMatchObject({
      tz: 'Europe/Berlin',
      deleted: false,
      is_restricted: false,
      is_email_confirmed: true,
    });
    expect(user?.profile?.email).toBe('ada@example.com');
    expect((await api.users.info({ user: 'U0GUEST' })).user?.is_restricted).toBe(true);
    expect((await api.users.info({ user: 'U0GONE' })).user?.deleted).toBe(true);
  });

  it('are found by address while they are active', async () => {
    expect((await api.users.lookupByEmail({ email: 'BO@example.com' })).user?.id).toBe('U0APPROVER');
    expect(await failure(api.users.lookupByEmail({ email: 'di@example.com' }))).toMatchObject({
      error: 'users_not_found',
    });
  });

  it('of a user group are read as they are now', async () => {
    const group = (await api.usergroups.list()).usergroups?.find(
      ({ handle }) => handle === 'kasten-approvers',
    );
    const members = async () => (await api.usergroups.users.list({ usergroup: group?.id ?? '' })).users;
    expect(await members()).toEqual(['U0APPROVER']);
    slack.control.setUserGroup('kasten-approvers', ['U0APPROVER', 'U0ASKER']);
    expect(await members()).toEqual(['U0APPROVER', 'U0ASKER']);
    expect(await failure(api.usergroups.users.list({ usergroup: 'S0NONE' }))).toMatchObject({
      error: 'no_such_subteam',
    });
  });
});

describe('Messages', () => {
  it('go only where the app is, and private channels do not exist from outside', async () => {
    expect(await failure(api.chat.postMessage({ channel: 'C0OTHER', text: 'hello' }))).toMatchObject({
      error: 'not_in_channel',
    });
    expect(await failure(api.chat.postMessage({ channel: 'C0SECRET', text: 'hello' }))).toMatchObject({
      error: 'channel_not_found',
    });
  });

  it('with blocks that Slack does not know are refused, with the place named', async () => {
    const blocks = [
      { type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3001) } },
      { type: 'sparkle' },
    ];
    expect(await failure(api.chat.postMessage({ channel: 'C0OPS', text: 'x', blocks }))).toMatchObject({
      error: 'invalid_blocks',
      response_metadata: {
        messages: [
          '[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]',
          '[ERROR] unsupported type: sparkle [json-pointer:/blocks/1/type]',
        ],
      },
    });
  });

  it('without a text are taken, with a warning', async () => {
    const answer = await api.chat.postMessage({ channel: 'C0OPS', blocks: [{ type: 'divider' }] } as never);
    expect(answer.response_metadata?.warnings).toEqual(['missing_text_in_message']);
  });

  it('are changed only by their author, and within 4000 characters', async () => {
    await slack.control.say('U0ASKER', 'C0OPS', 'mine');
    const mine = await slack.control.untilMessage('C0OPS', 'the message', ({ text }) => text === 'mine');
    const own = await api.chat.postMessage({ channel: 'C0OPS', text: 'own' });
    const change = (ts: string, text: string) => failure(api.chat.update({ channel: 'C0OPS', ts, text }));
    expect(await change(mine.ts, 'yours')).toMatchObject({ error: 'cant_update_message' });
    expect(await change('1.000001', 'nobody')).toMatchObject({ error: 'message_not_found' });
    expect(await change(own.ts ?? '', 'x'.repeat(4001))).toMatchObject({ error: 'msg_too_long' });
  });

  it('lose their blocks when they are changed without any', async () => {
    const posted = await api.chat.postMessage({ channel: 'C0OPS', text: 'a', blocks: [{ type: 'divider' }] });
    await api.chat.update({ channel: 'C0OPS', ts: posted.ts ?? '', text: 'b' });
    const after = (await slack.control.messages('C0OPS')).find(({ ts }) => ts === posted.ts);
    expect(after).toMatchObject({ text: 'b' });
    expect(after?.blocks).toBeUndefined();
  });

  it('to a person are read by that person alone', async () => {
    await api.chat.postMessage({ channel: 'U0APPROVER', text: 'done' });
    expect((await slack.control.directMessages('U0APPROVER')).map(({ text }) => text)).toEqual(['done']);
    expect(await slack.control.directMessages('U0ASKER')).toEqual([]);
  });

  it('for one person need that person in the channel', async () => {
    expect(
      await failure(api.chat.postEphemeral({ channel: 'C0OPS', user: 'U0GUEST', text: 'psst' })),
    ).toMatchObject({ error: 'user_not_in_channel' });
  });
});

describe('When Slack has a bad day', () => {
  it('calls beyond the limit get 429 with the time to wait', async () => {
    slack.knobs.rateLimits = { everyNth: 2, retryAfterSeconds: 7 };
    const outcomes = await Promise.allSettled([api.auth.test(), api.auth.test()]);
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(refused?.reason).toMatchObject({ code: 'slack_webapi_rate_limited_error', retryAfter: 7 });
  });

  it('user groups can be read 20 times a minute, as in real life', async () => {
    slack.knobs.rateLimits = 'real';
    const read = () =>
      fetch(`${slack.apiUrl}usergroups.list`, { headers: { authorization: `Bearer ${slack.botToken}` } });
    for (let call = 0; call < 20; call += 1) expect((await read()).status).toBe(200);
    const refused = await read();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('a post can take effect although its answer is lost', async () => {
    slack.control.faults.failNext('chat.postMessage', { kind: 'done-but-cut' });
    await failure(api.chat.postMessage({ channel: 'C0OPS', text: 'was it posted?' }));
    await slack.control.untilMessage('C0OPS', 'the message', ({ text }) => text === 'was it posted?');
  });

  it('calls end in 500, in silence, or in an error of choice', async () => {
    const { faults } = slack.control;
    faults.failNext('auth.test', { kind: 'status', status: 500 });
    faults.failNext('auth.test', { kind: 'error', error: 'fatal_error' });
    faults.failNext('auth.test', { kind: 'silence' });
    const impatient = new WebClient(slack.botToken, { ...quick, slackApiUrl: slack.apiUrl, timeout: 100 });
    expect(await failure(api.auth.test())).toMatchObject({ statusCode: 500 });
    expect(await failure(api.auth.test())).toMatchObject({ error: 'fatal_error' });
    expect(await failure(impatient.auth.test())).toMatchObject({ code: 'slack_webapi_request_error' });
    expect((await api.auth.test()).ok).toBe(true);
  });
});
