import { followsBatch } from '../../domain/requests/batch-state.ts';
import type { Plan } from '../../domain/requests/plan.ts';
import type { RequestOf, RequestState } from '../../domain/requests/request.ts';
import { named } from '../../domain/setup/setup-plan.ts';
import type { PartView } from '../../ports/messenger.ts';
import { cut, escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { count, day, durationWords, listed } from '../blocks/words.ts';
import { everythingHolds } from './outcome-parts.ts';
import { bySystem, spokenChanges } from './plan-parts.ts';

type Part = RequestOf<'setup'>;

// Long enough for a sentence and its cause, short enough for a line; the part's own card has all of it.
const MAX_CHARS = 280;
// As many names as fit in a line that people still read.
const NAMES_A_LINE = 12;

/** What is said of one cluster, or of several of which the same is said. */
export interface StatusLine {
  /** None: it is about all of them, which need not be named. */
  readonly clusters: readonly string[];
  /** For the eye only: `:x:`. */
  readonly mark?: string;
  /** Markup, a clause that begins in small letters and has no stop. */
  readonly words: string;
}

// Fifty stay readable, and what is different stands out, where those of which the same is said share a line.
function together(statusLines: readonly StatusLine[]): StatusLine[] {
  const alike = Map.groupBy(statusLines, ({ mark = '', words }) => `${mark} ${words}`);
  return [...alike.values()].flatMap(([first, ...others]) =>
    first === undefined
      ? []
      : [{ ...first, clusters: [first, ...others].flatMap(({ clusters }) => clusters) }],
  );
}

/** Lines for the eye: `:white_check_mark: *prod-eu*, *prod-us*: signs in through Entra now`. */
export function shownLines(statusLines: readonly StatusLine[]): string[] {
  return statusLines.flatMap(({ clusters, mark, words }) => {
    const marked = mark === undefined ? '' : `${mark} `;
    if (clusters.length === 0) return [`${marked}${words}`];
    return Array.from({ length: Math.ceil(clusters.length / NAMES_A_LINE) }, (_, line) => {
      const names = clusters.slice(line * NAMES_A_LINE, (line + 1) * NAMES_A_LINE);
      return `${marked}${names.map((name) => `*${escapeTyped(name)}*`).join(', ')}: ${words}`;
    });
  });
}

/** The same as sentences. */
export function spokenSentences(statusLines: readonly StatusLine[]): string[] {
  return statusLines.map(({ clusters, words }) => {
    const names = listed(clusters.map((name) => escapeTyped(name)));
    return `${names === '' ? '' : `${names}: `}${words.replace(/[.]$/, '')}.`;
  });
}

/** What the plan of each cluster would do, and why there is none. */
export function planLines(parts: readonly PartView[]): StatusLine[] {
  return together(parts.map(({ request }) => ({ clusters: [request.cluster], ...planned(request) })));
}

type Said = Omit<StatusLine, 'clusters'>;

function planned(part: Part): Said {
  if (part.state === 'planning') return { mark: ':hourglass_flowing_sand:', words: 'being looked at' };
  if (part.state === 'done') return nothing(part);
  if (part.state !== 'pending' || part.plan === undefined) return left(part);
  const bySystems = bySystem(part.plan).map(({ name, changes }) => `${name} ${spokenChanges(changes)}`);
  return { words: bySystems.join(' · ') };
}

/** What people must read before anything else. */
export function warningLines(parts: readonly PartView[]): StatusLine[] {
  return planWords(parts, ({ warnings = [] }) => warnings.map((warning) => `Warning: ${warning}`)).map(
    (line) => ({ ...line, mark: ':warning:' }),
  );
}

/** Who gets in for good, for each access level, and what is good to know before deciding. */
export function noteLines(parts: readonly PartView[]): StatusLine[] {
  return planWords(parts, (plan) => [...memberNotes(plan), ...plan.notes]);
}

function memberNotes({ newMembers = [] }: Plan): string[] {
  const levels = Map.groupBy(newMembers, ({ level }) => level);
  return [...levels].map(([level, members]) => {
    const place = level === undefined ? '' : ` for ${level}`;
    return `Permanent members${place}: ${named(members)}`;
  });
}

// Each sentence once, with the clusters it is about where those are not all.
function planWords(parts: readonly PartView[], wordsOf: (plan: Plan) => readonly string[]): StatusLine[] {
  const waiting = parts.filter(({ request }) => request.state === 'pending');
  const all = waiting.flatMap(({ request: { cluster, plan } }) =>
    (plan === undefined ? [] : wordsOf(plan)).map((words) => ({
      clusters: [cluster],
      words: escapeMarkup(words),
    })),
  );
  return together(all).map((note) =>
    note.clusters.length === waiting.length ? { ...note, clusters: [] } : note,
  );
}

// What needs somebody stands first, what is well last.
const ORDER: readonly RequestState[] = [
  'needs-operator',
  'failed',
  'pending',
  'undoing',
  'running',
  'approved',
  'planning',
];

/** How each cluster is: what it does, what became of it, and why. */
export function stateLines(parts: readonly PartView[], now: Date): StatusLine[] {
  const ordered = parts.toSorted((a, b) => rank(a.request) - rank(b.request));
  return together(ordered.map((part) => ({ clusters: [part.request.cluster], ...stateOf(part, now) })));
}

function rank(part: Part): number {
  if (isWaiting(part)) return ORDER.indexOf('approved');
  const place = ORDER.indexOf(part.state);
  if (place >= 0) return place;
  return part.state === 'done' ? ORDER.length + 1 : ORDER.length;
}

function isWaiting(part: Part): boolean {
  return (
    part.state === 'approved' || part.state === 'planning' || (part.state === 'pending' && followsBatch(part))
  );
}

function stateOf(part: PartView, now: Date): Said {
  const { request } = part;
  if (isWaiting(request)) return { mark: ':white_circle:', words: 'waiting' };
  switch (request.state) {
    case 'pending':
      return {
        mark: ':warning:',
        words:
          'changed since the approval, so nothing more was done: the new plan waits for a decision, in the thread',
      };
    case 'running':
      return { mark: ':hourglass_flowing_sand:', words: stepWords(part, now) };
    case 'undoing':
      return { mark: ':leftwards_arrow_with_hook:', words: 'being rolled back' };
    case 'failed':
      return { mark: ':x:', words: stoppedWords(request) };
    case 'needs-operator':
      return { mark: ':x:', words: 'not rolled back: the card in the thread lists what is left' };
    case 'done':
      return done(request);
    default:
      return left(request);
  }
}

function stoppedWords(part: Part): string {
  const step = part.failure?.step;
  return `stopped${step === undefined ? '' : ` at "${escapeTyped(step)}"`}: ${why(part)}`;
}

// `4 of 9 steps · Helm release k10 · 40 s`
function stepWords({ request, journal }: PartView, now: Date): string {
  const steps = request.steps ?? [];
  const done = steps.filter(({ name }) => journal[name]?.state === 'done').length;
  const running = steps.filter(({ name }) => journal[name]?.state === 'started');
  const since = now.getTime() - Date.parse(request.startedAt ?? request.changedAt);
  return [
    `${done} of ${count(steps.length, 'step')}`,
    listed(running.map(({ title }) => escapeTyped(title, 60))),
    durationWords(since),
  ]
    .filter((word) => word !== '')
    .join(' · ');
}

function done(part: Part): Said {
  if (part.startedAt === undefined) return nothing(part);
  const { plan, outcome } = part;
  if (plan?.handOver !== undefined) return toCommit(plan.handOver.keeper);
  const ends = outcome?.secretEndsAt;
  // The day as UTC counts it: secrets that were made seconds apart would have a line each.
  const secret =
    ends === undefined ? '' : `; the client secret ends ${day(`${ends.slice(0, 10)}T12:00:00Z`)}`;
  return { mark: DONE, words: `sign-in through Entra works${secret}` };
}

const DONE = ':white_check_mark:';

function nothing({ plan, outcome }: Part): Said {
  if (plan?.handOver !== undefined) return toCommit(plan.handOver.keeper);
  const open = (outcome?.proofs ?? []).filter(({ holds }) => !holds);
  if (open.length === 0) return { mark: DONE, words: 'nothing to do: as asked already' };
  const problems = cut(open.map(({ detail }) => detail).join(' '), MAX_CHARS);
  return {
    mark: ':x:',
    words: `nothing to change, but sign-in does not work: ${escapeMarkup(problems)}`,
  };
}

function toCommit(keeper: string): Said {
  return {
    mark: DONE,
    words: `ready in Entra; the values wait to be committed for ${escapeTyped(keeper)}: they are in the thread`,
  };
}

const LEFT: Readonly<Partial<Record<RequestState, string>>> = {
  undone: 'rolled back, and as before',
  denied: 'denied, and left untouched',
  withdrawn: 'withdrawn, and left untouched',
  expired: 'expired, and left untouched',
};

function left(part: Part): Said {
  return { mark: ':heavy_minus_sign:', words: LEFT[part.state] ?? `left untouched: ${why(part)}` };
}

function why({ failure }: Part): string {
  return failure === undefined ? 'the log says why' : escapeMarkup(cut(failure.message, MAX_CHARS));
}

/** Whether a cluster signs people in through Entra, proved at the end of its set-up. */
function signsIn({ request }: PartView): boolean {
  return request.state === 'done' && request.plan?.handOver === undefined && everythingHolds(request);
}

/** `7 of 8 clusters sign in through Entra now`. */
export function signedInWords(parts: readonly PartView[], total: number): string {
  const signedIn = parts.filter(signsIn).length;
  if (signedIn === total) return `All ${total} clusters sign in through Entra now`;
  return `${signedIn} of ${total} clusters ${signedIn === 1 ? 'signs' : 'sign'} in through Entra now`;
}

/** What became of a batch, to be read aloud: the count, then each cluster that is not as it was asked for. */
export function batchSummary(parts: readonly PartView[], total: number, now: Date): string[] {
  return [`${signedInWords(parts, total)}.`, ...spokenOthers(parts, now)];
}

/** Each cluster that does not sign in through Entra, to be read aloud. */
export function spokenOthers(parts: readonly PartView[], now: Date): string[] {
  const others = parts.filter((part) => !signsIn(part));
  return spokenSentences(stateLines(others, now));
}
