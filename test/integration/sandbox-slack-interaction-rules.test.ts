import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type SlackSandbox, startSlack } from '../../sandbox/slack/start.ts';
import { workspace } from './sandbox-slack-world.ts';

let slack: SlackSandbox;
let app: Server;
let received: URLSearchParams[];

const VIEW = { type: 'modal', title: { type: 'plain_text', text: 'Form' }, blocks: [] };

async function call(method: string, args: object): Promise<Record<string, unknown>> {
  const response = await fetch(slack.apiUrl + method, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${slack.botToken}` },
    body: JSON.stringify(args),
  });
  return (await response.json()) as Record<string, unknown>;
}

async function commandBody(): Promise<{ trigger: string; responseUrl: string }> {
  await slack.control.runCommand('U0ASKER', 'C0OPS', '');
  const body = received.at(-1);
  return { trigger: body?.get('trigger_id') ?? '', responseUrl: body?.get('response_url') ?? '' };
}

/** An app that acknowledges everything and keeps what it was sent. */
beforeEach(async () => {
  received = [];
  app = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.push(new URLSearchParams(Buffer.concat(chunks).toString()));
    response.end();
  });
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  const { port } = app.address() as AddressInfo;
  slack = await startSlack(workspace({ mode: 'http', requestUrl: `http://127.0.0.1:${port}/` }));
});

afterEach(async () => {
  await slack.close();
  app.close();
});

describe('A trigger', () => {
  it('opens one form', async () => {
    const { trigger } = await commandBody();
    expect(await call('views.open', { trigger_id: trigger, view: VIEW })).toMatchObject({ ok: true });
    expect(await call('views.open', { trigger_id: trigger, view: VIEW })).toMatchObject({
      error: 'exchanged_trigger_id',
    });
  });

  it('expires', async () => {
    const { trigger } = await commandBody();
    slack.knobs.triggerLifetimeMs = 0;
    expect(await call('views.open', { trigger_id: trigger, view: VIEW })).toMatchObject({
      error: 'expired_trigger_id',
    });
  });

  it('has to be one of ours', async () => {
    expect(await call('views.open', { trigger_id: '1.2.3', view: VIEW })).toMatchObject({
      error: 'invalid_trigger_id',
    });
  });

  it('is not used up by a form that Slack refuses', async () => {
    const { trigger } = await commandBody();
    const refused = await call('views.open', { trigger_id: trigger, view: { ...VIEW, colour: 'red' } });
    expect(refused).toMatchObject({
      error: 'invalid_arguments',
      response_metadata: { messages: ['[ERROR] invalid additional property: colour [json-pointer:/view]'] },
    });
    expect(await call('views.open', { trigger_id: trigger, view: VIEW })).toMatchObject({ ok: true });
  });
});

describe('A form', () => {
  it('is replaced only from its newest version', async () => {
    const { trigger } = await commandBody();
    const opened = (await call('views.open', { trigger_id: trigger, view: VIEW }))['view'] as Record<
      string,
      string
    >;
    const first = { view_id: opened['id'], hash: opened['hash'], view: VIEW };
    expect(await call('views.update', first)).toMatchObject({ ok: true, view: { id: opened['id'] } });
    expect(await call('views.update', first)).toMatchObject({ error: 'hash_conflict' });
    expect(await call('views.update', { view_id: 'V0NONE', view: VIEW })).toMatchObject({
      error: 'not_found',
    });
  });

  it('carries two more on top, not three', async () => {
    const push = async () => call('views.push', { trigger_id: (await commandBody()).trigger, view: VIEW });
    await call('views.open', { trigger_id: (await commandBody()).trigger, view: VIEW });
    expect(await push()).toMatchObject({ ok: true });
    expect(await push()).toMatchObject({ ok: true });
    expect(await push()).toMatchObject({ error: 'push_limit_reached' });
  });
});

describe('A response URL', () => {
  const answer = (url: string, body: object) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('takes five answers, seen by the person alone unless said otherwise', async () => {
    const { responseUrl } = await commandBody();
    for (let use = 0; use < 5; use += 1)
      expect((await answer(responseUrl, { text: `${use}` })).status).toBe(200);
    const sixth = await answer(responseUrl, { text: 'one too many' });
    expect([sixth.status, await sixth.json()]).toEqual([404, { ok: false, error: 'used_url' }]);
    expect((await slack.control.ephemerals('U0ASKER')).map(({ text }) => text)).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
    ]);
    expect(await slack.control.messages('C0OPS')).toEqual([]);
  });

  it('expires', async () => {
    const { responseUrl } = await commandBody();
    slack.knobs.responseUrlLifetimeMs = 0;
    expect((await answer(responseUrl, { text: 'late' })).status).toBe(404);
  });
});
