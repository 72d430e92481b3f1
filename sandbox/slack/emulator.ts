import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isJson, type Json, jsonList } from './json.ts';
import type { SlackApp, SlackOptions } from './options.ts';

/** A message as the emulator keeps it. `ephemeral_to` is set when one person only sees it. */
export interface SlackMessage extends Json {
  ts: string;
  channel: string;
  text: string;
  user?: string;
  bot_id?: string;
  blocks?: Json[];
  thread_ts?: string;
  ephemeral_to?: string;
}

/** local-slack: the page and the store of channels and messages. */
export interface Emulator {
  url: string;
  /** Calls one of its Web API methods as the app; the answer is Slack's, `ok` included. */
  call(method: string, args: Json): Promise<Json>;
  /** Every message of a channel, oldest first, ephemeral ones included. */
  messages(channel: string): Promise<SlackMessage[]>;
  /** Channels, direct messages included. */
  channels(): Promise<Json[]>;
  /** Writes a message as a person would. */
  post(user: string, channel: string, text: string): Promise<void>;
  close(): Promise<void>;
}

const INTERNAL_TOKEN = 'xoxb-internal';

/**
 * Starts local-slack on a free port of 127.0.0.1 and waits until it serves.
 * Throws with its own words when it ends instead.
 */
export async function startEmulator(options: SlackOptions, app: SlackApp): Promise<Emulator> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sandbox-slack-'));
  const config = path.join(folder, 'config.json');
  await writeFile(config, JSON.stringify(emulatorConfig(options, app)), { mode: 0o600 });
  const child = spawn(
    binaryPath(),
    [
      '--config',
      config,
      '--port',
      '0',
      '--base-host',
      '127.0.0.1',
      '--files-dir',
      path.join(folder, 'files'),
    ],
    {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      env: { PATH: process.env['PATH'], BUN_OPTIONS: '--preload=./loopback-preload.ts' },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  const url = await addressOf(child);
  return {
    url,
    call: (method, args) => postJson(`${url}/api/${method}`, args),
    messages: async (channel) =>
      jsonList((await getJson(`${url}/_control/messages/${channel}`))['messages']) as SlackMessage[],
    channels: async () => jsonList((await getJson(`${url}/_control/state`))['channels']),
    post: async (user, channel, text) => {
      await postJson(`${url}/_control/message`, { user, channel, text });
    },
    close: () => stop(child, folder),
  };
}

function binaryPath(): string {
  const manifest = createRequire(import.meta.url).resolve('local-slack-linux-x64/package.json');
  return path.join(path.dirname(manifest), 'bin', 'local-slack');
}

function emulatorConfig(options: SlackOptions, app: SlackApp): Json {
  return {
    workspace: {
      name: options.workspace?.name ?? 'Sandbox',
      domain: options.workspace?.domain ?? 'sandbox',
      teamId: options.workspace?.id ?? 'T0SANDBOX',
    },
    // The emulator never talks to the app: everything between Slack and the app goes through the front.
    apps: [
      {
        appId: app.appId,
        botUserId: app.botUserId,
        botName: app.name,
        botToken: INTERNAL_TOKEN,
        appToken: 'xapp-internal',
        mode: 'socket',
      },
    ],
    users: options.people.map((person) => ({
      id: person.id,
      name: person.name,
      real_name: person.realName,
      ...(person.email === undefined ? {} : { email: person.email }),
      tz: person.tz ?? 'UTC',
    })),
    channels: options.channels.map((channel) => ({
      id: channel.id,
      name: channel.name,
      is_private: channel.isPrivate ?? false,
      members: channel.members,
    })),
  };
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const listen = (chunk: Buffer) => {
      said += chunk.toString();
      const address = /Web UI:\s+(http:\S+)/.exec(said)?.[1];
      if (address !== undefined) resolve(address);
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`local-slack ended with code ${code}: ${said.trim()}`)));
  });
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
}

async function postJson(url: string, body: Json): Promise<Json> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${INTERNAL_TOKEN}` },
    body: JSON.stringify(body),
  });
  return asJson(await response.json());
}

async function getJson(url: string): Promise<Json> {
  return asJson(await (await fetch(url)).json());
}

function asJson(value: unknown): Json {
  if (!isJson(value)) throw new Error('local-slack answered something that is not an object');
  return value;
}
