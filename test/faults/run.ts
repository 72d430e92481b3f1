import { createDice } from './dice.ts';
import type { Try, TryResult } from './fault.ts';
import { Lane } from './lane.ts';

// Everything that was said and logged in a world is looked through after each try in it: in an old one that takes longer than
// the try, and all worlds stand still meanwhile.
const TRIES_IN_ONE_WORLD = 20;

export interface Row {
  readonly fault: string;
  tried: number;
  notReached: number;
  readonly takeOversMs: number[];
  readonly broken: string[];
}

export interface RunOptions {
  readonly seed: number;
  /** How many worlds stand side by side. */
  readonly lanes: number;
  /** Epoch milliseconds after which no try begins any more. */
  readonly until?: number;
  /** Is told of each try as it ends. */
  readonly say: (line: string) => void;
}

/**
 * Makes the tries, in several worlds side by side: most of the time a try waits for a lease to end.
 */
export async function runTries(tries: readonly Try[], options: RunOptions): Promise<Row[]> {
  const rows = new Map<string, Row>();
  for (const { fault } of tries) {
    if (!rows.has(fault)) rows.set(fault, { fault, tried: 0, notReached: 0, takeOversMs: [], broken: [] });
  }
  const waiting = [...tries.entries()];
  const work = async (): Promise<void> => {
    let lane: Lane | undefined;
    let tried = 0;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (Date.now() > (options.until ?? Number.POSITIVE_INFINITY)) break;
      const [index, one] = next;
      lane ??= await Lane.open();
      tried += 1;
      const result = await attempt(one, lane, options.seed + index);
      note(rows.get(one.fault), one, result);
      options.say(describe(one, result, lane));
      // After a broken promise the world is in a state that nobody knows.
      const isBroken = result.broken.length > 0;
      if (isBroken || tried % TRIES_IN_ONE_WORLD === 0) {
        await lane.close(isBroken);
        lane = undefined;
      }
    }
    await lane?.close();
  };
  await Promise.all(Array.from({ length: Math.min(options.lanes, tries.length) }, work));
  return [...rows.values()].filter(({ tried, notReached }) => tried + notReached > 0);
}

async function attempt(one: Try, lane: Lane, seed: number): Promise<TryResult> {
  try {
    await lane.makeReady();
    const result = await one.run(lane, createDice(seed));
    return { ...result, broken: [...result.broken, ...lane.fleet.fallen.splice(0)] };
  } catch (thrown) {
    return { broken: [thrown instanceof Error ? thrown.message : String(thrown)] };
  }
}

function note(row: Row | undefined, one: Try, result: TryResult): void {
  if (row === undefined) return;
  if (result.notReached === true) row.notReached += 1;
  else row.tried += 1;
  if (result.takeOverMs !== undefined) row.takeOversMs.push(result.takeOverMs);
  row.broken.push(...result.broken.map((line) => `${one.variant}: ${line}`));
}

function describe(one: Try, result: TryResult, lane: Lane): string {
  const took = result.takeOverMs === undefined ? '' : `, taken over after ${seconds(result.takeOverMs)}`;
  if (result.broken.length > 0)
    return `BROKEN ${one.fault} [${one.variant}]: ${result.broken.join('; ')} - see ${lane.home}`;
  return `held   ${one.fault} [${one.variant}]${result.notReached === true ? ', the moment never came' : took}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** The table of the campaign, in Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map((row) => [row.fault, String(row.tried), outcomeOf(row)]);
  const table = [['fault', 'times tried', 'outcome'], ...cells];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  const lines = table.map(
    (line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  );
  lines.splice(1, 0, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
  return lines.join('\n');
}

function outcomeOf({ broken, notReached, takeOversMs }: Row): string {
  if (broken.length > 0) return `BROKEN ${broken.length} times`;
  const missing = notReached === 0 ? '' : `; ${notReached} more never came to their moment`;
  return `held${takenOver(takeOversMs)}${missing}`;
}

function takenOver(takeOversMs: readonly number[]): string {
  if (takeOversMs.length === 0) return '';
  const sorted = takeOversMs.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return `; taken over after ${seconds(median)} (median), ${seconds(sorted.at(-1) ?? 0)} at the most`;
}
