import type { AdminPerson, ClusterAdmins, LevelAdmins } from '../../workflows/status/admins-report.ts';
import { aloud, context, header, lines, message, type SlackMessage, section } from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { approverNames, count } from '../blocks/words.ts';
import { csv } from '../csv.ts';
import { namesLine, pathBlocks, pathLines } from './admin-blocks.ts';

const MOST_OPEN = 15;
const MOST_LEVELS = 15;
// More names than these go into a file, too.
const NAMES_IN_MESSAGE = 20;

/** Who can administer a K10 now, and by which path: people first, then what somebody else made. */
export function adminsMessage(admins: ClusterAdmins): SlackMessage {
  const { cluster, levels, others } = admins;
  const open = others.filter(({ accepted }) => accepted === undefined);
  const accepted = others.filter((path) => path.accepted !== undefined);
  const people = levels.reduce((sum, level) => sum + level.people.length + level.more, 0);
  const spoken = [
    `${escapeTyped(cluster)}: ${count(people, 'person', 'people')} can administer Kasten by Kastellan's access levels.`,
    ...(others.length === 0
      ? ['Nobody else can, as far as Kastellan sees.']
      : [
          `${count(others.length, 'other way', 'other ways')}, ${accepted.length} of them accepted:`,
          ...others.map(({ who, via }) => `${escapeMarkup(who)} by ${escapeMarkup(via)}.`),
        ]),
    needsFile(admins) ? 'All of it is in a file that I sent you directly.' : '',
  ];
  const blocks = [
    header('admins:title', `Who can administer Kasten on ${cluster}`),
    ...levels
      .slice(0, MOST_LEVELS)
      .map((level, index) => section(`admins:level:${index}`, levelLines(level))),
    ...(levels.length === 0 ? [section('admins:none', "Nobody by Kastellan's access levels.")] : []),
    section('admins:others', othersLine(open.length, accepted.length)),
    ...pathBlocks(cluster, open, MOST_OPEN),
    ...(accepted.length === 0
      ? []
      : [
          lines(
            'admins:accepted',
            accepted.map((path) => pathLines(path).join(' · ')),
            'in the file',
          ),
        ]),
    context('admins:own', ownLines(admins)),
    ...(needsFile(admins)
      ? [section('admins:file', 'All of it is in a file that I sent you directly.')]
      : []),
  ];
  return message([aloud(spoken, ...blocks)]);
}

/** Whether the message leaves something out. */
export function needsFile({ levels, others }: ClusterAdmins): boolean {
  const groups = [...levels, ...others.flatMap(({ members }) => members ?? [])];
  return (
    others.length > MOST_OPEN ||
    levels.length > MOST_LEVELS ||
    groups.some(({ people }) => people.length > NAMES_IN_MESSAGE)
  );
}

function levelLines(level: LevelAdmins): string {
  const { group, roles, people, more } = level;
  const number = count(people.length + more, 'person', 'people');
  return [
    `*${escapeTyped(level.level)}* through the group ${escapeTyped(group)} (${roles.map((role) => escapeTyped(role)).join(', ')}), ${number}`,
    namesLine(level),
  ].join('\n');
}

function othersLine(open: number, accepted: number): string {
  if (open + accepted === 0) return '*Not made by Kastellan*: nothing seen';
  return `*Not made by Kastellan*: ${open} not accepted, ${accepted} accepted`;
}

function ownLines({ own, breakGlass, unseen }: ClusterAdmins): string[] {
  return [
    `Besides: ${count(own.k10, 'way', 'ways')} of K10's own accounts, ${own.cluster} of Kubernetes and its administrators, ${own.kastellan} of Kastellan`,
    'K10 also takes Kubernetes tokens, however people sign in: an account above gets in with one, without Entra',
    ...(breakGlass === undefined
      ? []
      : [`${approverNames(breakGlass)} may take ${escapeTyped(breakGlass.level)} at once by break-glass`]),
    ...unseen.map((sentence) => escapeMarkup(sentence)),
  ];
}

const COLUMNS = ['who', 'by', 'made by', 'until', 'remarks', 'accepted by', 'accepted at', 'how to end it'];

/** The same as CSV, all of it. */
export function adminsCsv({ levels, others }: ClusterAdmins): string {
  return csv(COLUMNS, [
    ...levels.flatMap((level) =>
      level.people.map((one) => [
        one.name,
        `${level.level}: ${level.group}`,
        'Kastellan',
        ...personCells(one),
        '',
        '',
        '',
      ]),
    ),
    ...others.flatMap(({ who, via, removal, accepted, members }) => {
      const end = [removal.words, removal.command ?? ''].join(' ').trim();
      const cells = [accepted?.by ?? '', accepted?.at ?? '', end];
      return [
        [who, via, 'somebody else', '', '', ...cells],
        ...(members?.people ?? []).map((one) => [
          one.name,
          `${who}, ${via}`,
          'somebody else',
          ...personCells(one),
          ...cells,
        ]),
      ];
    }),
  ]);
}

function personCells({ how, disabled }: AdminPerson): string[] {
  const until = typeof how === 'string' ? '' : how.until;
  const remarks = [
    typeof how === 'string' ? how : how.breakGlass ? 'break-glass' : 'for a time',
    ...(disabled ? ['account disabled'] : []),
  ];
  return [until, remarks.join(', ')];
}
