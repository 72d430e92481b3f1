import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';

/** One line of the table: what Kastellan needs against what the same thing needs without it. */
export interface Row {
  readonly name: string;
  /** In words, with units: what Kastellan took. */
  readonly product: string;
  /** The same of what it is compared with. */
  readonly baseline: string;
  /** The figure that is held against the target: a ratio, or a count where nothing is allowed. */
  readonly value: number;
  /** The most that `value` may be. */
  readonly atMost: number;
  /** How far the alternating rounds differ: smallest and largest figure. */
  readonly spread?: readonly [number, number];
}

/** What one group of rows found, with everything it is worked out from. */
export interface Measured {
  readonly rows: readonly Row[];
  readonly samples: object;
}

/** Whether the row is within its target. */
function isMet({ value, atMost }: Row): boolean {
  return value <= atMost;
}

/** The rows as a table in Markdown. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.name,
    row.product,
    row.baseline,
    figure(row.value),
    row.spread === undefined ? '' : row.spread.map(figure).join(' to '),
    figure(row.atMost),
    isMet(row) ? 'met' : 'MISSED',
  ]);
  const head = ['what', 'Kastellan', 'compared with', 'figure', 'rounds', 'at most', ''];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const draw = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [draw(head), draw(widths.map((width) => '-'.repeat(width))), ...lines.map(draw)].join('\n');
}

/** Under what conditions the figures came about; they mean nothing on another machine. */
export function conditions(quick: boolean): object {
  const processors = cpus();
  return {
    at: new Date().toISOString(),
    node: process.version,
    cores: processors.length,
    processor: processors[0]?.model ?? 'unknown',
    // Far more than the cores: others were at work, and the slowest answers are theirs.
    loadAverage: loadavg()[0],
    quick,
  };
}

/**
 * Keeps a run with its raw samples.
 * @returns the file's path
 */
export async function keep(folder: string, run: object): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${new Date().toISOString().replaceAll(':', '-')}.json`);
  await writeFile(file, `${JSON.stringify(run, undefined, 1)}\n`);
  return file;
}

function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
