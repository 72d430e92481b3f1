import { visibleCharacters } from '../domain/requests/reason.ts';
import { durationAt, personIn, restBehind, type Word, wordsIn } from './command-words.ts';

/** What was said of the access that is wanted; what is left out is asked for in a form. */
export interface AccessInput {
  readonly level?: string;
  readonly cluster?: string;
  /** Milliseconds. */
  readonly durationMs?: number;
  /** As it was typed. */
  readonly reason?: string;
  /** Slack user id of whom it is for; absent: who asks. */
  readonly beneficiary?: string;
}

/** What a person asked for by `/kasten ...`. */
export type Command =
  /** No cluster: whichever is chosen in the form. */
  | { readonly kind: 'setup'; readonly clusters: readonly string[] }
  | { readonly kind: 'status'; readonly cluster?: string }
  | { readonly kind: 'who'; readonly cluster?: string }
  | { readonly kind: 'rotate'; readonly cluster?: string }
  | { readonly kind: 'teardown'; readonly cluster?: string }
  | { readonly kind: 'help'; readonly more: boolean }
  | { readonly kind: 'doctor' }
  | { readonly kind: 'secrets' }
  | { readonly kind: 'access'; readonly wish: AccessInput }
  | { readonly kind: 'grants'; readonly all: boolean }
  | { readonly kind: 'revoke'; readonly person: string; readonly reason: string }
  | {
      readonly kind: 'break-glass';
      readonly level?: string;
      readonly cluster?: string;
      readonly reason: string;
    }
  /** Opens break-glass again to a person whose access was revoked. */
  | { readonly kind: 'open-break-glass'; readonly person: string }
  /** Without an object ID the link is taken back. */
  | { readonly kind: 'link'; readonly person: string; readonly objectId?: string }
  | { readonly kind: 'audit-verify' }
  | { readonly kind: 'audit-of'; readonly of: AuditSubject; readonly csv: boolean }
  /** A command that lacks something: `usage` is how it is written. */
  | { readonly kind: 'incomplete'; readonly lacks: string; readonly usage: string }
  | { readonly kind: 'unknown'; readonly word: string; readonly nearest?: string };

/** Whose story is asked for. */
export type AuditSubject = { readonly person: string } | { readonly cluster: string };

/** Names that the configuration gives: with them, words of a reason are told from names. */
export interface KnownNames {
  readonly clusters: readonly string[];
  readonly levels: readonly string[];
}

const NONE: KnownNames = { clusters: [], levels: [] };

type Reader = (words: readonly Word[], text: string, known: KnownNames) => Command;

const READERS: Readonly<Record<string, Reader>> = {
  setup: readSetup,
  status: (words) => onCluster('status', words),
  who: (words) => onCluster('who', words),
  rotate: (words) => onCluster('rotate', words),
  teardown: (words) => onCluster('teardown', words),
  help: ([, second]) => ({ kind: 'help', more: second?.key === 'more' }),
  more: () => ({ kind: 'help', more: true }),
  doctor: () => ({ kind: 'doctor' }),
  secrets: () => ({ kind: 'secrets' }),
  access: (words, text, known) => ({ kind: 'access', wish: readWish(words, text, known) }),
  grants: ([, second]) => ({ kind: 'grants', all: second?.key === 'all' }),
  revoke: readRevoke,
  'break-glass': readBreakGlass,
  link: readLink,
  audit: readAudit,
};
/** The words that a command may begin with. */
export const COMMAND_WORDS = Object.keys(READERS);

/** Reads the text behind `/kasten`; anything that is no command comes back with the nearest one, if one is near. */
export function parseCommand(text: string, known: KnownNames = NONE): Command {
  const words = wordsIn(text);
  const [first] = words;
  if (first === undefined) return { kind: 'help', more: false };
  const read = Object.hasOwn(READERS, first.key) ? READERS[first.key] : undefined;
  return read?.(words, text, known) ?? unknown(words, nearestOf(first.key, COMMAND_WORDS));
}

function unknown(words: readonly Word[], nearest: string | undefined): Command {
  const word = words.map(({ key }) => key).join(' ');
  return { kind: 'unknown', word, ...(nearest !== undefined && { nearest }) };
}

function incomplete(lacks: string, usage: string): Command {
  return { kind: 'incomplete', lacks, usage };
}

function onCluster(kind: 'status' | 'who' | 'rotate' | 'teardown', [, second]: readonly Word[]): Command {
  return { kind, ...(second !== undefined && { cluster: second.key }) };
}

// `setup prod-eu prod-us`, `setup all`: a cluster that is called so goes before the word.
function readSetup([, ...words]: readonly Word[], _text: string, known: KnownNames): Command {
  const names = [...new Set(words.map(({ key }) => key))];
  const all = names.length === 1 && names[0] === 'all' && !known.clusters.includes('all');
  return { kind: 'setup', clusters: all ? known.clusters : names };
}

