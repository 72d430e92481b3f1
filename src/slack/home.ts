import type { App } from '@slack/bolt';
import type { Json } from '../domain/json.ts';
import { accessFacts } from '../operations/access-facts.ts';
import { lookOver } from '../operations/overview.ts';
import type { ClusterStatus } from '../operations/status-report.ts';
import { type HomeContent, homeView, MOST_DECISIONS, strangerHome, type Waiting } from './cards/home-view.ts';
import type { Front } from './front.ts';
import { SeenTriggers } from './guard.ts';

// Looking at every cluster takes a worker some seconds; within this time what was seen is good enough for everybody.
const STATUS_GOOD_MS = 60_000;

/** The app's home tab. */
export interface Home {
  /** Draws one person's home anew; what cannot be shown is logged. */
  show(user: string): Promise<void>;
}

/** The home tabs that this process draws. */
export function createHome(front: Front): Home {
  return new HomeTabs(front);
}

/** Draws somebody's home when they open it. */
export function listenToHome(app: App, front: Front, home: Home): void {
  const seen = new SeenTriggers();
  app.event('app_home_opened', async ({ event, body }) => {
    if (event.tab !== 'home' || body.team_id !== front.teamId || !seen.isFirst(body.event_id)) return;
    await home.show(event.user);
  });
}

type Clusters = NonNullable<HomeContent['clusters']>;

class HomeTabs implements Home {
  readonly #front: Front;
  /** Counts the drawings of each home, so that an older one never covers a newer one. */
  readonly #drawings = new Map<string, number>();
  #clusters: Clusters | undefined;
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
      const problem = thrown instanceof Error ? thrown.message : String(thrown);
      this.#front.log.warn({ user, problem }, 'The home tab could not be drawn');
    }
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
    const person = await world.people.find(user);
    if (person?.kind !== 'member') return strangerHome('Kastellan is for full members of this workspace.');
    const overview = await lookOver(world, user);
    const content: HomeContent = {
      ...overview,
      decisions: await Promise.all(overview.decisions.map((request, place) => this.#waiting(request, place))),
      ...(this.#clusters !== undefined && { clusters: this.#clusters }),
    };
    return homeView(content, user, world.clock.now());
  }

  // Of those that are only counted nothing more has to be known.
  async #waiting(request: Waiting['request'], place: number): Promise<Waiting> {
    if (request.kind !== 'access' || place >= MOST_DECISIONS) return { request };
    return { request, facts: await accessFacts(this.#front.world, request) };
  }

  #isStale(): boolean {
    const at = this.#clusters === undefined ? 0 : Date.parse(this.#clusters.at);
    return this.#front.world.clock.now().getTime() - at > STATUS_GOOD_MS;
  }

  // One look is shared by everybody who opens their home meanwhile.
  #look(): Promise<void> {
    this.#looking ??= this.#askWorker().finally(() => {
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
  }
}
