import type { Lane } from './lane.ts';
import { JournalWatch, type Moment, type Stream } from './moments.ts';

export type Direction = 'apply' | 'undo';

/** The n-th moment of a stream, counted from when the worker begins. */
export interface Target {
  readonly stream: Stream;
  readonly n: number;
}

export interface Killing {
  readonly requestId: string;
  /** What was going on at the moment of the kill; undefined where the moment never came. */
  readonly at: string | undefined;
  readonly takeOverMs: number | undefined;
  /** Every moment that was seen, in order. */
  readonly seen: readonly Moment[];
}

/**
 * Presses the button that begins the work, kills the process that works at the chosen moment with `kill -9`, and waits
 * until another one has brought the request to its end.
 */
export async function killWhile(
  lane: Lane,
  requestId: string,
  direction: Direction,
  target: Target | undefined,
): Promise<Killing> {
  const seen: Moment[] = [];
  let killed: { at: string; when: number } | undefined;
  let counted = 0;
  const heard = (moment: Moment): void => {
    const runner = watch?.runner;
    if (runner === undefined) return;
    seen.push(moment);
    if (target?.stream !== moment.stream) return;
    counted += 1;
    if (counted !== target.n || killed !== undefined) return;
    killed = { at: moment.what, when: Date.now() };
    lane.fleet.kill(runner.pid);
  };
  let watch: JournalWatch | undefined;
  lane.writes.listen(heard);
  watch = await JournalWatch.open(lane, requestId, heard);
  try {
    await lane.press(requestId, direction === 'apply' ? 'request.approve' : 'request.roll-back');
    if (direction === 'apply') await lane.untilState(requestId, ['done']);
    else await lane.untilState(requestId, ['undone'], 'failed');
  } finally {
    lane.writes.listen(undefined);
    watch.close();
  }
  const since = watch.runner?.since ?? 0;
  return {
    requestId,
    at: killed?.at,
    // The last state may have been written before the kill: then there was nothing left to go on with.
    takeOverMs: killed !== undefined && since > killed.when ? since - killed.when : undefined,
    seen,
  };
}

/** A request that was carried out but not proved: what people roll back. */
export async function unproved(lane: Lane, ask: (lane: Lane) => Promise<string>): Promise<string> {
  const { faults } = lane.sandbox.kubernetes;
  const mend = faults.add({
    match: { method: 'POST', path: 'subjectaccessreviews' },
    answer: { status: 403 },
  });
  const id = await ask(lane);
  await lane.press(id, 'request.approve');
  await lane.untilState(id, ['failed']);
  mend();
  return id;
}

/** A set-up that was carried out but not proved. */
export function failedSetUp(lane: Lane): Promise<string> {
  return unproved(lane, () => lane.ask());
}
