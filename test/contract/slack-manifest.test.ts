import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { AppsManifestValidateArguments } from '@slack/web-api';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { load } from 'js-yaml';
import { parseCommand } from '../../src/slack/commands.ts';

const manifest = load(
  readFileSync(new URL('../../manifest.yml', import.meta.url), 'utf8'),
) as AppsManifestValidateArguments['manifest'];
const schemaFile = new URL('../../../shared/contracts/slack-manifest.schema.json', import.meta.url);

/** Slack's schema is not part of this repository; without it only our own expectations are checked. */
function slackSchemaErrors(): unknown[] {
  if (!existsSync(schemaFile)) {
    process.stdout.write("Slack's manifest schema is not on this machine: checked without it\n");
    return [];
  }
  const ajv = new Ajv({ allErrors: true, strict: false });
  addFormats.default(ajv);
  const valid = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')));
  valid(manifest);
  return valid.errors ?? [];
}

/** A scope of which each method needs one, after https://docs.slack.dev/reference/methods. */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  'auth.test': [],
  'chat.delete': ['chat:write'],
  'chat.getPermalink': [],
  'chat.postEphemeral': ['chat:write'],
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  // Asked without its scope on purpose: who gives that besides saves a second card after a lost answer.
  'conversations.history': [],
  'conversations.info': ['channels:read', 'groups:read'],
  'conversations.open': ['im:write'],
  'files.uploadV2': ['files:write'],
  'usergroups.list': ['usergroups:read'],
  'usergroups.users.list': ['usergroups:read'],
  'users.info': ['users:read'],
  'users.lookupByEmail': ['users:read.email'],
  'views.open': [],
  'views.publish': [],
};

/** The same for events, after https://docs.slack.dev/reference/events. */
const EVENT_SCOPES: Readonly<Record<string, readonly string[]>> = {
  app_home_opened: [],
  member_joined_channel: ['channels:read', 'groups:read'],
};

const SOURCE = sourceOf('src/slack') + sourceOf('src/adapters/slack');
const METHODS = [
  ...new Set(
    [...SOURCE.matchAll(/\bclient\s*\.([a-z]+(?:\.[a-zA-Z0-9]+)+)\(/g)].map(([, method = '']) => method),
  ),
];
const EVENTS = listened('event');

describe('The Slack app manifest', () => {
  it("follows Slack's schema for manifests", () => {
    expect(slackSchemaErrors()).toEqual([]);
  });

  it('asks for just the scopes of the methods that are called and the events that are heard', () => {
    const unknown = METHODS.filter((method) => !(method in SCOPES));
    expect(unknown).toEqual([]);
    const needed = [
      'commands',
      ...METHODS.flatMap((method) => SCOPES[method] ?? []),
      ...EVENTS.flatMap((event) => EVENT_SCOPES[event] ?? ['an event this test does not know']),
    ];
    expect(manifest.oauth_config?.scopes?.bot?.toSorted()).toEqual([...new Set(needed)].toSorted());
    expect(manifest.oauth_config?.scopes?.user).toBeUndefined();
  });

  it('works in Socket Mode as it stands, and has one address to replace for signed HTTP', () => {
    const addresses = [
      manifest.features?.slash_commands?.[0]?.url,
      manifest.settings?.event_subscriptions?.request_url,
      manifest.settings?.interactivity?.request_url,
    ];
    expect(manifest.settings?.socket_mode_enabled).toBe(true);
    expect(manifest.settings?.interactivity?.is_enabled).toBe(true);
    expect(new Set(addresses)).toEqual(new Set(['https://kastellan.example.com/slack/events']));
  });

  it('offers the command that is listened to, with people in it escaped to their IDs, and words it knows', () => {
    const heard = listened('command').map((name) => new RegExp(`const ${name} = '(.*)'`).exec(SOURCE)?.[1]);
    const commands = manifest.features?.slash_commands ?? [];
    expect(commands.map(({ command }) => command)).toEqual(heard);
    expect(commands[0]?.should_escape).toBe(true);
    const words = commands[0]?.usage_hint?.split(' | ') ?? [];
    expect(words.length).toBeGreaterThan(1);
    expect(words.filter((word) => parseCommand(word).kind === 'unknown')).toEqual([]);
  });

  it('hears just the events that are listened to, and has the home that one of them draws', () => {
    expect(manifest.settings?.event_subscriptions?.bot_events?.toSorted()).toEqual(EVENTS.toSorted());
    expect(manifest.features?.app_home).toMatchObject({ home_tab_enabled: true, messages_tab_enabled: true });
  });

  it('sends clicks and forms, and has no shortcuts and no menus to load, because nobody listens to those', () => {
    expect(SOURCE).toMatch(/\bapp\.(action|view)\(|\.(action|view)\(\s*[/'"`A-Z]/);
    expect(manifest.settings?.interactivity?.is_enabled).toBe(true);
    expect(listened('shortcut')).toEqual(
      (manifest.features?.shortcuts ?? []).map(({ callback_id }) => callback_id),
    );
    expect(listened('options').length > 0).toBe(
      manifest.settings?.interactivity?.message_menu_options_url !== undefined,
    );
  });
});

/** All TypeScript below a folder of the repository. */
function sourceOf(folder: string): string {
  const root = new URL(`../../${folder}/`, import.meta.url);
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  return files.map((path) => readFileSync(new URL(path, root), 'utf8')).join('\n');
}

/** What listeners of this kind are registered for, as the source writes it, without quotes. */
function listened(kind: string): string[] {
  return [...SOURCE.matchAll(new RegExp(`\\bapp\\.${kind}\\(\\s*['"]?([\\w/.-]+)`, 'g'))].map(
    ([, what = '']) => what,
  );
}
