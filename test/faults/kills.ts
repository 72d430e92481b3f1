import type { Try, TryResult } from './fault.ts';
import { type Direction, killWhile, type Target } from './killing.ts';
import type { Lane } from './lane.ts';
import { STREAMS } from './moments.ts';
import { ACCESS, ROTATION, SET_UP, TEARDOWN, type Work } from './works.ts';

const LONGEST_TAKE_OVER_MS = 30_000;

/** A kill at each moment that an undisturbed run shows: every remote write, and every note in the journal. */
export async function everyKill(lane: Lane): Promise<Try[]> {
  const tries: Try[] = [];
  for (const work of [SET_UP, ROTATION, ACCESS, TEARDOWN]) {
    for (const direction of ['apply', 'undo'] as const) {
      await lane.makeReady();
      await work.prepare(lane);
      const look = work.watch[direction](lane);
      const id = await work.begin[direction](lane);
      const { seen } = await killWhile(lane, id, direction, undefined);
      // The look also takes back what was given, so that the next run can ask for it.
      const broken = await look(id);
      if (broken.length > 0) throw new Error(`Undisturbed, this does not hold: ${broken.join('; ')}`);
      for (const stream of STREAMS) {
        const count = seen.filter((moment) => moment.stream === stream).length;
        for (let n = 1; n <= count; n += 1) tries.push(killAt(work, direction, { stream, n }));
      }
    }
  }
  return tries;
}

/** One kill at one moment. */
export function killAt(work: Work, direction: Direction, target: Target): Try {
  return {
    fault: work.rows[direction],
    variant: `${target.stream} ${target.n}`,
    async run(lane) {
      await work.prepare(lane);
      const broken = work.watch[direction](lane);
      const id = await work.begin[direction](lane);
      const killing = await killWhile(lane, id, direction, target);
      return result(killing.at, killing.takeOverMs, await broken(id));
    },
  };
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
