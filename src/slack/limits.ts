import type { Limited } from '../ports/limits.ts';
import { answerWithin } from './answer-within.ts';
import { durationWords } from './blocks/words.ts';
import type { Front } from './front.ts';
import { ACTING, ACTIONS } from './requests/request-ids.ts';

const REDIS_WITHIN_MS = 500;

// Commands and action ids; a form behind a button has the id of the button.
const DECISIONS: ReadonlySet<string> = new Set([
  ...ACTING,
  ACTIONS.done,
  ACTIONS.revoke,
  ACTIONS.review,
  '/kasten revoke',
  '/kasten break-glass',
  '/kasten open-break-glass',
]);

/**
 * Counts what a person does, over all processes.
 * @param what the command, or the id of the button or form
 * @returns what it is too much for; undefined if it may go on, also where Redis does not say in time
 */
export async function overLimit(
  { world, log }: Pick<Front, 'world' | 'log'>,
  what: string,
  user: string,
): Promise<Limited | undefined> {
  const kind = DECISIONS.has(what) ? 'decision' : 'other';
  const limited = await answerWithin(REDIS_WITHIN_MS, world.limits.take(user, kind), 'unchecked');
  if (limited === undefined) return undefined;
  if (limited !== 'unchecked') {
    world.telemetry.limited(limited.by);
    return limited;
  }
  world.telemetry.limited('unchecked');
  log.warn({ user, what }, 'Redis does not say how much a person asked for: it is done');
  return undefined;
}

const TOO_MUCH = {
  person: 'You asked for more in a short time than Kastellan does for one person.',
  workspace: 'All people together ask for more than Kastellan does at once.',
} as const;

/** What a person is told about it, in plain text. */
export function limitWords({ by, retryAfterMs }: Limited): string {
  const seconds = Math.ceil(retryAfterMs / 1_000);
  return `${TOO_MUCH[by]} This was not done. Try again in ${durationWords(seconds * 1_000)}.`;
}
