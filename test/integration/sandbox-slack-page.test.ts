import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { App } from '@slack/bolt';
import { WebSocket } from 'ws';
import { isJson, type Json, jsonList } from '../../sandbox/slack/json.ts';
import { type SlackSandbox, startSlack } from '../../sandbox/slack/start.ts';
import { addWalk, boltApp, workspace } from './sandbox-slack-world.ts';

let slack: SlackSandbox;
let app: App;

beforeAll(async () => {
  slack = await startSlack(workspace());
  app = boltApp(slack);
  addWalk(app);
  await app.start();
});

afterAll(async () => {
  await app.stop();
  await slack.close();
});

function openPage(origin: string): WebSocket {
  return new WebSocket(`${slack.url.replace(/^http/, 'ws')}ui`, { origin });
}

/** The first frame for which `matches` gives something. */
function untilFrame<T>(page: WebSocket, matches: (frame: Json) => T | undefined): Promise<T> {
  return new Promise((resolve) => {
    page.on('message', (data) => {
      const found = matches(JSON.parse(data.toString()));
      if (found !== undefined) resolve(found);
    });
  });
}

describe('The page', () => {
  it('lets a visitor walk by hand: command, form with its initial values, card', async () => {
    const page = openPage(new URL(slack.url).origin);
    const state = await untilFrame(page, (frame) => (frame['t'] === 'init' ? frame['state'] : undefined));
    expect(isJson(state) && jsonList(state['apps'])[0]).toMatchObject({ mode: 'socket', connected: true });

    const shown = untilFrame(page, (frame) =>
      frame['t'] === 'view' ? jsonList(frame['stack'])[0] : undefined,
    );
    const at = { user: 'U0ASKER', channel: 'C0OPS' };
    page.send(JSON.stringify({ t: 'slash_command', ...at, command: '/kasten', text: 'setup' }));
    const form = await shown;
    expect(form['user']).toBe('U0ASKER');
    expect(form['initial_entries']).toMatchObject({
      members: { people: { type: 'checkboxes', selected_options: [{ value: 'U0APPROVER' }] } },
    });

    const errors = untilFrame(page, (frame) => (frame['t'] === 'view_errors' ? frame['errors'] : undefined));
    page.send(JSON.stringify({ t: 'view_submit', user: 'U0ASKER', values: {} }));
    expect(await errors).toEqual({ Reason: 'Please complete this required field.' });

    const values = {
      reason: { text: { type: 'plain_text_input', value: 'by hand' } },
      members: { people: { type: 'checkboxes', selected_options: [{ value: 'U0GUEST' }] } },
    };
    page.send(JSON.stringify({ t: 'view_submit', user: 'U0ASKER', values }));
    await slack.control.untilMessage(
      'C0OPS',
      'the card',
      ({ text }) => text === 'Plan of U0ASKER: by hand for U0GUEST',
    );
    page.close();
  });

  it('is not to be remote-controlled by another website', async () => {
    const [error] = await once(openPage('https://evil.example.com'), 'error');
    expect(String(error)).toContain('403');
  });

  it('is served for links to messages too, and local-slack itself is not', async () => {
    const status = async (path: string) => (await fetch(slack.url + path)).status;
    expect(await status('archives/C0OPS/p1700000000000001')).toBe(200);
    expect(await status('_control/state')).toBe(404);
  });
});
