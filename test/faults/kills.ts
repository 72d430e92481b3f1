import type { Try, TryResult } from './fault.ts';
import { brokenAfterSetUp, brokenAfterUndo } from './invariants.ts';
import { type Direction, failedSetUp, killWhile, type Target } from './killing.ts';
import type { Lane } from './lane.ts';
import { STREAMS } from './moments.ts';
import { releaseOf } from './seen.ts';

const LONGEST_TAKE_OVER_MS = 30_000;

const ROWS: Readonly<Record<Direction, string>> = {
  apply: 'kill -9 of the worker while applying',
  undo: 'kill -9 of the worker while undoing',
};

/** A kill at each moment that an undisturbed run shows: every remote write, and every note in the journal. */
export async function everyKill(lane: Lane): Promise<Try[]> {
  const tries: Try[] = [];
  for (const direction of ['apply', 'undo'] as const) {
    await lane.makeReady();
    const id = direction === 'apply' ? await lane.ask() : await failedSetUp(lane);
    const { seen } = await killWhile(lane, id, direction, undefined);
    for (const stream of STREAMS) {
      const count = seen.filter((moment) => moment.stream === stream).length;
      for (let n = 1; n <= count; n += 1) tries.push(killAt(direction, { stream, n }));
    }
  }
  return tries;
}

/** One kill at one moment. */
export function killAt(direction: Direction, target: Target): Try {
  return {
    fault: ROWS[direction],
    variant: `${target.stream} ${target.n}`,
    run: (lane) => (direction === 'apply' ? killApplying(lane, target) : killUndoing(lane, target)),
  };
}

async function killApplying(lane: Lane, target: Target): Promise<TryResult> {
  const { revision } = releaseOf(lane.sandbox);
  const id = await lane.ask();
  const killing = await killWhile(lane, id, 'apply', target);
  return result(killing.at, killing.takeOverMs, await brokenAfterSetUp(lane, id, revision));
}

async function killUndoing(lane: Lane, target: Target): Promise<TryResult> {
  const { values } = releaseOf(lane.sandbox);
  const id = await failedSetUp(lane);
  const killing = await killWhile(lane, id, 'undo', target);
  return result(killing.at, killing.takeOverMs, await brokenAfterUndo(lane, id, values));
}

function result(
  at: string | undefined,
  takeOverMs: number | undefined,
  broken: readonly string[],
): TryResult {
  if (at === undefined) return { broken, notReached: true };
  const late = takeOverMs !== undefined && takeOverMs > LONGEST_TAKE_OVER_MS;
  return {
    broken: [
      ...broken.map((line) => `${line} (killed at ${at})`),
      ...(late ? [`taken over after ${Math.round(takeOverMs / 1_000)} s (killed at ${at})`] : []),
    ],
    ...(takeOverMs !== undefined && { takeOverMs }),
  };
}
