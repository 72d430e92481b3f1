import type { KnownBlock } from '@slack/web-api';
import { stateWords } from '../../domain/requests/request.ts';
import type { MfaAnswer } from '../../domain/status/mfa.ts';
import type { ClusterStatus, DoctorReport, Noticed } from '../../operations/status/status-report.ts';
import type { MemberDriftView } from '../../workflows/access/member-drift.ts';
import { levelOn } from '../access/access-parts.ts';
import {
  aloud,
  button,
  codeSection,
  header,
  lines,
  message,
  type SlackMessage,
  section,
  withButton,
} from '../blocks/blocks.ts';
import { escapeCode, escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { askedBy, count, day, listed, moment } from '../blocks/words.ts';
import { changeLine, spokenPlan } from '../requests/plan-parts.ts';
import { ACTIONS } from '../requests/request-ids.ts';
import { pathBlocks } from './admin-blocks.ts';
import { awayWords, fleetMessage } from './fleet-card.ts';

const MOST_GOOD = 8;
// A message has fifty blocks.
const MOST_PARTS = 40;
const MOST_OPEN = 10;
const MOST_PATHS = 5;
const FEW_NAMES = 5;
// What one block takes, with the fences around it.
const MAX_CODE = 2_900;
const MARKS = {
  good: ':white_check_mark: good',
  bad: ':x: bad',
  unknown: ':grey_question: unknown',
  optional: ':white_circle: optional',
} as const;
const IN_SHELL = '`node src/main.ts doctor` in the shell';

/** How each cluster signs people in: one in full, several as a table. */
export function statusMessage(clusters: readonly ClusterStatus[]): SlackMessage {
  const [only, ...others] = clusters;
  if (only === undefined || others.length > 0) return fleetMessage(clusters);
  return message([
    aloud(
      [spokenStatus(only), ...seriousIn(only).map(({ says }) => escapeMarkup(says))],
      header('status:title', 'Kasten sign-in'),
      statusBlock(only, 'status:0'),
      ...allMembers(only),
      ...openAdmins(only),
    ),
  ]);
}

// Whose names found no room in the line of their level.
function allMembers(status: ClusterStatus): KnownBlock[] {
  if (!status.observed) return [];
  const rows = status.levels.flatMap(({ level, group }) =>
    group === undefined || (group.memberNames?.length ?? 0) <= FEW_NAMES
      ? []
      : [`Members for ${escapeTyped(level)}: ${namesOf(group, Number.POSITIVE_INFINITY)}`],
  );
  return rows.length === 0 ? [] : [lines('status:members', rows, 'are not shown')];
}

// Nothing was agreed on about a cluster that nobody set up.
function openAdmins(status: ClusterStatus): KnownBlock[] {
  if (!status.observed || !status.setUp) return [];
  return pathBlocks(status.cluster, status.otherAdmins.open, MOST_PATHS);
}

// Where there is no secret in use, set-up is what helps, and not a rotation.
function statusBlock(status: ClusterStatus, id: string): KnownBlock {
  const block = lines(id, statusLines(status), 'are not shown');
  if (!status.observed || status.secret === undefined) return block;
  const label = `Ask for a new client secret on ${status.cluster}`;
  return withButton(block, button(ACTIONS.rotate, 'Rotate', status.cluster, { label }));
}

function statusLines(status: ClusterStatus): string[] {
  const name = `*${escapeTyped(status.cluster)}*`;
  if (!status.observed) {
    return [
      `${name}  :x: could not be observed`,
      escapeMarkup(status.problem),
      ...(status.away === undefined ? [] : [awayWords(status.away)]),
      ...(status.hint === undefined ? [] : [escapeMarkup(status.hint)]),
      ...requestLines(status),
    ];
  }
  const kept = status.managedBy === undefined ? '' : `, kept by ${escapeTyped(status.managedBy)}`;
  return [
    `${name}  ${signInWords(status.signsInThroughEntra)}`,
    `Dashboard ${escapeMarkup(status.dashboard)}`,
    `Chart ${escapeTyped(status.chart)} ${escapeTyped(status.chartVersion)}, revision ${status.revision}${kept}`,
    ...(status.mfa === undefined ? [] : [`Second factor: ${mfaWords(status.mfa)}`]),
    ...status.levels.map(levelLine),
    status.secret === undefined
      ? 'Client secret: none in use'
      : `Client secret ${secretHint(status.secret.hint)}ends ${day(status.secret.endsAt)}`,
    ...driftLines(status),
    ...(status.noticed ?? []).map(noticedLine),
    ...adminLines(status),
    ...status.levels.flatMap(memberLines),
    ...requestLines(status),
  ];
}

type Observed = Extract<ClusterStatus, { observed: true }>;

function levelLine({ level, group, bindings }: Observed['levels'][number]): string {
  const shared =
    group === undefined || group.sharedWith.length === 0
      ? []
      : [`shared with ${listed(group.sharedWith.map(levelOn))}`];
  const who =
    group === undefined ? 'no group yet' : `${escapeTyped(group.name)}, ${membersWords(group, FEW_NAMES)}`;
  const roles = bindings.map(({ role, bound }) => `${escapeTyped(role)} ${bound ? 'bound' : 'not bound'}`);
  return `Level ${escapeTyped(level)}: ${[who, ...shared, ...roles].join(' · ')}`;
}

type Group = NonNullable<Observed['levels'][number]['group']>;

/** `2 members: Ada and Ben`; a count alone where a worker of an earlier version told no names. */
function membersWords(group: Group, most: number): string {
  if (group.members === 0) return 'no members';
  const names = group.memberNames === undefined ? '' : `: ${namesOf(group, most)}`;
  return `${count(group.members, 'member')}${names}`;
}

function namesOf({ members, memberNames = [] }: Group, most: number): string {
  const names = memberNames.slice(0, most).map((name) => escapeTyped(name));
  const more = members - names.length;
  return listed(more > 0 ? [...names, `${more} more`] : names);
}

const MFA_WORDS: Readonly<Record<MfaAnswer['demanded'], string>> = {
  yes: 'demanded',
  partly: 'partly demanded',
  no: 'not demanded',
  unknown: 'not known',
};

function mfaWords({ demanded, because }: MfaAnswer): string {
  return `${MFA_WORDS[demanded]}: ${escapeMarkup(because)}`;
}

function driftLines({ drift, setUp, otherAdmins }: Observed): string[] {
  const changes = drift.changes.filter(({ sign }) => sign !== '=');
  if (changes.length === 0 && drift.handOver === undefined) {
    return setUp && otherAdmins.open.length > 0 ? [] : ['Drift: none'];
  }
  const committed =
    drift.handOver === undefined
      ? []
      : [`values wait to be committed for ${escapeTyped(drift.handOver.keeper)}`];
  return [
    `${setUp ? 'Drift' : 'Not set up'}: a set-up would ${spokenPlan(drift)}`,
    ...committed,
    ...changes.slice(0, 15).map((change) => `\`${changeLine(change)}\``),
  ];
}

const NOTICED: Readonly<Record<Noticed['weight'], string>> = {
  stops: ':no_entry: In the way of a set-up: ',
  warns: ':warning: Warning: ',
  notes: '',
  unknown: ':grey_question: Not known: ',
};

function noticedLine({ weight, says }: Noticed): string {
  return `${NOTICED[weight]}${escapeMarkup(says)}`;
}

function adminLines({ cluster, setUp, otherAdmins: { open, accepted, unseen } }: Observed): string[] {
  const drift = setUp && open.length > 0 ? 'Drift: ' : '';
  const known = accepted === 0 ? '' : `, and ${accepted} that operators accepted`;
  const ways = `${count(open.length, 'other way', 'other ways')} to administer it${known}`;
  return [
    ...(open.length + accepted === 0
      ? []
      : [`${drift}${ways}: \`/kasten who ${escapeTyped(cluster)}\` shows each`]),
    ...unseen.map((sentence) => escapeMarkup(sentence)),
  ];
}

function memberLines({ level, memberDrift }: Observed['levels'][number]): string[] {
  if (memberDrift === undefined) return [];
  const { people, more, rosterKnown, unread } = memberDrift;
  const forgotten = rosterKnown
    ? []
    : [`Level ${escapeTyped(level)}: nobody remembers who belongs to this group, so look at each member`];
  return [
    ...forgotten,
    ...people.map((one) => `Level ${escapeTyped(level)}: ${memberWords(one)}`),
    ...(more > 0 ? [`Level ${escapeTyped(level)}: and ${more} more`] : []),
    ...(unread === undefined ? [] : [`Who did it is not known: ${escapeMarkup(unread)}`]),
  ];
}

function memberWords({ kind, name, grant, by, since }: MemberDriftView): string {
  const who = escapeTyped(name);
  const how = by === undefined ? '' : ` by ${escapeTyped(by)}`;
  const when = since === undefined ? '' : ` ${moment(since)}`;
  if (kind === 'unaccounted') {
    return how === ''
      ? `${who} is a member whom Kastellan does not know of`
      : `${who} was added${how}${when}`;
  }
  const given = grant === undefined ? '' : `, though ${escapeTyped(grant)} still runs`;
  return how === '' ? `${who} is no member any more${given}` : `${who} was removed${how}${when}${given}`;
}

function requestLines({ requests }: ClusterStatus): string[] {
  const shown = requests
    .slice(0, MOST_OPEN)
    .map(
      (request) =>
        `Under way: request ${escapeTyped(request.id)}, ${stateWords(request.state)}, ${askedBy(request)}`,
    );
  const older = requests.length - shown.length;
  return older === 0 ? shown : [...shown, `Under way: ${count(older, 'older request')} besides`];
}

/** How one cluster signs people in, in a sentence. */
export function spokenStatus(status: ClusterStatus): string {
  const name = escapeTyped(status.cluster);
  if (!status.observed) return `${name} could not be observed: ${escapeMarkup(status.problem)}`;
  const ends = status.secret === undefined ? '' : ` The client secret ends ${day(status.secret.endsAt)}.`;
  const mfa = status.mfa === undefined ? '' : ` Second factor ${mfaWords(status.mfa)}.`;
  return `${name}: ${signInWords(status.signsInThroughEntra)}, ${listed(status.levels.map(spokenLevel))}, chart ${escapeTyped(status.chartVersion)}, ${spokenDrift(status)}${spokenHandOver(status.drift)}${spokenNoticed(status)}${spokenAdmins(status)}, ${count(status.requests.length, 'request')} under way.${ends}${mfa}`;
}

function spokenLevel({ level, group }: Observed['levels'][number]): string {
  const who = group === undefined ? 'no group yet' : membersWords(group, FEW_NAMES);
  return `${who} for ${escapeTyped(level)}`;
}

// A cluster that nobody set up has nothing to drift from.
function spokenDrift({ drift, setUp }: Observed): string {
  const isBare = !setUp && drift.changes.some(({ sign }) => sign !== '=');
  return isBare ? `not set up: a set-up would ${spokenPlan(drift)}` : `drift: ${spokenPlan(drift)}`;
}

function spokenAdmins({ setUp, otherAdmins: { open } }: Observed): string {
  if (!setUp || open.length === 0) return '';
  return `, ${count(open.length, 'way', 'ways')} to administer it that nobody accepted`;
}

function spokenHandOver({ handOver }: Observed['drift']): string {
  return handOver === undefined ? '' : ` besides values to commit for ${escapeTyped(handOver.keeper)}`;
}

function spokenNoticed(status: Observed): string {
  const serious = seriousIn(status).length;
  return serious === 0 ? '' : `, ${count(serious, 'warning')} about sign-in`;
}

function seriousIn(status: ClusterStatus): readonly Noticed[] {
  const noticed = (status.observed ? status.noticed : undefined) ?? [];
  return noticed.filter(({ weight }) => weight === 'stops' || weight === 'warns');
}

function signInWords(throughEntra: boolean): string {
  return throughEntra ? 'signs in through Entra' : 'does not sign in through Entra';
}

function secretHint(hint: string | null): string {
  return hint === null ? '' : `\`${escapeCode(hint)}...\` `;
}

/** What is well, what is not, and how to mend it. */
export function doctorMessage({ sections }: DoctorReport): SlackMessage {
  const all = sections.flatMap(({ findings }) => findings);
  const good = all.filter(({ verdict }) => verdict === 'good').length;
  const optional = all.filter(({ verdict }) => verdict === 'optional').length;
  const without =
    optional === 0
      ? ''
      : ` ${optional} besides, which not everybody needs, ${optional === 1 ? 'is' : 'are'} not met.`;
  const summary = `${good} of ${all.length - optional} checks are good.${without}`;
  const bad = all
    .filter(({ verdict }) => verdict === 'bad' || verdict === 'unknown')
    .map(
      ({ subject, detail, fix }) =>
        `${escapeMarkup(subject)}: ${escapeMarkup(detail)}${fix === undefined ? '' : ` ${escapeMarkup(fix)}`}`,
    );
  const shown = sectionsToShow(sections);
  const more = hiddenWords(sections.filter((part) => !shown.includes(part)));
  return message([
    header('doctor:title', summary),
    aloud(
      bad,
      ...shown.flatMap(({ title, findings }, index): KnownBlock[] => [
        lines(`doctor:${index}`, [`*${escapeTyped(title)}*`, ...findingLines(findings)], 'are not shown'),
        ...detailBlocks(`doctor:${index}`, findings),
      ]),
    ),
    section('doctor:more', more),
  ]);
}

type Part = DoctorReport['sections'][number];

// Fifty clusters have two parts each: where they do not fit, what is not good comes first.
// Half of what is to be applied is of no use.
function detailBlocks(id: string, findings: Findings): KnownBlock[] {
  return findings.flatMap(({ details }, index): KnownBlock[] => {
    if (details === undefined) return [];
    const code = escapeCode(details);
    return code.length <= MAX_CODE
      ? [codeSection(`${id}:${index}`, code)]
      : [section(`${id}:${index}`, `They are too long for Slack: ${IN_SHELL} prints them.`)];
  });
}

function sectionsToShow(sections: readonly Part[]): readonly Part[] {
  if (sections.length <= MOST_PARTS) return sections;
  return sections.toSorted((a, b) => Number(isGood(a)) - Number(isGood(b))).slice(0, MOST_PARTS);
}

function isGood({ findings }: Part): boolean {
  return findings.every(({ verdict }) => verdict === 'good' || verdict === 'optional');
}

function hiddenWords(hidden: readonly Part[]): string {
  if (hidden.length === 0) return '';
  const bad = hidden.filter((part) => !isGood(part)).length;
  const which = bad === 0 ? 'all of them good' : `${bad} of them not good`;
  return `Not shown: ${count(hidden.length, 'part')} more, ${which}. All of them: ${IN_SHELL}.`;
}

type Findings = Part['findings'];

// What is not good comes first, and what can be done without last; much that is good is counted, because nobody reads fifty
// times that all is well.
function findingLines(findings: Findings): string[] {
  const good = findings.filter(({ verdict }) => verdict === 'good');
  const others = findings.filter(({ verdict }) => verdict === 'bad' || verdict === 'unknown');
  const optional = findings.filter(({ verdict }) => verdict === 'optional');
  const counted = [`${MARKS.good}  ${good.length} checks`];
  const shown = good.length > MOST_GOOD ? counted : good.flatMap(linesOf);
  return [...others.flatMap(linesOf), ...shown, ...optional.map(lineOf), ...waysOf(optional)];
}

// A fix is a line of its own: a command in it must not be cut.
function linesOf({ subject, verdict, detail, fix }: Findings[number]): string[] {
  const mend = fix === undefined ? [] : [`      ${escapeMarkup(fix)}`];
  return [lineOf({ subject, verdict, detail }), ...mend];
}

function lineOf({ subject, verdict, detail }: Findings[number]): string {
  return `${MARKS[verdict]}  ${escapeMarkup(subject)}: ${escapeMarkup(detail)}`;
}

// Their fixes are long, and nobody has to read them here.
function waysOf(optional: Findings): string[] {
  return optional.length === 0 ? [] : [`      To have what is optional: ${IN_SHELL}.`];
}
