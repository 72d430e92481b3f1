import type { KnownBlock } from '@slack/web-api';
import type { AdminPathView, GroupPeople } from '../../workflows/status/admins-report.ts';
import { button, section, withButton } from '../blocks/blocks.ts';
import { escapeCode, escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { count, day, listed, moment, person } from '../blocks/words.ts';
import { ACTIONS } from '../requests/request-ids.ts';

const MOST_NAMES = 20;

/** Ways to administer K10 that nobody accepted, each with what ends it and *Accept*; those beyond `most` are counted. */
export function pathBlocks(cluster: string, open: readonly AdminPathView[], most: number): KnownBlock[] {
  const shown = open.slice(0, most);
  const more = open.length - shown.length;
  return [
    ...shown.map((path) => {
      const block = section(`admins:${path.id}`, pathLines(path).join('\n'));
      return withButton(
        block,
        button(ACTIONS.acceptAdmin, 'Accept', acceptValue(cluster, path.id), {
          label: `Accept that ${path.who} can administer ${cluster}`,
          confirm: {
            title: 'Accept this?',
            text: `It stays as it is on ${cluster} and is no drift any more. Only operators can accept it, and the audit log says who did.`,
            yes: 'Accept',
          },
        }),
      );
    }),
    ...(more === 0
      ? []
      : [
          section(
            'admins:more',
            `${count(more, 'more way', 'more ways')}: \`/kasten who ${escapeTyped(cluster)}\` lists all.`,
          ),
        ]),
  ];
}

/** One way, with what ends it. */
export function pathLines(path: AdminPathView): string[] {
  const { removal, accepted, members, everybody } = path;
  const mark = everybody ? ':warning: ' : '';
  const how = removal.command === undefined ? '' : ` \`${escapeCode(oneLine(removal.command))}\``;
  return [
    `${mark}*${capital(escapeMarkup(path.who))}* by ${escapeMarkup(path.via)}`,
    ...(members === undefined ? [] : [namesLine(members)]),
    ...(accepted === undefined
      ? [`To end it: ${escapeMarkup(removal.words)}${how}`]
      : [`Accepted by ${person(accepted.by)} ${day(accepted.at)}`]),
  ];
}

/** The people of a group by name, with until when; those beyond twenty are counted. */
export function namesLine({ people, more }: GroupPeople): string {
  const shown = people.slice(0, MOST_NAMES).map(({ name, how, disabled }) => {
    const until = typeof how === 'string' ? '' : ` until ${moment(how.until)}`;
    const remarks = [
      ...(how === 'unaccounted' ? ['not known to Kastellan'] : []),
      ...(typeof how !== 'string' && how.breakGlass ? ['break-glass'] : []),
      ...(disabled ? ['account disabled'] : []),
    ];
    return `${escapeTyped(name)}${until}${remarks.length === 0 ? '' : ` (${remarks.join(', ')})`}`;
  });
  const left = people.length - shown.length + more;
  if (shown.length === 0) return 'Nobody is in this group now';
  return listed(left > 0 ? [...shown, `${left} more`] : shown);
}

/** What *Accept* carries: which way, on which cluster. */
function acceptValue(cluster: string, pathId: string): string {
  return `${pathId} ${cluster}`;
}

/** Reads what *Accept* carries; undefined if it is nothing of ours. */
export function readAcceptValue(
  value: string,
): { readonly pathId: string; readonly cluster: string } | undefined {
  const [, pathId, cluster] = /^([0-9a-f]{12}) (.+)$/s.exec(value) ?? [];
  return pathId === undefined || cluster === undefined ? undefined : { pathId, cluster };
}

function oneLine(text: string): string {
  return text.replace(/\s+/gu, ' ');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
