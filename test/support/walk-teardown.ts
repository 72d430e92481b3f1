import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import type { Entries } from '../../sandbox/slack/view-state.ts';
import type { World } from '../../sandbox/world.ts';
import { ASKER, type Walk } from './walk.ts';

export const TORN_DOWN = /no longer signs in through Kastellan's app/;
export const EVERYTHING: Entries = { remove: ['bindings', 'credential', 'application', 'groups'] };

/** Types `/kasten teardown`, sends the form, and waits for the card that this gives to say what it should. */
export async function asksToTearDown(
  walk: Walk<World>,
  matches: RegExp,
  entries: Entries = {},
  cluster = 'prod-eu',
): Promise<SlackMessage> {
  const before = (await walk.cards()).length;
  const errors = await sendsTeardown(walk, entries, cluster);
  if (Object.keys(errors).length > 0) throw new Error(`The form was not taken: ${JSON.stringify(errors)}`);
  return walk.newCard(before, matches);
}

/** @returns the mistakes shown at fields, with the form left closed */
export async function sendsTeardown(
  walk: Walk<World>,
  entries: Entries,
  cluster = 'prod-eu',
): Promise<Record<string, string>> {
  const user = walk.user(ASKER);
  const view = await user.opensForm(`teardown ${cluster}`);
  const errors = await user.submits(view, entries);
  if (Object.keys(errors).length > 0) await walk.sandbox.slack.control.closeView(ASKER.slackId, view.id);
  return errors;
}

/** Asks, has it approved, and waits for the end it should come to. */
export async function tearsDown(
  walk: Walk<World>,
  matches: RegExp,
  entries: Entries = {},
  cluster = 'prod-eu',
): Promise<SlackMessage> {
  const card = await asksToTearDown(walk, /Waits for/, entries, cluster);
  await walk.approves(card);
  return walk.becomes(card, matches);
}
