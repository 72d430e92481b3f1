import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import type { SlackAppOptions } from './options.ts';

interface Manifest {
  features: { app_home?: { home_tab_enabled?: boolean } };
  oauth_config: { scopes: { bot: string[] } };
  settings: { event_subscriptions: { bot_events: string[] } };
}

/** What the app's manifest asks Slack for: a sandbox installs the app as its manifest says, and grants no more. */
export function manifestApp(): Pick<SlackAppOptions, 'scopes' | 'botEvents' | 'homeTab'> {
  const source = readFileSync(new URL('../../manifest.yml', import.meta.url), 'utf8');
  const { features, oauth_config, settings } = load(source) as Manifest;
  return {
    scopes: oauth_config.scopes.bot,
    botEvents: settings.event_subscriptions.bot_events,
    homeTab: features.app_home?.home_tab_enabled ?? false,
  };
}
