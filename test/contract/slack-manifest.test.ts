import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { AppsManifestValidateArguments } from '@slack/web-api';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { load } from 'js-yaml';

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

describe('The Slack app manifest', () => {
  it("follows Slack's schema for manifests", () => {
    expect(slackSchemaErrors()).toEqual([]);
  });

  it('asks for exactly the scopes that Kastellan uses', () => {
    expect(manifest.oauth_config?.scopes?.bot).toEqual([
      'commands',
      'chat:write',
      'users:read',
      'users:read.email',
      'usergroups:read',
      'channels:read',
      'groups:read',
      'im:write',
      'files:write',
    ]);
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

  it('offers one command, with people in it escaped to their IDs', () => {
    expect(manifest.features?.slash_commands).toHaveLength(1);
    expect(manifest.features?.slash_commands?.[0]).toMatchObject({ command: '/kasten', should_escape: true });
  });

  it('hears only of people who join a channel or open its home, which it has', () => {
    expect(manifest.settings?.event_subscriptions?.bot_events).toEqual([
      'app_home_opened',
      'member_joined_channel',
    ]);
    expect(manifest.features?.app_home).toMatchObject({ home_tab_enabled: true, messages_tab_enabled: true });
  });
});
