import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { isJson, type Json, jsonList } from './json.ts';

/** A modal or home tab as Slack keeps it, with the person who sees it. */
export interface View extends Json {
  id: string;
  hash: string;
  user: string;
  blocks: Json[];
  root_view_id: string;
  previous_view_id: string | null;
}

const MAX_STACK = 3;

/** A view, or Slack's error code. */
export type ViewUse = { ok: true; view: View } | { ok: false; error: string };

/** Everyone's open modals and home tabs. Emits `change` whenever somebody's modals do, and `home` with a new home tab. */
export class Views extends EventEmitter {
  readonly #stacks = new Map<string, View[]>();
  readonly #homes = new Map<string, View>();
  readonly #team: string;
  readonly #app: { appId: string; botUserId: string };

  constructor(team: string, app: { appId: string; botUserId: string }) {
    super();
    this.setMaxListeners(0);
    this.#team = team;
    this.#app = app;
  }

  /** This person's modals, the visible one last. */
  stack(user: string): View[] {
    return this.#stacks.get(user) ?? [];
  }

  /** Everybody's modals. */
  all(): View[] {
    return [...this.#stacks.values()].flat();
  }

  /** This person's home tab of the app. */
  home(user: string): View | undefined {
    return this.#homes.get(user);
  }

  /** Opens a modal; whatever this person had open is gone. */
  open(user: string, view: Json): ViewUse {
    const made = this.#make(user, view, null);
    this.#put(user, [made]);
    return { ok: true, view: made };
  }

  /** Puts a modal on top; Slack holds three at most. */
  push(user: string, view: Json): ViewUse {
    const stack = this.stack(user);
    if (stack.length === 0) return { ok: false, error: 'not_found' };
    if (stack.length >= MAX_STACK) return { ok: false, error: 'push_limit_reached' };
    const made = this.#make(user, view, stack.at(-1) ?? null);
    this.#put(user, [...stack, made]);
    return { ok: true, view: made };
  }

  /** Replaces a modal where it stands; what people typed stays where the blocks keep their IDs. */
  update(by: { viewId?: string; externalId?: string; hash?: string }, view: Json): ViewUse {
    const old = this.all().find(
      (open) =>
        open.id === by.viewId || (by.externalId !== undefined && open['external_id'] === by.externalId),
    );
    if (old === undefined) return { ok: false, error: 'not_found' };
    if (by.hash !== undefined && by.hash !== old.hash) return { ok: false, error: 'hash_conflict' };
    const made = {
      ...this.#make(old.user, view, null),
      id: old.id,
      root_view_id: old.root_view_id,
      previous_view_id: old.previous_view_id,
    };
    this.#put(
      old.user,
      this.stack(old.user).map((open) => (open.id === old.id ? made : open)),
    );
    return { ok: true, view: made };
  }

  /** Shows a home tab to one person. */
  publish(user: string, view: Json): ViewUse {
    const made = { ...this.#make(user, view, null), ...this.#sameHome(user) };
    this.#homes.set(user, made);
    this.emit('home', made);
    return { ok: true, view: made };
  }

  /** Everybody's home tab. */
  homes(): View[] {
    return [...this.#homes.values()];
  }

  /** Closes the visible modal; the one below is seen again. */
  pop(user: string): void {
    this.#put(user, this.stack(user).slice(0, -1));
  }

  /** Closes all modals of this person. */
  clear(user: string): void {
    this.#put(user, []);
  }

  // A home tab that is published again stays the same view.
  #sameHome(user: string): Pick<View, 'id' | 'root_view_id'> | undefined {
    const before = this.home(user);
    return before && { id: before.id, root_view_id: before.root_view_id };
  }

  #put(user: string, stack: View[]): void {
    this.#stacks.set(user, stack);
    this.emit('change');
  }

  #make(user: string, view: Json, below: View | null): View {
    const id = `V${randomUUID().replaceAll('-', '').slice(0, 12).toUpperCase()}`;
    return {
      private_metadata: '',
      callback_id: '',
      external_id: '',
      clear_on_close: false,
      notify_on_close: false,
      close: null,
      submit: null,
      ...view,
      id,
      user,
      team_id: this.#team,
      app_id: this.#app.appId,
      bot_id: botId(this.#app.botUserId),
      hash: `${Date.now()}.${randomUUID().slice(0, 8)}`,
      blocks: withBlockIds(view['blocks']),
      root_view_id: below?.root_view_id ?? id,
      previous_view_id: below?.id ?? null,
      state: { values: {} },
    };
  }
}

/** The bot ID that goes with a bot user's ID. */
export function botId(botUserId: string): string {
  return `B${botUserId.slice(1)}`;
}

/** Blocks and their elements with the IDs that Slack adds where an app gave none. */
export function withBlockIds(blocks: unknown): Json[] {
  return jsonList(blocks).map((block) => ({
    ...block,
    block_id: block['block_id'] ?? shortId(),
    ...(isJson(block['element']) ? { element: withActionId(block['element']) } : {}),
    ...(isJson(block['accessory']) ? { accessory: withActionId(block['accessory']) } : {}),
    ...(block['type'] === 'actions' ? { elements: jsonList(block['elements']).map(withActionId) } : {}),
  }));
}

function withActionId(element: Json): Json {
  return element['type'] === 'image' ? element : { ...element, action_id: element['action_id'] ?? shortId() };
}

function shortId(): string {
  return randomUUID().slice(0, 5);
}
