import type { Try, TryResult } from './fault.ts';
import { killWhile, type Target } from './killing.ts';
import type { Lane } from './lane.ts';
import type { Moment } from './moments.ts';
import type { Work } from './works.ts';

const LONGEST_TAKE_OVER_MS = 30_000;

/**
 * A kill at each moment that an undisturbed run of each work shows: every remote write, and every note in the journal.
 * @throws Error where a run shows none to be killed at, or where something does not hold although nothing was disturbed
 */
export async function everyKill(lane: Lane, works: readonly Work[]): Promise<Try[]> {
  const tries: Try[] = [];
  for (const work of works) {
    await lane.makeReady();
    const { seen, broken } = await carriedOut(lane, work, undefined);
    if (broken.length > 0)
      throw new Error(`${work.row}: undisturbed, this does not hold: ${broken.join('; ')}`);
    tries.push(...killsOf(work, seen));
  }
  return tries;
}

/**
 * A kill at each of these moments that is in a stream of the work.
 * @throws Error for a stream in which the work should be seen, and is not: its kills would just be missing
 */
export function killsOf(work: Work, seen: readonly Moment[]): Try[] {
  return work.streams.flatMap((stream) => {
    const count = seen.filter((moment) => moment.stream === stream).length;
    if (count === 0)
      throw new Error(`${work.row}: an undisturbed run shows no moment in ${stream} to be killed at.`);
    return Array.from({ length: count }, (_, before) => killAt(work, { stream, n: before + 1 }));
  });
}

/** One kill at one moment. */
export function killAt(work: Work, target: Target): Try {
  return {
    fault: work.row,
    variant: `${target.stream} ${target.n}`,
    async run(lane) {
      const { at, takeOverMs, broken } = await carriedOut(lane, work, target);
      return result(at, takeOverMs, broken);
    },
  };
}

async function carriedOut(lane: Lane, work: Work, target: Target | undefined) {
  await work.prepare(lane);
  const look = work.look(lane);
  const id = await work.begin(lane);
  const killing = await killWhile(lane, id, target, () => work.carryOut(lane, id));
  return { ...killing, broken: await look(id) };
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
