import type { Delivered, DeliveryKind } from './delivery.ts';
import type { SlackMessage } from './emulator.ts';
import type { Faults } from './faults.ts';
import {
  actOnMessage,
  actOnView,
  closeView,
  openHome,
  runCommand,
  type Seen,
  sendEvent,
  submitView,
} from './interactions.ts';
import { type Json, jsonList, text } from './json.ts';
import type { SlackChannel } from './options.ts';
import { type Entries, type Entry, elementsOf } from './view-state.ts';
import type { View } from './views.ts';
import { directMessages, type World } from './world.ts';

// Long enough for a machine with many times more to do than it has processors.
const PATIENCE_MS = 120_000;

/** Does what people do in Slack, and sees what they see. */
export class SlackControl {
  readonly #world: World;
  /** Mishaps for the next calls of the Web API. */
  readonly faults: Faults;

  constructor(world: World, faults: Faults) {
    this.#world = world;
    this.faults = faults;
  }

  /** Types `/command text` in a channel. Resolves when the app has acknowledged or Slack has given up. */
  runCommand(user: string, channel: string, text: string, command = '/kasten'): Promise<Seen> {
    return runCommand(this.#world, { user, channel, command, text });
  }

  /** Sends the app a payload as it is, as Slack itself does of its own accord. */
  deliver(kind: DeliveryKind, payload: Json): Promise<Delivered> {
    return this.#world.delivery.deliver(kind, payload);
  }

  /** Sends text as it is over every Socket Mode connection. */
  sendRaw(text: string): void {
    this.#world.sockets.sendRaw(text);
  }

  /** Presses a button of a message, or chooses from its menu (`entry` names the option's value). */
  async click(
    user: string,
    channel: string,
    ts: string,
    actionId: string,
    entry: Entry = null,
  ): Promise<Seen> {
    const message = (await this.#seenBy(user, channel)).find((candidate) => candidate.ts === ts);
    if (message === undefined) throw new Error(`${user} sees no message ${ts} in ${channel}`);
    return actOnMessage(this.#world, { user, message, actionId, entry });
  }

  /** Presses a button on a screen that still shows the message as it was. */
  clickAsSeen(user: string, message: SlackMessage, actionId: string): Promise<Seen> {
    return actOnMessage(this.#world, { user, message, actionId, entry: null });
  }

  /** Fills in a modal (entries by block ID) and presses its submit button. */
  submitView(user: string, viewId: string, entries: Entries = {}): Promise<Seen> {
    return submitView(this.#world, { user, view: this.#visible(user, viewId), entries });
  }

  /** Presses something inside a modal; `entries` is what has been filled in so far. */
  clickInView(
    user: string,
    viewId: string,
    actionId: string,
    entry: Entry = null,
    entries: Entries = {},
  ): Promise<Seen> {
    return actOnView(this.#world, { user, view: this.#visible(user, viewId), actionId, entry, entries });
  }

  /** Closes a modal with its cross. */
  closeView(user: string, viewId: string): Promise<void> {
    return closeView(this.#world, user, this.#visible(user, viewId));
  }

  /** The modals this person has open, the visible one last. */
  modals(user: string): View[] {
    return this.#world.views.stack(user);
  }

  /** The app's home tab as this person sees it. */
  home(user: string): View | undefined {
    return this.#world.views.home(user);
  }

  /** Opens the app's home, or the messages beside it. Resolves when the app has heard of it. */
  openHome(user: string, tab: 'home' | 'messages' = 'home'): Promise<Delivered | undefined> {
    return openHome(this.#world, user, tab);
  }

  /** Presses something on the app's home tab. */
  clickAtHome(user: string, actionId: string, entry: Entry = null): Promise<Seen> {
    const view = this.home(user);
    if (view === undefined) throw new Error(`${user} has no home tab`);
    return actOnView(this.#world, { user, view, actionId, entry, entries: {} });
  }

  /** Waits until this person's home tab `matches`. */
  untilHome(user: string, what: string, matches: (view: View) => boolean): Promise<View> {
    return this.until(what, () => {
      const view = this.home(user);
      return view !== undefined && matches(view) ? view : undefined;
    });
  }

  /** What everybody sees in a channel, threads included, oldest first. */
  async messages(channel: string): Promise<SlackMessage[]> {
    const all = await this.#world.emulator.messages(channel);
    return all.filter((message) => message.ephemeral_to === undefined);
  }

  /** What only this person sees, in every channel, oldest first. */
  async ephemerals(user: string): Promise<SlackMessage[]> {
    const places = [
      ...this.#world.channels.map((channel) => channel.id),
      ...(await directMessages(this.#world)).map((entry) => entry.id),
    ];
    const all = await Promise.all(places.map((place) => this.#world.emulator.messages(place)));
    return all
      .flat()
      .filter((message) => message.ephemeral_to === user)
      .sort((a, b) => Number(a.ts) - Number(b.ts));
  }

  /** The direct messages between the app and this person, oldest first. */
  async directMessages(user: string): Promise<SlackMessage[]> {
    const own = (await directMessages(this.#world)).find((entry) => entry.user === user);
    return own === undefined ? [] : this.messages(own.id);
  }

  /** What is in the first file of a message. */
  async download(message: SlackMessage): Promise<string> {
    const [file] = jsonList(message['files']);
    if (file === undefined) throw new Error(`Message ${message.ts} has no file`);
    const { pathname } = new URL(text(file['permalink']));
    return (await fetch(this.#world.url + pathname)).text();
  }

  /** Writes into a channel as a person. */
  say(user: string, channel: string, text: string): Promise<void> {
    return this.#world.emulator.post(user, channel, text);
  }

  /** Adds somebody (or the app's bot user) to a channel; the app hears of it when it subscribed. */
  async addToChannel(user: string, channelId: string, inviter?: string): Promise<Delivered | undefined> {
    const channel = this.#world.channels.find((candidate) => candidate.id === channelId);
    if (channel === undefined) throw new Error(`There is no channel ${channelId}`);
    if (!channel.members.includes(user)) channel.members.push(user);
    const { app, team } = this.#world;
    const scope = channel.isPrivate === true ? 'groups:read' : 'channels:read';
    const subscribed = app.botEvents.includes('member_joined_channel') && app.scopes.includes(scope);
    if (!subscribed || !channel.members.includes(app.botUserId)) return undefined;
    return sendEvent(this.#world, {
      type: 'member_joined_channel',
      user,
      channel: channel.id,
      channel_type: 'C',
      team: team.id,
      ...(inviter === undefined ? {} : { inviter }),
    });
  }

  /** Changes who is in a user group, by handle. */
  setUserGroup(handle: string, members: string[]): void {
    const group = this.#world.userGroups.find((candidate) => candidate.handle === handle);
    if (group === undefined) throw new Error(`There is no user group @${handle}`);
    group.members = members;
  }

  /** Changes a channel, as its owner does: archives it, makes it private, removes the app. */
  changeChannel(id: string, changes: Partial<Omit<SlackChannel, 'id'>>): void {
    const channel = this.#world.channels.find((candidate) => candidate.id === id);
    if (channel === undefined) throw new Error(`There is no channel ${id}`);
    Object.assign(channel, changes);
  }

  /** Where HTTP mode posts to. */
  setRequestUrl(url: string): void {
    this.#world.app.requestUrl = url;
  }

  /** How many Socket Mode connections the app holds. */
  get connections(): number {
    return this.#world.sockets.connected;
  }

  /** Sends the `disconnect` frame that Slack sends before it refreshes or disables connections. */
  disconnectSockets(reason: 'warning' | 'refresh_requested' | 'link_disabled'): void {
    this.#world.sockets.disconnect(reason);
  }

  /** Cuts the connections without a word. */
  dropSockets(): void {
    this.#world.sockets.drop();
  }

  /**
   * Waits until `look` finds something, looking again whenever the app and Slack exchanged anything.
   * Gives what was found; throws with `what` when it takes too long.
   */
  async until<T>(
    what: string,
    look: () => Promise<T | undefined> | T | undefined,
    patienceMs: number = PATIENCE_MS,
  ): Promise<T> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const next = this.#nextEntry(deadline);
      const found = await look();
      if (found !== undefined) return found;
      if (Date.now() >= deadline) throw new Error(`Waited in vain for ${what}`);
      await next;
    }
  }

  /** Waits for a message of the app in a channel that `matches`. */
  untilMessage(
    channel: string,
    what: string,
    matches: (message: SlackMessage) => boolean,
  ): Promise<SlackMessage> {
    return this.until(what, async () => (await this.messages(channel)).find(matches));
  }

  /** Waits until this person has a modal open; gives the visible one. */
  untilModal(user: string): Promise<View> {
    return this.until(`a modal for ${user}`, () => this.modals(user).at(-1));
  }

  /** The action IDs on a message, in order: what a person can press. */
  actionsOf(message: SlackMessage): string[] {
    return jsonList(message.blocks)
      .flatMap(elementsOf)
      .map((element) => element['action_id'])
      .filter((id) => typeof id === 'string');
  }

  #visible(user: string, viewId: string): View {
    const top = this.modals(user).at(-1);
    if (top?.id !== viewId) throw new Error(`${user} does not see the modal ${viewId}`);
    return top;
  }

  async #seenBy(user: string, channel: string): Promise<SlackMessage[]> {
    const all = await this.#world.emulator.messages(channel);
    return all.filter((message) => message.ephemeral_to === undefined || message.ephemeral_to === user);
  }

  /** Resolves at the next exchange, or soon enough to notice the deadline. */
  #nextEntry(deadline: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(done, Math.max(1, Math.min(250, deadline - Date.now())));
      const stop = this.#world.traffic.onEntry(done);
    });
  }
}
