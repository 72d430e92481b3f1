import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from '@slack/bolt';
import { asKastellanError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { findConcerned } from '../../operations/access/find-concerned.ts';
import { loadHome } from '../../operations/status/load-home.ts';
import type { ClusterStatus } from '../../operations/status/status-report.ts';
import { accessFacts } from '../../workflows/access/access-facts.ts';
import { findParts } from '../../workflows/requests/batch-parts.ts';
import { escapeMarkup } from '../blocks/escape.ts';
import type { Front } from '../front.ts';
import type { Guard } from '../guard.ts';
import { homeMetadata } from '../requests/click-origin.ts';
import { emptyHome, type HomeContent, homeView, MOST_DECISIONS, type Waiting } from './home-view.ts';

// Looking at every cluster takes a worker some seconds; within this time what was seen is good enough for everybody.
const STATUS_GOOD_MS = 60_000;

// Slack does not say when a home is closed: after a working day it is taken for closed.
const OPEN_MS = 8 * 3_600_000;
const MOST_OPEN = 5_000;
// What changes within this time is drawn together.
const GATHER_MS = 1_000;
// Each round reads who decides, of which Slack allows 20 a minute, and draws homes, of which it allows 100 (tiers 2 and 4).
const ROUND_MS = 5_000;
const EACH_MS = 700;

/** The app's home tab. */
export interface Home {
  /** Draws one person's home anew; where that cannot be done, it says so. */
  show(user: string): Promise<void>;
  /** Draws the home of somebody who opens it, and of now on whenever something in it changes. */
  opened(user: string): Promise<void>;
  /** A request, or what it gave, has changed: the homes of those whom it concerns are drawn anew soon. */
  changed(requestId: string): void;
}

/** The home tabs that this process draws. */
export function createHome(front: Front): Home {
  return new HomeTabs(front);
}

/** Draws somebody's home when they open it. */
export function listenToHome(app: App, front: Front, guard: Guard, home: Home): void {
  app.event('app_home_opened', async ({ event, body }) => {
    if (event.tab !== 'home' || body.team_id !== front.teamId) return;
    const actor = { user: event.user, team: body.team_id, trigger: body.event_id };
    const refusal = await guard.admit('the home tab', actor, false);
    if (refusal === undefined) await home.opened(event.user);
    else await guard.turnAway(actor, refusal);
  });
}

type Clusters = NonNullable<HomeContent['clusters']>;

class HomeTabs implements Home {
  readonly #front: Front;
  /** Counts the drawings of each home, so that an older one never covers a newer one. */
  readonly #drawings = new Map<string, number>();
  /** Who has opened a home here, and when, in epoch milliseconds. */
  readonly #openedAt = new Map<string, number>();
  readonly #changed = new Set<string>();
  #redrawing = false;
  #clusters: Clusters | undefined;
  /** Why they could not be looked at the last time. */
  #problem: string | undefined;
  #looking: Promise<void> | undefined;

  constructor(front: Front) {
    this.#front = front;
  }

  async show(user: string): Promise<void> {
    try {
      await this.#draw(user);
      if (!this.#isStale()) return;
      await this.#look();
      await this.#draw(user);
    } catch (thrown) {
      this.#note(thrown, user);
      await this.#sayWhyNot(user, thrown);
    }
  }

  // What stood there before may not be true any more.
  async #sayWhyNot(user: string, thrown: unknown): Promise<void> {
    const { message, hint = '' } = asKastellanError(thrown);
    const why = escapeMarkup(`${message} ${hint}`);
    const view = emptyHome(`This cannot be shown now. ${why} Nothing was changed.`);
    await this.#front.client.views
      .publish({ user_id: user, view })
      .catch((again: unknown) => this.#note(again, user));
  }

  #note(thrown: unknown, user = 'everybody'): undefined {
    const problem = thrown instanceof Error ? thrown.message : String(thrown);
    this.#front.log.warn({ user, problem }, 'The home tab could not be drawn');
  }

  async opened(user: string): Promise<void> {
    this.#openedAt.delete(user);
    this.#openedAt.set(user, Date.now());
    const [longestAgo] = this.#openedAt.keys();
    if (this.#openedAt.size > MOST_OPEN && longestAgo !== undefined) this.#openedAt.delete(longestAgo);
    await this.show(user);
  }

  changed(requestId: string): void {
    if (this.#openedAt.size === 0) return;
    this.#changed.add(requestId);
    if (this.#redrawing) return;
    this.#redrawing = true;
    void this.#redrawAll().finally(() => {
      this.#redrawing = false;
    });
  }

  async #redrawAll(): Promise<void> {
    for (let waitMs = GATHER_MS; this.#changed.size > 0; ) {
      await sleep(waitMs, undefined, { ref: false });
      const requestIds = [...this.#changed];
      this.#changed.clear();
      const drawn = await this.#redraw(requestIds).catch((thrown: unknown) => this.#note(thrown));
      waitMs = Math.max(ROUND_MS, (drawn ?? 0) * EACH_MS);
    }
  }

  /** @returns how many were drawn */
  async #redraw(requestIds: readonly string[]): Promise<number> {
    const concerned = await findConcerned(this.#front.world, requestIds);
    const since = Date.now() - OPEN_MS;
    const open = [...this.#openedAt].filter(([user, at]) => at >= since && concerned.has(user));
    for (const [user] of open) await this.#draw(user).catch((thrown: unknown) => this.#note(thrown, user));
    return open.length;
  }

  async #draw(user: string): Promise<void> {
    const drawing = (this.#drawings.get(user) ?? 0) + 1;
    this.#drawings.set(user, drawing);
    const view = await this.#viewFor(user);
    if (this.#drawings.get(user) !== drawing) return;
    await this.#front.client.views.publish({ user_id: user, view });
  }

  async #viewFor(user: string) {
    const { world } = this.#front;
    const person = await world.people.find(user, { priority: 'list' });
    if (person?.kind !== 'member') return emptyHome('Kastellan is for full members of this workspace.');
    const overview = await loadHome(world, user);
    const content: HomeContent = {
      ...overview,
      decisions: await Promise.all(overview.decisions.map((request, place) => this.#waiting(request, place))),
      ...(this.#clusters !== undefined && { clusters: this.#clusters }),
      ...(this.#problem !== undefined && { problem: this.#problem }),
    };
    const private_metadata = homeMetadata(await world.personalSeals.make(user));
    return { ...homeView(content, user, world.clock.now()), private_metadata };
  }

  // Of those that are only counted nothing more has to be known.
  async #waiting(request: Waiting['request'], place: number): Promise<Waiting> {
    const { world } = this.#front;
    if (place >= MOST_DECISIONS) return { request };
    if (request.kind === 'access') return { request, facts: await accessFacts(world, request) };
    if (request.kind !== 'batch') return { request };
    const parts = await findParts(world, request);
    return { request, parts: parts.map((part) => ({ request: part, journal: {} })) };
  }

  #isStale(): boolean {
    const at = this.#clusters === undefined ? 0 : Date.parse(this.#clusters.at);
    return this.#front.world.clock.now().getTime() - at > STATUS_GOOD_MS;
  }

  // One look is shared by everybody who opens their home meanwhile.
  #look(): Promise<void> {
    this.#looking ??= this.#askWorker()
      .catch((thrown: unknown) => {
        this.#note(thrown);
        this.#problem = asKastellanError(thrown).message;
      })
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  async #askWorker(): Promise<void> {
    const { telemetry } = this.#front.world;
    // It is nobody's alone, whoever opened their home first.
    const answer: Json = await telemetry.traced({ name: 'the home tab' }, () =>
      this.#front.ask({ kind: 'status' }),
    );
    // Reports come from a worker of the same version: they only became JSON on the way.
    const status = answer as unknown as readonly ClusterStatus[];
    this.#clusters = { at: this.#front.world.clock.now().toISOString(), status };
    this.#problem = undefined;
  }
}
