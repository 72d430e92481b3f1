import { dayAt } from '../../domain/calendar.ts';
import { daysLeft } from '../../domain/secrets/expiry.ts';
import type { CredentialRow } from '../../operations/secrets/list-credentials.ts';
import { aloud, codeLines, header, message, type SlackMessage, section } from '../blocks/blocks.ts';
import { cut, escapeCode, escapeTyped } from '../blocks/escape.ts';
import { count, day } from '../blocks/words.ts';
import { csv } from '../csv.ts';
import { endWords, hintOf } from './reminder-words.ts';

/** More rows than these go into a file. */
export const ROWS_IN_MESSAGE = 30;

const WIDTHS = { days: 7, what: 32, kind: 20 } as const;

/**
 * Every secret and certificate that is watched, what ends first at the top; the first ones, where there are many.
 * @param timeZone in which days are counted
 */
export function secretsMessage(rows: readonly CredentialRow[], now: Date, timeZone: string): SlackMessage {
  if (rows.length === 0) {
    const none = 'No secret or certificate is watched. `/kasten setup` makes the first one.';
    return message([section('secrets', none)]);
  }
  const title = `${count(rows.length, 'secret or certificate', 'secrets and certificates')} watched`;
  const shown = rows.slice(0, ROWS_IN_MESSAGE);
  const more =
    rows.length > shown.length
      ? `These end first; all ${rows.length} are in a file that I sent you directly.`
      : '';
  const spoken = shown.map((row) => spokenRow(row, now, timeZone));
  const table = shown.map((row) => escapeCode(tableRow(row, now, timeZone)));
  return message([
    header('secrets:title', title),
    aloud(
      [more, ...spoken],
      codeLines('secrets:table', 'Ends, days left, what, which, use', table, 'in the file'),
      section('secrets:more', more),
    ),
  ]);
}

function tableRow(row: CredentialRow, now: Date, timeZone: string): string {
  const { credential, use } = row;
  return [
    dayAt(new Date(credential.endsAt), timeZone),
    daysColumn(credential.endsAt, now, timeZone).padStart(WIDTHS.days),
    oneLine(nameOf(row), WIDTHS.what),
    oneLine(
      `${credential.kind} ${credential.hint === null ? '' : hintOf({ kind: credential.kind, hint: credential.hint })}`,
      WIDTHS.kind,
    ),
    use,
  ].join('  ');
}

function oneLine(text: string, width: number): string {
  return cut(text.replaceAll(/\s+/g, ' '), width).padEnd(width);
}

function daysColumn(endsAt: string, now: Date, timeZone: string): string {
  return Date.parse(endsAt) < now.getTime() ? 'over' : `${daysLeft(endsAt, now, timeZone)} d`;
}

function spokenRow(row: CredentialRow, now: Date, timeZone: string): string {
  const { credential, use } = row;
  const words = endWords(credential, now, timeZone);
  return `${escapeTyped(nameOf(row), 80)}: a ${credential.kind}, ${use === 'unknown' ? 'use unknown' : use}, ${words}, ${day(credential.endsAt)}.`;
}

function nameOf({ application, purpose }: CredentialRow): string {
  switch (purpose.of) {
    case 'cluster':
      return application.includes(purpose.cluster) ? application : `${application} (${purpose.cluster})`;
    case 'kastellan':
      return `${application} (Kastellan itself)`;
    case 'other':
      return application;
  }
}

const COLUMNS = ['ends', 'application', 'client ID', 'for', 'kind', 'begins with', 'name', 'made', 'use'];

/** The same as CSV, all of it. */
export function secretsCsv(rows: readonly CredentialRow[]): string {
  return csv(
    COLUMNS,
    rows.map(({ application, clientId, purpose, credential, use }) => [
      credential.endsAt,
      application,
      clientId,
      purpose.of === 'cluster' ? purpose.cluster : purpose.of,
      credential.kind,
      credential.hint ?? '',
      credential.name ?? '',
      credential.startsAt,
      use,
    ]),
  );
}