// `admin 2h reason`, `admin prod-eu 2h for @ada reason`: the reason is all that is left.
function readWish(words: readonly Word[], text: string, known: KnownNames): AccessInput {
  const names = namesAt(words, known);
  let at = 1 + names.length;
  let durationMs: number | undefined;
  let beneficiary: string | undefined;
  for (;;) {
    const duration = durationMs === undefined ? durationAt(words, at) : undefined;
    const person = beneficiary === undefined ? personAt(words, at) : undefined;
    durationMs ??= duration?.ms;
    beneficiary ??= person?.id;
    const taken = duration?.words ?? person?.words ?? 0;
    if (taken === 0) break;
    at += taken;
  }
  const [level, cluster] = names;
  const reason = restBehind(text, words[at - 1]);
  return {
    ...(level !== undefined && { level }),
    ...(cluster !== undefined && { cluster }),
    ...(durationMs !== undefined && { durationMs }),
    ...(reason !== '' && { reason }),
    ...(beneficiary !== undefined && { beneficiary }),
  };
}

// A second name is a cluster where the configuration knows it, or where nothing else of a reason comes behind it.
function namesAt(words: readonly Word[], known: KnownNames): string[] {
  const [level, cluster] = [words[1], words[2]];
  if (level === undefined || isPart(words, 1)) return [];
  if (cluster === undefined || isPart(words, 2)) return [level.key];
  const closed = words[3] === undefined || isPart(words, 3);
  return closed || known.clusters.includes(cluster.key) ? [level.key, cluster.key] : [level.key];
}

function isPart(words: readonly Word[], at: number): boolean {
  return durationAt(words, at) !== undefined || personAt(words, at) !== undefined;
}

function personAt(words: readonly Word[], at: number): { id: string; words: number } | undefined {
  const apart = words[at]?.key === 'for' ? 1 : 0;
  const id = personIn(words[at + apart]);
  return id === undefined ? undefined : { id, words: apart + 1 };
}

function readRevoke(words: readonly Word[], text: string): Command {
  const usage = 'revoke @person reason';
  const person = personIn(words[1]);
  if (person === undefined) return incomplete('Say whose access ends, by @name.', usage);
  const reason = restBehind(text, words[1]);
  return visibleCharacters(reason) === 0
    ? incomplete('Say why: the person and the audit log are told.', usage)
    : { kind: 'revoke', person, reason };
}

function readBreakGlass(words: readonly Word[], text: string, known: KnownNames): Command {
  const [, open, who, more] = words;
  const person = open?.key === 'open' && more === undefined ? personIn(who) : undefined;
  if (person !== undefined) return { kind: 'open-break-glass', person };
  let at = 1;
  const take = (names: readonly string[]): string | undefined => {
    const key = words[at]?.key;
    if (key === undefined || !names.includes(key)) return undefined;
    at += 1;
    return key;
  };
  const level = take(known.levels);
  const cluster = take(known.clusters);
  const reason = restBehind(text, words[at - 1]);
  if (visibleCharacters(reason) === 0) {
    return incomplete(
      'Say why: everybody is told, and two people look at it afterwards.',
      'break-glass [level] [cluster] reason',
    );
  }
  return {
    kind: 'break-glass',
    ...(level !== undefined && { level }),
    ...(cluster !== undefined && { cluster }),
    reason,
  };
}

function readLink([, who, what]: readonly Word[]): Command {
  const usage = 'link @person objectId';
  const person = personIn(who);
  if (person === undefined) return incomplete('Say who it is in Slack, by @name.', usage);
  if (what === undefined) {
    return incomplete(
      'Say who it is in Entra, by the object ID of the account, or none to take a link back.',
      usage,
    );
  }
  return { kind: 'link', person, ...(what.key !== 'none' && { objectId: what.key }) };
}

function readAudit(words: readonly Word[], _text: string, known: KnownNames): Command {
  const [, subject, form] = words;
  const csv = form?.key === 'csv';
  if (subject === undefined) {
    return incomplete('Say whose story you want: a person, a cluster, or verify.', 'audit @person');
  }
  if (subject.key === 'verify') return { kind: 'audit-verify' };
  const person = personIn(subject);
  if (person !== undefined) return { kind: 'audit-of', of: { person }, csv };
  const slip = !known.clusters.includes(subject.key) && nearestOf(subject.key, ['verify']) !== undefined;
  return slip ? unknown(words, 'audit verify') : { kind: 'audit-of', of: { cluster: subject.key }, csv };
}

/** The candidate that is at most two typing mistakes away, or begins with what was typed. */
export function nearestOf(typed: string, candidates: readonly string[]): string | undefined {
  const begun = typed.length >= 2 ? candidates.find((candidate) => candidate.startsWith(typed)) : undefined;
  if (begun !== undefined) return begun;
  const [best] = candidates
    .map((candidate) => ({
      candidate,
      mistakes: editDistance(typed.slice(0, 40), candidate),
    }))
    .toSorted((a, b) => a.mistakes - b.mistakes);
  return best !== undefined && best.mistakes <= 2 && best.mistakes < typed.length
    ? best.candidate
    : undefined;
}

/** How many letters have to be added, left out or changed to make one word the other (Levenshtein). */
export function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const changed = (row[column - 1] ?? 0) + (to[column - 1] === letter ? 0 : 1);
      next.push(Math.min((row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1, changed));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
