import type { Lane } from './lane.ts';
import { JournalWatch, type Moment, type Stream } from './moments.ts';

/** The n-th moment of a stream, counted from when the worker begins. */
export interface Target {
  readonly stream: Stream;
  readonly n: number;
}

export interface Killing {
  /** What was going on at the moment of the kill; undefined where the moment never came. */
  readonly at: string | undefined;
  readonly takeOverMs: number | undefined;
  /** Every moment that was seen, in order. */
  readonly seen: readonly Moment[];
}

/**
 * Lets a request be worked on, and kills the process that does it at the chosen moment with `kill -9`.
 * @param target nobody is killed where there is none
 * @param work resolves once the work has come to its end, whoever brought it there
 */
export async function killWhile(
  lane: Lane,
  requestId: string,
  target: Target | undefined,
  work: () => Promise<unknown>,
): Promise<Killing> {
  const seen: Moment[] = [];
  let killedAt: string | undefined;
  let counted = 0;
  let watch: JournalWatch | undefined;
  const heard = (moment: Moment): void => {
    const runner = watch?.runner;
    if (runner === undefined) return;
    seen.push(moment);
    if (target?.stream !== moment.stream) return;
    counted += 1;
    if (counted !== target.n || killedAt !== undefined) return;
    killedAt = moment.what;
    watch?.noteKilled(runner);
    lane.fleet.kill(runner);
  };
  lane.writes.listen(heard);
  watch = await JournalWatch.open(lane, requestId, heard);
  try {
    await work();
  } finally {
    lane.writes.listen(undefined);
    watch.close();
  }
  return { at: killedAt, takeOverMs: watch.takeOverMs, seen };
}
