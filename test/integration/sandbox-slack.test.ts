import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { App } from '@slack/bolt';
import { CAST } from '../../sandbox/cast.ts';
import { type SlackSandbox, startSlack } from '../../sandbox/slack/start.ts';
import { SlackUser } from '../../sandbox/tour/slack-user.ts';
import { Transcript } from '../../sandbox/tour/transcript.ts';
import { addWalk, boltApp, workspace } from './sandbox-slack-world.ts';

let slack: SlackSandbox;
let app: App;

async function start(mode: 'socket' | 'http'): Promise<void> {
  slack = await startSlack(workspace({ mode }));
  app = boltApp(slack, mode);
  addWalk(app);
  const server = await app.start({ port: 0, host: '127.0.0.1' });
  if (mode === 'socket') return;
  const { port } = (server as unknown as { address(): AddressInfo }).address();
  slack.control.setRequestUrl(`http://127.0.0.1:${port}/slack/events`);
}

afterEach(async () => {
  await app.stop();
  await slack.close();
});

describe.each(['socket', 'http'] as const)('A Bolt app in %s mode', (mode) => {
  it('goes from a command over a form to a card that somebody else settles', async () => {
    await start(mode);
    const { control } = slack;

    expect(await control.runCommand('U0ASKER', 'C0OPS', 'setup')).toEqual({ outcome: 'acknowledged' });
    const form = await control.untilModal('U0ASKER');
    expect(control.modals('U0APPROVER')).toEqual([]);

    expect(await control.submitView('U0ASKER', form.id)).toEqual({
      outcome: 'not_sent',
      errors: { reason: 'Please complete this required field.' },
    });
    expect(await control.submitView('U0ASKER', form.id, { reason: 'no' })).toEqual({
      outcome: 'acknowledged',
      errors: { reason: 'Say more.' },
    });
    expect(await control.submitView('U0ASKER', form.id, { reason: 'a restore' })).toEqual({
      outcome: 'acknowledged',
    });
    expect(control.modals('U0ASKER')).toEqual([]);

    const card = await control.untilMessage('C0OPS', 'the card', (message) =>
      message.text.startsWith('Plan'),
    );
    expect(card.text).toBe('Plan of U0ASKER: a restore for U0APPROVER');
    expect(control.actionsOf(card)).toEqual(['approve']);

    await control.click('U0APPROVER', 'C0OPS', card.ts, 'approve');
    const settled = await control.untilMessage(
      'C0OPS',
      'the decision',
      (message) => message.ts === card.ts && message.text === 'Approved by U0APPROVER',
    );
    expect(control.actionsOf(settled)).toEqual([]);
    const whisper = await control.until('a private answer', async () =>
      (await control.ephemerals('U0APPROVER')).at(-1),
    );
    expect(whisper.text).toBe('Your approval counts.');
    expect(await control.ephemerals('U0ASKER')).toEqual([]);
  });

  it('hears when it is added to a channel', async () => {
    await start(mode);
    const joined = new Promise((resolve) => {
      app.event('member_joined_channel', async ({ event }) =>
        resolve([event.user, event.channel, event.inviter]),
      );
    });
    await slack.control.addToChannel('U0KASTELLAN', 'C0OTHER', 'U0ASKER');
    expect(await joined).toEqual(['U0KASTELLAN', 'C0OTHER', 'U0ASKER']);
  });

  it('is reported as timed out to the person when it does not acknowledge', async () => {
    await start(mode);
    slack.knobs.ackTimeoutMs = 50;
    app.command('/slow', () => new Promise<void>(() => {}));
    const seen = await slack.control.runCommand('U0ASKER', 'C0OPS', '', '/slow');
    expect(seen.outcome).toBe('operation_timeout');
    const [notice] = await slack.control.ephemerals('U0ASKER');
    expect(notice?.text).toBe('/slow failed with the error "operation_timeout"');
  });
});

describe('A Bolt app in http mode', () => {
  it('is not reached by requests with a wrong signature', async () => {
    slack = await startSlack(workspace({ mode: 'http', signingSecret: 'another-secret' }));
    app = boltApp({ ...slack, signingSecret: 'the-right-secret' }, 'http');
    addWalk(app);
    const server = await app.start({ port: 0, host: '127.0.0.1' });
    const { port } = (server as unknown as { address(): AddressInfo }).address();
    slack.control.setRequestUrl(`http://127.0.0.1:${port}/slack/events`);
    const seen = await slack.control.runCommand('U0ASKER', 'C0OPS', 'setup');
    expect(seen.outcome).toBe('dispatch_failed');
  });
});

describe('A Bolt app in socket mode', () => {
  it('comes back after Slack asks it to refresh its connection', async () => {
    await start('socket');
    slack.control.disconnectSockets('refresh_requested');
    await slack.control.until('no connection', () => slack.control.connections === 0 || undefined);
    await slack.control.until('a new connection', () => slack.control.connections === 1 || undefined);
    expect(await slack.control.runCommand('U0ASKER', 'C0OPS', 'setup')).toEqual({ outcome: 'acknowledged' });
  });

  it('is reported as timed out at once where its connection is cut before it acknowledges', async () => {
    await start('socket');
    slack.knobs.ackTimeoutMs = 3_600_000;
    const heard = new Promise<void>((resolve) => {
      app.command('/slow', async () => resolve());
    });
    const seen = slack.control.runCommand('U0ASKER', 'C0OPS', '', '/slow');
    await heard;
    slack.control.dropSockets();
    expect(await seen).toEqual({ outcome: 'operation_timeout' });
  });

  it('hears a person who does again what was lost while it was not connected', async () => {
    await start('socket');
    const lines: string[] = [];
    const person = new SlackUser(slack, new Transcript((line) => lines.push(line)), CAST.asker);
    slack.control.dropSockets();
    await slack.control.until('no connection', () => slack.control.connections === 0 || undefined);
    const heard = new Promise<string>((resolve) => {
      app.command('/kasten', async ({ ack, body }) => {
        await ack();
        resolve(body.text);
      });
    });
    await person.types('help');
    expect(await heard).toBe('help');
    expect(lines.join('\n')).toContain('Slack: the app did not respond (dispatch_failed)');
  });

  it('gets people and channels in a command as IDs, and everything else escaped', async () => {
    await start('socket');
    const heard = new Promise<string>((resolve) => {
      app.command('/echo', async ({ ack, body }) => {
        await ack();
        resolve(body.text);
      });
    });
    await slack.control.runCommand('U0ASKER', 'C0OPS', 'access @bo <!here> & #general @nobody', '/echo');
    expect(await heard).toBe('access <@U0APPROVER|bo> &lt;!here&gt; &amp; <#C0OTHER|general> @nobody');
  });
});
