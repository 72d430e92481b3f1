import { randomUUID } from 'node:crypto';
import { issueLines, validateMessage, validateView } from './block-kit/validate.ts';
import { escapedCommandText } from './command-text.ts';
import type { Delivered, DeliveryKind } from './delivery.ts';
import type { SlackMessage } from './emulator.ts';
import { isJson, type Json, jsonList, text } from './json.ts';
import { type Entries, type Entry, elementsOf, formErrors, stateOf, viewState } from './view-state.ts';
import type { View } from './views.ts';
import { openDirectMessage, personOf, type World } from './world.ts';

/** How something a person did ended, as that person sees it. */
export interface Seen {
  outcome: Delivered['outcome'] | 'not_sent';
  /** Errors at the fields of a modal, by block ID. */
  errors?: Record<string, string>;
  /** What Slack refused in the app's answer. */
  refused?: string[];
}

/** A person types a slash command in a channel. */
export async function runCommand(
  world: World,
  typed: { user: string; channel: string; command: string; text: string },
): Promise<Seen> {
  if (!world.app.scopes.includes('commands')) throw new Error('The app has no scope "commands"');
  const target = { user: typed.user, channel: typed.channel, messageTs: undefined };
  const delivered = await world.delivery.deliver('slash_commands', {
    token: 'verification-token',
    team_id: world.team.id,
    team_domain: world.team.domain,
    channel_id: typed.channel,
    channel_name: channelName(world, typed.channel),
    user_id: typed.user,
    user_name: personOf(world, typed.user)?.name ?? typed.user,
    command: typed.command,
    text: escapedCommandText(world, typed.text),
    api_app_id: world.app.appId,
    is_enterprise_install: 'false',
    response_url: world.url + world.responseUrls.issue(target),
    trigger_id: world.triggers.issue(typed.user),
  });
  if (delivered.outcome !== 'acknowledged') {
    await whisper(world, typed, `${typed.command} failed with the error "${delivered.outcome}"`);
    return { outcome: delivered.outcome };
  }
  return answerCommand(world, typed, delivered.body);
}

async function answerCommand(
  world: World,
  typed: { user: string; channel: string },
  body: unknown,
): Promise<Seen> {
  const message = typeof body === 'string' ? { text: body } : body;
  if (!isJson(message) || (text(message['text']) === '' && message['blocks'] === undefined)) {
    return { outcome: 'acknowledged' };
  }
  const issues = validateMessage(message);
  if (issues.length > 0) return { outcome: 'acknowledged', refused: issueLines(issues) };
  await say(world, typed, message);
  return { outcome: 'acknowledged' };
}

/** Writes what the app answered: to the channel when it asked for that, else to the person alone. */
export async function say(world: World, to: { user: string; channel: string }, message: Json): Promise<void> {
  const method = message['response_type'] === 'in_channel' ? 'chat.postMessage' : 'chat.postEphemeral';
  await world.emulator.call(method, {
    channel: to.channel,
    user: to.user,
    text: text(message['text']),
    ...(message['blocks'] === undefined ? {} : { blocks: message['blocks'] }),
  });
}

async function whisper(world: World, to: { user: string; channel: string }, sentence: string): Promise<void> {
  await world.emulator.call('chat.postEphemeral', { ...to, text: sentence, username: 'Slackbot' });
}

/** A person acts on a button, menu or tick box of a message. */
export async function actOnMessage(
  world: World,
  act: { user: string; message: SlackMessage; actionId: string; entry: Entry },
): Promise<Seen> {
  const { user, message } = act;
  const action = actionIn(jsonList(message.blocks), act.actionId, act.entry);
  const ephemeral = message.ephemeral_to !== undefined;
  const target = { user, channel: message.channel, messageTs: message.ts };
  return send(world, 'interactive', {
    ...frame(world, 'block_actions', user),
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: message.channel,
      is_ephemeral: ephemeral,
      ...(message.thread_ts === undefined ? {} : { thread_ts: message.thread_ts }),
    },
    channel: { id: message.channel, name: channelName(world, message.channel) },
    ...(ephemeral ? {} : { message }),
    state: { values: viewState(jsonList(message.blocks), {}) },
    response_url: world.url + world.responseUrls.issue(target),
    actions: [action],
  });
}

/** A person acts on an element of the modal, or of the home tab, they see. */
export function actOnView(
  world: World,
  act: { user: string; view: View; actionId: string; entry: Entry; entries: Entries },
): Promise<Seen> {
  const { view } = act;
  return send(world, 'interactive', {
    ...frame(world, 'block_actions', act.user),
    container: { type: 'view', view_id: view.id },
    view: withState(view, act.entries),
    actions: [actionIn(view.blocks, act.actionId, act.entry)],
  });
}

/** A person presses a modal's submit button. */
export async function submitView(
  world: World,
  submission: { user: string; view: View; entries: Entries },
): Promise<Seen> {
  const { user, view, entries } = submission;
  const errors = formErrors(view.blocks, entries);
  if (Object.keys(errors).length > 0) return { outcome: 'not_sent', errors };
  const delivered = await world.delivery.deliver('interactive', {
    ...frame(world, 'view_submission', user),
    view: withState(view, entries),
    response_urls: [],
  });
  if (delivered.outcome !== 'acknowledged') {
    return { outcome: delivered.outcome, errors: { '': 'We had some trouble connecting. Try again?' } };
  }
  return followResponse(world, user, view, delivered.body);
}

