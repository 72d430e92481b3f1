import { asKastellanError } from '../domain/errors.ts';
import type { World } from '../ports/world.ts';

const MOST_A_MINUTE = 60;
const MINUTE_MS = 60_000;

type RecordingWorld = Pick<World, 'audit' | 'log'>;

/**
 * Writes what was refused before any operation saw it into the audit log. A refusal stays one even where it cannot be
 * written down.
 * @param actor Slack user id, or `unknown`
 */
export async function recordRefusal(
  world: RecordingWorld,
  actor: string,
  detail: { readonly what: string; readonly why: string; readonly times?: number },
): Promise<void> {
  try {
    await world.audit.append({ action: 'slack.refused', actor, detail });
  } catch (thrown) {
    const problem = asKastellanError(thrown).message;
    world.log.warn({ actor, ...detail, problem }, 'A refusal could not be written to the audit log');
  }
}

/**
 * Records requests that are not Slack's. Anybody who reaches the port can send those, so they get a limited number of
 * entries a minute; what goes beyond is counted in one entry more.
 * @returns to be called for each such request
 */
export function createRefusalRecorder(
  world: RecordingWorld,
  now: () => number = Date.now,
): (why: string) => void {
  let minute = 0;
  let written = 0;
  let unwritten = 0;
  const flush = (): void => {
    const times = unwritten;
    unwritten = 0;
    if (times > 0) void recordRefusal(world, 'unknown', { what: 'request', why: 'more of them', times });
  };
  return (why) => {
    const current = Math.floor(now() / MINUTE_MS);
    if (current !== minute) [minute, written] = [current, 0];
    written += 1;
    if (written <= MOST_A_MINUTE) {
      void recordRefusal(world, 'unknown', { what: 'request', why });
      return;
    }
    // One timer for all of them: it begins with the first that was not written.
    if (unwritten === 0) setTimeout(flush, MINUTE_MS).unref();
    unwritten += 1;
  };
}
