import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import { actOnMessage, actOnView, closeView, openHome, runCommand, submitView } from './interactions.ts';
import { isJson, type Json, jsonList, parseJson, text } from './json.ts';
import { entryOf, forPage, fromPage } from './page-views.ts';
import type { TrafficEntry } from './traffic.ts';
import { elementsOf } from './view-state.ts';
import type { View } from './views.ts';
import type { World } from './world.ts';

/**
 * The page's line to Slack. Messages and channels pass through to local-slack; commands, buttons and modals are
 * done by this Slack, so that a visitor's clicks take the same road as a test's.
 */
export class PageSockets {
  readonly #world: World;
  readonly #pages = new Set<WebSocket>();
  readonly #stops: (() => void)[];

  constructor(world: World) {
    this.#world = world;
    const showModals = () => this.#tellAll({ t: 'view', stack: this.#modals() });
    const showHome = (view: View) =>
      this.#tellAll({ t: 'home', user: view.user, appId: world.app.appId, view });
    world.views.on('change', showModals);
    world.views.on('home', showHome);
    this.#stops = [
      () => world.views.off('change', showModals),
      () => world.views.off('home', showHome),
      world.traffic.onEntry((entry) => this.#showTraffic(entry)),
    ];
  }

  /** Takes a page in and connects it to local-slack. */
  accept(page: WebSocket): void {
    this.#pages.add(page);
    const upstream = new WebSocket(`${this.#world.emulator.url.replace(/^http/, 'ws')}/ui`);
    upstream.on('message', (data) => this.#down(page, data.toString()));
    upstream.on('close', () => page.close());
    upstream.on('error', () => page.terminate());
    page.on('message', (data) => this.#up(page, upstream, data.toString()));
    page.on('error', () => page.terminate());
    page.on('close', () => {
      this.#pages.delete(page);
      upstream.terminate();
    });
  }

  /** Lets all pages go. */
  close(): void {
    for (const stop of this.#stops) stop();
    for (const page of this.#pages) page.terminate();
  }

  #down(page: WebSocket, data: string): void {
    const frame = parseJson(data);
    if (!isJson(frame) || frame['t'] === 'log' || frame['t'] === 'view' || frame['t'] === 'socket_status')
      return;
    tell(page, frame['t'] === 'init' ? { ...frame, state: this.#ownState(frame['state']) } : frame);
  }

  #up(page: WebSocket, upstream: WebSocket, data: string): void {
    const frame = parseJson(data);
    if (!isJson(frame)) return;
    const act = this.#actFor(frame, page);
    if (act === undefined) upstream.send(data);
    else act.catch((error: Error) => this.#world.traffic.add('to_app', 'notice', error.message, frame));
  }

  /** What this Slack does itself; undefined when the frame is for local-slack. */
  #actFor(frame: Json, page: WebSocket): Promise<unknown> | undefined {
    const user = text(frame['user']);
    switch (frame['t']) {
      case 'slash_command':
        return runCommand(this.#world, {
          user,
          channel: text(frame['channel']),
          command: text(frame['command']),
          text: text(frame['text']),
        });
      case 'block_action':
        return this.#press(user, frame);
      case 'view_submit':
        return this.#submit(user, frame, page);
      case 'view_close':
        return this.#close(user);
      case 'open_home':
        return openHome(this.#world, user);
      default:
        return undefined;
    }
  }

  async #press(user: string, frame: Json): Promise<unknown> {
    const action = isJson(frame['action']) ? frame['action'] : {};
    const [actionId, entry] = [text(action['action_id']), entryOf(action)];
    const home = this.#world.views.home(user);
    // The page names no message for what is on the home tab.
    if (frame['messageTs'] === '' && home !== undefined) {
      return actOnView(this.#world, { user, view: home, actionId, entry, entries: {} });
    }
    const view = this.#top(user);
    if (view !== undefined && view.id === frame['messageTs']) {
      const entries = fromPage(view, action['entries']);
      return actOnView(this.#world, { user, view, actionId, entry, entries });
    }
    const all = await this.#world.emulator.messages(text(frame['channel']));
    const message = all.find((candidate) => candidate.ts === frame['messageTs']);
    return message && actOnMessage(this.#world, { user, message, actionId, entry });
  }

  async #submit(user: string, frame: Json, page: WebSocket): Promise<void> {
    const view = this.#top(user);
    if (view === undefined) return;
    const seen = await submitView(this.#world, { user, view, entries: fromPage(view, frame['values']) });
    const errors = Object.entries(seen.errors ?? {}).map(([block, error]) => [labelOf(view, block), error]);
    for (const line of seen.refused ?? []) errors.push(['Slack refused the answer', line]);
    if (errors.length > 0) tell(page, { t: 'view_errors', errors: Object.fromEntries(errors) });
  }

  async #close(user: string): Promise<void> {
    const view = this.#top(user);
    if (view !== undefined) await closeView(this.#world, user, view);
  }

  #top(user: string): View | undefined {
    return this.#world.views.stack(user).at(-1);
  }

  #modals(): Json[] {
    const { people, channels } = this.#world;
    return this.#world.views.all().map((view) => forPage(view, { people, channels }));
  }

  #homes(): Json {
    const { app, views } = this.#world;
    return Object.fromEntries(views.homes().map((view) => [view.user, { [app.appId]: view }]));
  }

  #ownState(state: unknown): Json {
    const given = isJson(state) ? state : {};
    const { mode } = this.#world.app;
    const connected = mode === 'http' || this.#world.sockets.connected > 0;
    return {
      ...given,
      apps: jsonList(given['apps']).map((app) => ({ ...app, mode, connected })),
      modalStack: this.#modals(),
      homeViews: this.#homes(),
      log: this.#world.traffic.entries.slice(-200).map(logEntry),
    };
  }

  #showTraffic(entry: TrafficEntry): void {
    this.#tellAll({ t: 'log', entry: logEntry(entry) });
    if (entry.kind !== 'socket') return;
    const connected = this.#world.sockets.connected > 0;
    this.#tellAll({ t: 'socket_status', appId: this.#world.app.appId, connected });
  }

  #tellAll(frame: Json): void {
    for (const page of this.#pages) tell(page, frame);
  }
}

function tell(page: WebSocket, frame: Json): void {
  if (page.readyState === WebSocket.OPEN) page.send(JSON.stringify(frame));
}

function labelOf(view: View, blockId: string): string {
  const block = view.blocks.find((candidate) => candidate['block_id'] === blockId);
  const label = block?.['label'];
  return isJson(label) && elementsOf(block ?? {}).length > 0 ? text(label['text']) : blockId;
}

function logEntry(entry: TrafficEntry): Json {
  const direction = entry.direction === 'to_app' ? 'to_bot' : 'from_bot';
  return {
    id: randomUUID(),
    time: entry.at,
    direction,
    kind: entry.kind,
    summary: entry.name,
    detail: entry.body,
  };
}
