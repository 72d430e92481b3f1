import { App, LogLevel } from '@slack/bolt';
import { manifestApp } from '../../sandbox/slack/app-manifest.ts';
import type { SlackOptions } from '../../sandbox/slack/options.ts';
import type { SlackSandbox } from '../../sandbox/slack/start.ts';

/** A small workspace: one who asks, one who approves, one from outside, and a channel for approvals. */
export function workspace(app: Partial<SlackOptions['app']> = {}): SlackOptions {
  return {
    people: [
      { id: 'U0ASKER', name: 'ada', realName: 'Ada Asker', email: 'ada@example.com', tz: 'Europe/Berlin' },
      { id: 'U0APPROVER', name: 'bo', realName: 'Bo Approver', email: 'bo@example.com' },
      { id: 'U0GUEST', name: 'gil', realName: 'Gil Guest', email: 'gil@example.net', isRestricted: true },
      { id: 'U0GONE', name: 'di', realName: 'Di Gone', email: 'di@example.com', deleted: true },
    ],
    channels: [
      { id: 'C0OPS', name: 'kasten-approvals', members: ['U0ASKER', 'U0APPROVER', 'U0KASTELLAN'] },
      { id: 'C0OTHER', name: 'general', members: ['U0ASKER', 'U0GUEST'] },
      { id: 'C0SECRET', name: 'board', members: ['U0APPROVER'], isPrivate: true },
    ],
    userGroups: [{ id: 'S0APPROVERS', handle: 'kasten-approvers', members: ['U0APPROVER'] }],
    app: { mode: 'socket', ...manifestApp(), ...app },
  };
}

/** A Bolt app in the mode of this Slack; HTTP mode listens on a free port. Give what `stop` stops. */
export function boltApp(slack: SlackSandbox, mode: 'socket' | 'http' = 'socket'): App {
  const clientOptions = { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } };
  const common = { token: slack.botToken, clientOptions, logLevel: LogLevel.ERROR };
  return mode === 'socket'
    ? new App({ ...common, socketMode: true, appToken: slack.appToken })
    : new App({ ...common, signingSecret: slack.signingSecret });
}

const plain = (text: string) => ({ type: 'plain_text' as const, text });

/** The walk of a request in small: a command opens a form, the form posts a card, a click settles it. */
export function addWalk(app: App): void {
  app.command('/kasten', async ({ ack, body, client }) => {
    await ack();
    await client.views.open({
      trigger_id: body.trigger_id,
      view: {
        type: 'modal',
        callback_id: 'setup',
        title: plain('Set up'),
        submit: plain('Plan'),
        blocks: [
          {
            type: 'input',
            block_id: 'reason',
            label: plain('Reason'),
            element: { type: 'plain_text_input', action_id: 'text' },
          },
          {
            type: 'input',
            block_id: 'members',
            optional: true,
            label: plain('Members'),
            element: { type: 'multi_users_select', action_id: 'people', initial_users: ['U0APPROVER'] },
          },
        ],
      },
    });
  });
  app.view('setup', async ({ ack, body, view, client }) => {
    const { reason, members } = view.state.values;
    if (reason?.['text']?.value === 'no') {
      await ack({ response_action: 'errors', errors: { reason: 'Say more.' } });
      return;
    }
    await ack();
    await client.chat.postMessage({
      channel: 'C0OPS',
      text: `Plan of ${body.user.id}: ${reason?.['text']?.value} for ${members?.['people']?.selected_users}`,
      blocks: [
        { type: 'header', text: plain('The plan') },
        {
          type: 'actions',
          elements: [{ type: 'button', action_id: 'approve', text: plain('Approve'), value: 'request-1' }],
        },
      ],
    });
  });
  app.action('approve', async ({ ack, body, client, respond }) => {
    await ack();
    if (body.type !== 'block_actions' || body.message === undefined) return;
    await client.chat.update({ channel: 'C0OPS', ts: body.message.ts, text: `Approved by ${body.user.id}` });
    await respond({ text: 'Your approval counts.', response_type: 'ephemeral' });
  });
}
