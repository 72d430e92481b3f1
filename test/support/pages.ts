import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Right } from '../../src/adapters/kubernetes/rights.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What stands on the page of rights whose lack stops nothing. */
export const NOTHING = 'nothing fails';
/** What stands behind what fails only if K10's chart contains something. */
export const SOMETIMES = /, where .*$/;

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function between(text: string, start: string, end: string | undefined): string {
  const from = text.indexOf(`${start}\n`);
  if (from < 0) throw new Error(`"${start}" is not on the page any more`);
  return text.slice(from, end === undefined ? undefined : text.indexOf(`${end}\n`, from));
}

/** The rows of the first table after a line, without its head. */
export function tableUnder(page: string, line: string): string[][] {
  const table = /(?:^\|.*\n)+/m.exec(between(page, line, undefined))?.[0] ?? '';
  return rowsOf(table).slice(2);
}

function rowsOf(table: string): string[][] {
  const rows = table.split('\n').filter((row) => row.startsWith('|'));
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

export function plain(cell: string | undefined): string {
  return (cell ?? '').replaceAll('`', '');
}

/** One verb of one row of the tables about Kubernetes. */
export interface DocumentedRight {
  /** `namespace get secrets NAME yes` */
  readonly line: string;
  readonly needed: boolean;
  /** What fails without it. */
  readonly without: string;
  /** The same for what is in one place: `namespace get secrets`, with `named` if it is limited to names. */
  readonly key: string;
}

/** Every Kubernetes right on the page about permissions. */
export function documentedRights(page: string): DocumentedRight[] {
  return [
    ...rightsInTable(tableUnder(page, 'In the whole cluster:'), 'cluster'),
    ...rightsInTable(tableUnder(page, "In K10's namespace:"), 'namespace'),
    ...rightsInTable(tableUnder(page, 'In the namespace `default`, for K10 8.0 and later:'), 'default'),
    ...rightsInTable(
      tableUnder(page, 'In the namespace `kasten-io-mc`, if an access level has the role `mc-admin`:'),
      'multi-cluster',
    ),
  ];
}

function rightsInTable(rows: string[][], scope: string): DocumentedRight[] {
  return rows.flatMap(([verbs = '', resource, names, needed, without = '']) =>
    verbs.split(' ').flatMap((verb) =>
      plain(names)
        .split(', ')
        .map((name) => ({
          line: [scope, verb, plain(resource), name, needed].join(' '),
          needed: needed === 'yes',
          without,
          key: [scope, verb, plain(resource), ...(name === '' ? [] : ['named'])].join(' '),
        })),
    ),
  );
}

/** The line by which a right of the code is found among the documented ones. */
export function rightLine({ scope, verb, group, resource, name, optional }: Right): string {
  const kind = group === '' ? resource : `${resource}.${group}`;
  return [scope, verb, kind, name ?? '', optional === true ? 'no' : 'yes'].join(' ');
}
