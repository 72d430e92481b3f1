import { afterEach, describe, expect, it } from '@jest/globals';
import type { App } from '@slack/bolt';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { type SlackSandbox, startSlack } from '../../sandbox/slack/start.ts';
import { boltApp, workspace } from './sandbox-slack-world.ts';

const APP = { homeTab: true, botEvents: ['app_home_opened'], scopes: ['chat:write', 'im:write'] };
const plain = (text: string) => ({ type: 'plain_text' as const, text });

let slack: SlackSandbox;
let app: App;

async function start(options: Partial<typeof APP> = {}): Promise<void> {
  slack = await startSlack(workspace({ ...APP, ...options }));
  app = boltApp(slack);
  await app.start();
}

function home(text: string) {
  const button = { type: 'button' as const, action_id: 'more', text: plain('More'), value: '1' };
  return {
    type: 'home' as const,
    blocks: [
      { type: 'section' as const, text: plain(text) },
      { type: 'actions' as const, block_id: 'buttons', elements: [button] },
    ],
  };
}

async function refusal(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'no refusal',
    (error: { data?: unknown }) => error.data,
  );
}

afterEach(async () => {
  await app.stop();
  await slack.close();
});

describe("The app's home", () => {
  it('is filled when a person opens it, and again when they press something on it', async () => {
    await start();
    const opened: unknown[] = [];
    app.event('app_home_opened', async ({ event, client }) => {
      opened.push(event);
      await client.views.publish({ user_id: event.user, view: home('Welcome') });
    });
    app.action('more', async ({ ack, body, client }) => {
      await ack();
      const hash = body.type === 'block_actions' ? body.view?.hash : undefined;
      await client.views.publish({
        user_id: body.user.id,
        view: home('More of it'),
        ...(hash !== undefined && { hash }),
      });
    });
    const { control } = slack;
    await control.openHome('U0ASKER');
    const first = await control.untilHome('U0ASKER', 'the home tab', () => true);
    expect(JSON.stringify(first.blocks)).toContain('Welcome');
    expect(control.home('U0APPROVER')).toBeUndefined();

    expect(await control.clickAtHome('U0ASKER', 'more')).toEqual({ outcome: 'acknowledged' });
    const second = await control.untilHome('U0ASKER', 'the new home tab', ({ blocks }) =>
      JSON.stringify(blocks).includes('More of it'),
    );
    expect(second.id).toBe(first.id);
    expect(second.hash).not.toBe(first.hash);

    await control.openHome('U0ASKER');
    await control.openHome('U0ASKER', 'messages');
    expect(opened).toMatchObject([
      { tab: 'home' },
      { tab: 'home', view: { id: first.id } },
      { tab: 'messages' },
    ]);
    expect(opened[0]).not.toHaveProperty('view');
  });

  it('takes no view that was made from an old one', async () => {
    await start();
    await app.client.views.publish({ user_id: 'U0ASKER', view: home('One') });
    const stale = app.client.views.publish({ user_id: 'U0ASKER', view: home('Two'), hash: '1.old' });
    expect(await refusal(stale)).toMatchObject({ error: 'hash_conflict' });
  });

  it('takes nothing that Slack would refuse', async () => {
    await start();
    const typed = {
      type: 'input' as const,
      label: plain('Reason'),
      element: { type: 'file_input' as const, action_id: 'x' },
    };
    const full = {
      type: 'home' as const,
      blocks: Array.from({ length: 101 }, () => ({ type: 'divider' as const })),
    };
    const publish = (view: object) => app.client.views.publish({ user_id: 'U0ASKER', view: view as never });
    expect(await refusal(publish(full))).toMatchObject({ error: 'invalid_arguments' });
    expect(await refusal(publish({ ...home('x'), submit: plain('Send') }))).toMatchObject({
      error: 'invalid_arguments',
    });
    expect(await refusal(publish({ type: 'modal', title: plain('x'), blocks: [typed] }))).toMatchObject({
      error: 'invalid_arguments',
    });
    const nobody = app.client.views.publish({ user_id: 'U0NOBODY', view: home('x') });
    expect(await refusal(nobody)).toMatchObject({ error: 'invalid_arguments' });
  });

  it('is not there for an app that did not switch it on', async () => {
    await start({ homeTab: false });
    const refused = app.client.views.publish({ user_id: 'U0ASKER', view: home('x') });
    expect(await refusal(refused)).toMatchObject({ error: 'not_enabled' });
  });
});

describe('A file', () => {
  it('comes into a direct message in three steps', async () => {
    await start({ scopes: ['chat:write', 'im:write', 'files:write'] });
    const { channel } = await app.client.conversations.open({ users: 'U0ASKER' });
    await app.client.files.uploadV2({
      channel_id: channel?.id ?? '',
      filename: 'audit.csv',
      title: 'Audit',
      content: 'at,action\r\n1,"granted"\r\n',
      initial_comment: 'Here it is.',
    });
    const message = await slack.control.until('the file', async () =>
      (await slack.control.directMessages('U0ASKER')).find((one) => filesOf(one).length > 0),
    );
    expect(message.text).toBe('Here it is.');
    expect(filesOf(message)).toMatchObject([{ name: 'audit.csv', title: 'Audit' }]);
    expect(await slack.control.download(message)).toBe('at,action\r\n1,"granted"\r\n');
  });

  it('goes to conversations only, not to a person by their ID', async () => {
    await start({ scopes: ['chat:write', 'im:write', 'files:write'] });
    const sent = app.client.files.uploadV2({ channel_id: 'U0ASKER', filename: 'a.csv', content: 'x' });
    expect(await refusal(sent)).toMatchObject({
      error: 'invalid_arguments',
      response_metadata: { messages: [expect.stringContaining('[json-pointer:/channel_id]')] },
    });
  });

  it('needs its scope, its bytes, and as many of them as were announced', async () => {
    await start();
    const lacking = app.client.files.getUploadURLExternal({ filename: 'a.csv', length: 3 });
    expect(await refusal(lacking)).toMatchObject({ error: 'missing_scope', needed: 'files:write' });
    await app.stop();
    await slack.close();
    await start({ scopes: ['files:write'] });
    const { upload_url = '', file_id = '' } = await app.client.files.getUploadURLExternal({
      filename: 'a.csv',
      length: 3,
    });
    const early = app.client.files.completeUploadExternal({ files: [{ id: file_id }] });
    expect(await refusal(early)).toMatchObject({ error: 'file_not_found' });
    expect((await fetch(upload_url, { method: 'POST', body: 'four' })).status).toBe(400);
    expect((await fetch(upload_url, { method: 'POST', body: 'abc' })).status).toBe(200);
    expect((await fetch(upload_url, { method: 'POST', body: 'abc' })).status).toBe(404);
    expect(await app.client.files.completeUploadExternal({ files: [{ id: file_id }] })).toMatchObject({
      ok: true,
    });
  });
});

function filesOf(message: SlackMessage): unknown[] {
  return Array.isArray(message['files']) ? message['files'] : [];
}