function followResponse(world: World, user: string, view: View, body: unknown): Seen {
  const answer = isJson(body) ? body : {};
  const next = answer['view'];
  switch (answer['response_action']) {
    case 'errors':
      return { outcome: 'acknowledged', errors: answer['errors'] as Record<string, string> };
    case 'clear':
      world.views.clear(user);
      return { outcome: 'acknowledged' };
    case 'update':
    case 'push': {
      const issues = validateView(next);
      if (issues.length > 0) return { outcome: 'acknowledged', refused: issueLines(issues) };
      if (answer['response_action'] === 'push') world.views.push(user, next as Json);
      else world.views.update({ viewId: view.id }, next as Json);
      return { outcome: 'acknowledged' };
    }
    default:
      world.views.pop(user);
      return { outcome: 'acknowledged' };
  }
}

/** A person closes the modal they see; the app hears of it when it asked to. */
export async function closeView(world: World, user: string, view: View): Promise<void> {
  if (view['clear_on_close'] === true) world.views.clear(user);
  else world.views.pop(user);
  if (view['notify_on_close'] !== true) return;
  await world.delivery.deliver('interactive', {
    ...frame(world, 'view_closed', user),
    view: withState(view, {}),
    is_cleared: view['clear_on_close'] === true,
  });
}

/**
 * A person opens a tab of the app's home. The app hears of it when it subscribed.
 * https://docs.slack.dev/reference/events/app_home_opened
 */
export async function openHome(
  world: World,
  user: string,
  tab: 'home' | 'messages' = 'home',
): Promise<Delivered | undefined> {
  if (tab === 'home' && !world.app.homeTab) throw new Error('The app has no Home tab');
  if (!world.app.botEvents.includes('app_home_opened')) return undefined;
  const view = tab === 'home' ? world.views.home(user) : undefined;
  return sendEvent(world, {
    type: 'app_home_opened',
    user,
    channel: await openDirectMessage(world, user),
    tab,
    ...(view === undefined ? {} : { view: withState(view, {}) }),
  });
}

/** Sends an event the app subscribed to, and again while it is not acknowledged. */
export async function sendEvent(world: World, event: Json): Promise<Delivered> {
  if (!world.app.botEvents.includes(text(event['type']))) {
    throw new Error(`The app does not subscribe to ${text(event['type'])}`);
  }
  const now = Date.now();
  const payload: Json = {
    token: 'verification-token',
    team_id: world.team.id,
    api_app_id: world.app.appId,
    event: { ...event, event_ts: `${now / 1000}` },
    type: 'event_callback',
    event_id: `Ev${randomUUID().replaceAll('-', '').slice(0, 10).toUpperCase()}`,
    event_time: Math.floor(now / 1000),
    authorizations: [
      { enterprise_id: null, team_id: world.team.id, user_id: world.app.botUserId, is_bot: true },
    ],
    is_ext_shared_channel: false,
  };
  let delivered = await world.delivery.deliver('events_api', payload);
  for (const [at, pause] of world.knobs.eventRetryDelaysMs.entries()) {
    if (delivered.outcome === 'acknowledged') break;
    await new Promise((resolve) => setTimeout(resolve, pause).unref());
    delivered = await world.delivery.deliver('events_api', payload, at + 1);
  }
  return delivered;
}

async function send(world: World, kind: DeliveryKind, payload: Json): Promise<Seen> {
  const { outcome } = await world.delivery.deliver(kind, payload);
  return { outcome };
}

function frame(world: World, type: string, user: string): Json {
  const name = personOf(world, user)?.name ?? user;
  return {
    type,
    user: { id: user, username: name, name, team_id: world.team.id },
    api_app_id: world.app.appId,
    token: 'verification-token',
    trigger_id: world.triggers.issue(user),
    team: { id: world.team.id, domain: world.team.domain },
    enterprise: null,
    is_enterprise_install: false,
  };
}

/** The view as an app gets it: with its state, without the sandbox's note of whose it is. */
function withState(view: View, entries: Entries): Json {
  const { user: _whose, ...rest } = view;
  return { ...rest, state: { values: viewState(view.blocks, entries) } };
}

function actionIn(blocks: Json[], actionId: string, entry: Entry): Json {
  for (const block of blocks) {
    const element = elementsOf(block).find((candidate) => candidate['action_id'] === actionId);
    if (element === undefined) continue;
    const option = jsonList(element['options']).find((candidate) => candidate['value'] === entry);
    return {
      type: element['type'],
      action_id: actionId,
      block_id: block['block_id'],
      ...(element['type'] === 'button' ? { text: element['text'], value: element['value'] } : {}),
      ...(element['type'] === 'overflow' ? { selected_option: option } : {}),
      ...stateOf(element, entry),
      action_ts: `${Date.now() / 1000}`,
    };
  }
  throw new Error(`There is nothing with the action ID ${JSON.stringify(actionId)} to act on`);
}

function channelName(world: World, id: string): string {
  return world.channels.find((channel) => channel.id === id)?.name ?? 'directmessage';
}
