import type { KnownBlock } from '@slack/web-api';
import type { ClusterStatus } from '../../operations/status/status-report.ts';
import { aloud, codeSection, header, lines, message, type SlackMessage, section } from '../blocks/blocks.ts';
import { cut, escapeCode, escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { count, moment } from '../blocks/words.ts';
import { spokenPlan } from '../requests/plan-parts.ts';

// Wide enough to read on a phone turned sideways; names are cut to fit.
const ROWS_A_BLOCK = 20;
const MOST_ROWS = 500;
const NAME_WIDTH = 20;

type Observed = Extract<ClusterStatus, { readonly observed: true }>;

/** How each of several clusters signs people in, as a table; what needs somebody stands first. */
export function fleetMessage(clusters: readonly ClusterStatus[]): SlackMessage {
  const ordered = clusters.toSorted((a, b) => urgency(a) - urgency(b));
  const shown = ordered.slice(0, MOST_ROWS);
  const wanting = ordered.filter((status) => urgency(status) < URGENCY.asSetUp);
  const well = clusters.length - wanting.length;
  const said = [
    `${well} of ${count(clusters.length, 'cluster')} as set up, or not set up.`,
    ...wanting.slice(0, 20).map((status) => `${escapeTyped(status.cluster)}: ${wordsOf(status)}.`),
    wanting.length > 20 ? `${wanting.length - 20} more need somebody.` : '',
  ];
  return message([
    aloud(
      said,
      header('status:title', `Kasten sign-in on ${clusters.length} clusters`),
      ...tables(shown),
      ...away(ordered),
    ),
    section('status:more', 'All about one: `/kasten status` and its name.'),
  ]);
}

const URGENCY = { notSeen: 0, drifted: 1, asSetUp: 2, notSetUp: 3 } as const;

function urgency(status: ClusterStatus): number {
  if (!status.observed) return URGENCY.notSeen;
  if (!status.setUp) return URGENCY.notSetUp;
  return hasDrifted(status) ? URGENCY.drifted : URGENCY.asSetUp;
}

function hasDrifted({ drift, levels, otherAdmins }: Observed): boolean {
  const isPlanned = drift.handOver !== undefined || drift.changes.some(({ sign }) => sign !== '=');
  return isPlanned || otherAdmins.open.length > 0 || levels.some((level) => strangersIn(level) > 0);
}

// In words that need no column beside them.
function wordsOf(status: ClusterStatus): string {
  if (!status.observed)
    return status.away === undefined
      ? escapeMarkup(status.problem.replace(/[.]$/, ''))
      : awayWords(status.away).replace(/^N/, 'n').replace(/[.]$/, '');
  const commit = status.drift.handOver === undefined ? '' : ', besides values to commit';
  const strangers = status.levels.reduce((sum, level) => sum + strangersIn(level), 0);
  const people = strangers === 0 ? '' : `, ${count(strangers, 'person', 'people')} not accounted for`;
  const { open } = status.otherAdmins;
  const ways =
    open.length === 0 ? '' : `, ${count(open.length, 'way', 'ways')} to administer it not accepted`;
  return `a set-up would ${spokenPlan(status.drift)}${commit}${people}${ways}`;
}

/** Since when a cluster does not answer, and when it is asked again. */
export function awayWords({ since, againAt }: { readonly since: string; readonly againAt: string }): string {
  return `Not reachable since ${moment(since)}, tried again ${moment(againAt)}.`;
}

function strangersIn({ memberDrift }: Observed['levels'][number]): number {
  return memberDrift === undefined ? 0 : memberDrift.people.length + memberDrift.more;
}

function tables(clusters: readonly ClusterStatus[]): KnownBlock[] {
  const head = ['cluster', 'sign-in', 'secret ends', 'people', 'drift', 'open'];
  const rows = clusters.map(rowOf);
  const widths = head.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    escapeCode(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  return Array.from({ length: Math.ceil(rows.length / ROWS_A_BLOCK) }, (_, block) =>
    codeSection(
      `status:table-${block}`,
      [head, ...rows.slice(block * ROWS_A_BLOCK, (block + 1) * ROWS_A_BLOCK)].map(line).join('\n'),
    ),
  ).slice(0, 46);
}

function rowOf(status: ClusterStatus): string[] {
  const name = cut(status.cluster, NAME_WIDTH);
  const open = status.requests.length === 0 ? '-' : String(status.requests.length);
  if (!status.observed)
    return [name, status.away === undefined ? 'not seen' : 'not reachable', '-', '-', '-', open];
  const people = status.levels.reduce((sum, { group }) => sum + (group?.members ?? 0), 0);
  const changes = status.drift.changes.filter(({ sign }) => sign !== '=').length;
  const drift = status.drift.handOver === undefined ? String(changes) : `${changes} + commit`;
  const isBare = urgency(status) === URGENCY.notSetUp;
  return [
    name,
    status.signsInThroughEntra ? 'Entra' : isBare ? 'not set up' : 'not Entra',
    status.secret?.endsAt.slice(0, 10) ?? '-',
    isBare ? '-' : String(people),
    isBare || drift === '0' ? '-' : drift,
    open,
  ];
}

function away(clusters: readonly ClusterStatus[]): KnownBlock[] {
  const shown = clusters
    .filter(({ observed }) => !observed)
    .map((status) => `*${escapeTyped(status.cluster)}*  ${wordsOf(status)}`);
  return shown.length === 0 ? [] : [lines('status:away', shown, 'are not shown')];
}
