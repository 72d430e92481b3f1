import type { WebClient } from '@slack/web-api';
import type { Json } from '../domain/json.ts';
import type { Question } from '../ports/question.ts';
import type { Log } from '../ports/telemetry.ts';
import type { World } from '../ports/world.ts';

/** What the listeners work with. */
export interface Front {
  readonly world: World;
  /** @param asker Slack user id of the person who asks; absent: the home tab, which is for all */
  readonly ask: (question: Question, asker?: string) => Promise<Json>;
  /** For modals and private answers. */
  readonly client: WebClient;
  /** Slack channel id in which cards are posted. */
  readonly approvalsChannel: string;
  readonly log: Log;
  /** The workspace this app is installed in, and its own user. */
  readonly teamId: string;
  readonly botUserId: string;
}
