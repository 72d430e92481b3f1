import { createHash } from 'node:crypto';
import { type Json, type JsonObject, objectAt } from '../json.ts';
import { redact } from '../redaction.ts';
import { type Change, change, type Difference, type Sign } from '../requests/plan.ts';
import { type FlatObject, flatten, LENGTH, type Leaf } from './flat-object.ts';
import type { RenderedObject } from './manifest.ts';
import { isSecretKey } from './secrets-in.ts';
import type { Obstacle } from './setup.ts';

/** What there is to compare before an upgrade. */
export interface Renderings {
  /** What Helm keeps of the release as it is. */
  readonly installed: readonly RenderedObject[];
  /** What the chart makes of the values of now: whatever differs from `installed` has nothing to do with sign-in. */
  readonly now: readonly RenderedObject[];
  /** Two renderings of the same values: whatever differs between them is made anew at every upgrade. */
  readonly repeated: readonly [readonly RenderedObject[], readonly RenderedObject[]];
  /** What the chart makes of the values wanted: whatever differs from `now` is the sign-in. */
  readonly wanted: readonly RenderedObject[];
}

/** What the cluster holds of the objects: `missing` where one is not there, nothing where it cannot be told. */
export type LiveObjects = ReadonlyMap<string, JsonObject | 'missing'>;

/** One object that an upgrade would change besides what sign-in needs. */
export interface OtherChange {
  readonly object: Pick<RenderedObject, 'kind' | 'namespace' | 'name'>;
  readonly sign: Exclude<Sign, '='>;
  /** Whether an upgrade makes this anew or restarts it, whoever does it. */
  readonly generated: boolean;
  readonly differences: readonly Difference[];
}

// Charts mark pods with a checksum of what they read, so that they restart with it. What they read is compared itself; the mark
// alone also differs where a chart made a password up during the installation, as Grafana's in K10.
// https://helm.sh/docs/howto/charts_tips_and_tricks/#automatically-roll-deployments
const RESTART_MARK = /^spec\.template\.metadata\.annotations\.(?:checksum\/|rollme$)/;

const ANEW = '(made anew by every upgrade)';
const HIDDEN = '(secret)';

/** The same for the same object, in whatever version of its API it is written. */
export function objectKey({ apiVersion, kind, namespace, name }: RenderedObject): string {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  return [group, kind, namespace ?? '', name].join('/');
}

/**
 * What an upgrade would change and is no part of the sign-in: in the order of the objects' names, texts of Secrets hidden.
 * @param secrets texts that must not be read in a difference
 */
export function otherChanges(
  { installed, now, repeated: [once, again], wanted }: Renderings,
  live: LiveObjects,
  secrets: readonly string[],
): OtherChange[] {
  const sides = {
    installed: byKey(installed),
    now: byKey(now),
    once: byKey(once),
    again: byKey(again),
    wanted: byKey(wanted),
  };
  const keys = [...new Set([...sides.installed.keys(), ...sides.now.keys()])].toSorted();
  return keys.flatMap((key) => {
    const seen = live.get(key);
    const side = {
      installed: sides.installed.get(key),
      now: sides.now.get(key),
      once: sides.once.get(key),
      again: sides.again.get(key),
      wanted: sides.wanted.get(key),
    };
    return otherChange(side, seen, secrets);
  });
}

interface Sides {
  readonly installed: RenderedObject | undefined;
  readonly now: RenderedObject | undefined;
  readonly once: RenderedObject | undefined;
  readonly again: RenderedObject | undefined;
  readonly wanted: RenderedObject | undefined;
}

function otherChange(
  sides: Sides,
  live: JsonObject | 'missing' | undefined,
  secrets: readonly string[],
): OtherChange[] {
  const { installed, now, once, again, wanted } = sides;
  if (now === undefined) return installed === undefined ? [] : removal(installed, sides, live);
  // One that has another name at every rendering.
  if (once === undefined || again === undefined) return [whole(now, '+', true)];
  // The sign-in takes it away.
  if (wanted === undefined) return [];
  if (installed === undefined || live === 'missing') return [whole(now, '+', false)];
  const anew = differing(flatten(once.body), flatten(again.body));
  const signIn = differing(flatten(now.body), flatten(wanted.body));
  const found = new Map([
    ...rendered(installed, now, anew),
    ...overwritten(live, now, (path) => anew.has(path) || signIn.has(path)),
  ]);
  const marks = [...found.keys()].filter((path) => RESTART_MARK.test(path));
  for (const path of marks) found.delete(path);
  const differences = inText(found, now, secrets);
  const generated = [...new Set([...anew, ...marks])].toSorted().map((path) => ({ path, after: ANEW }));
  return [
    ...(differences.length === 0 ? [] : [changed(now, false, differences)]),
    ...(generated.length === 0 ? [] : [changed(now, true, generated)]),
  ];
}

function removal(
  installed: RenderedObject,
  { once, again, wanted }: Sides,
  live: JsonObject | 'missing' | undefined,
): OtherChange[] {
  const isKept = annotationOf(installed, 'helm.sh/resource-policy') === 'keep';
  if (wanted !== undefined || isKept || live === 'missing') return [];
  return [whole(installed, '-', once !== again)];
}

function whole(object: RenderedObject, sign: '+' | '-', generated: boolean): OtherChange {
  return { object, sign, generated, differences: [] };
}

function changed(
  object: RenderedObject,
  generated: boolean,
  differences: readonly Difference[],
): OtherChange {
  return { object, sign: '~', generated, differences };
}

/** What a path has before the upgrade. */
type Found = readonly [string, Leaf | undefined];

/** What the chart makes of the same values otherwise than it stands in the release. */
function rendered(installed: RenderedObject, now: RenderedObject, anew: ReadonlySet<string>): Found[] {
  const before = flatten(installed.body);
  const paths = [...differing(before, flatten(now.body))].filter((path) => !anew.has(path));
  return paths.map((path) => [path, before.get(path)]);
}

/** What was changed in the cluster by hand, and would be overwritten. */
function overwritten(
  live: JsonObject | undefined,
  now: RenderedObject,
  isExpected: (path: string) => boolean,
): Found[] {
  if (live === undefined) return [];
  const held = flatten(live);
  return [...flatten(now.body)]
    .filter(([path, leaf]) => !isExpected(path) && !isSame(path, leaf, held))
    .map(([path]) => [path, held.get(path)]);
}

function inText(
  found: ReadonlyMap<string, Leaf | undefined>,
  now: RenderedObject,
  secrets: readonly string[],
): Difference[] {
  const target = flatten(now.body);
  const text = (path: string, leaf: Leaf | undefined): string | undefined =>
    leaf === undefined ? undefined : shown(path, leaf, now.kind === 'Secret', secrets);
  return [...found].toSorted(byPath).map(([path, leaf]) => {
    const [before, after] = apart(text(path, leaf), text(path, target.get(path)));
    return { path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
  });
}

function annotationOf(object: RenderedObject | undefined, name: string): Json | undefined {
  return objectAt(objectAt(object?.body ?? {}, 'metadata'), 'annotations')[name];
}

function byKey(objects: readonly RenderedObject[]): ReadonlyMap<string, RenderedObject> {
  return new Map(objects.map((object) => [objectKey(object), object]));
}

function byPath([one]: Found, [other]: Found): number {
  return one < other ? -1 : 1;
}

function differing(one: FlatObject, other: FlatObject): ReadonlySet<string> {
  const paths = [...new Set([...one.keys(), ...other.keys()])];
  return new Set(paths.filter((path) => one.get(path) !== other.get(path)));
}

const EMPTY: ReadonlySet<Leaf | undefined> = new Set(['', 0, false]);
// The cluster fills these in where a chart leaves them empty.
const ALLOCATED = /\.(?:clusterIP|nodePort|healthCheckNodePort|loadBalancerIP)$/;
const QUANTITY = /\.(?:limits|requests|capacity|hard)\.|\.(?:sizeLimit|divisor)$/;

// A field that the cluster has in its own words, or has filled in, is no hand edit.
function isSame(path: string, leaf: Leaf, held: FlatObject): boolean {
  const there = held.get(path);
  if (there === undefined) return EMPTY.has(leaf);
  if (EMPTY.has(leaf) && ALLOCATED.test(path)) return true;
  if (
    path === `rules.${LENGTH}` &&
    leaf === 0 &&
    [...held.keys()].some((key) => key.startsWith('aggregation'))
  )
    return true;
  if (String(leaf) === String(there)) return true;
  return QUANTITY.test(path) && quantity(leaf) === quantity(there);
}

const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
function quantity(leaf: Leaf): number | string {
  const [, number = '', unit = ''] = /^([-+\d.eE]+?)([numkKMGTP]?i?)$/.exec(String(leaf)) ?? [];
  const value = Number(number) * (FACTORS[unit] ?? Number.NaN);
  return number === '' || Number.isNaN(value) ? String(leaf) : Number(value.toPrecision(12));
}

function shown(path: string, leaf: Leaf, hidden: boolean, secrets: readonly string[]): string {
  const isSecret = typeof leaf === 'string' && (hidden ? path.startsWith('data.') : hasSecretKey(path));
  return isSecret ? HIDDEN : redact(JSON.stringify(leaf), secrets);
}

function hasSecretKey(path: string): boolean {
  return path.split(/[.[\]/]/).some((part) => part !== '' && isSecretKey(part));
}

const MAX_RESULTS = 100;
const CONTEXT_CHARS = 20;

// Of long texts only where they begin to differ is shown; the digests keep two that differ further on apart.
function apart(
  before: string | undefined,
  after: string | undefined,
): readonly [string | undefined, string | undefined] {
  const [one, other] = [before ?? '', after ?? ''];
  if (one.length <= MAX_RESULTS && other.length <= MAX_RESULTS) return [before, after];
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  const from = Math.max(0, at - CONTEXT_CHARS);
  const cut = (text: string | undefined): string | undefined =>
    text === undefined || text.length <= MAX_RESULTS
      ? text
      : `${from > 0 ? '...' : ''}${text.slice(from, from + MAX_RESULTS)}... (${digest(text)})`;
  return [cut(before), cut(after)];
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** The changes as a plan shows them. */
export function asPlanned(others: readonly OtherChange[]): Change[] {
  return others.map(({ object, sign, differences }) => {
    const id = `object:${object.kind}/${nameOf(object)}`;
    return change(id, sign, 'helm', `${nameOfKind(object)}: not part of the sign-in`, differences);
  });
}

/** What a plan says of the objects that the chart makes anew at every upgrade, whoever does it and whatever it is for. */
export function generatedNotes(others: readonly OtherChange[]): string[] {
  const names = others.filter(({ generated }) => generated).map(({ object }) => nameOfKind(object));
  return names.length === 0
    ? []
    : [`An upgrade makes these anew or restarts them, whatever it is for: ${names.join(', ')}.`];
}

/** Whether a change in a plan is one of an object that is no part of the sign-in. */
export function isOtherChange({ id }: Pick<Change, 'id'>): boolean {
  return id.startsWith('object:');
}

const NAMED = 5;
const SHOWN = 3;

/** What stands in the way where such changes are not allowed. */
export function otherChangesObstacle(others: readonly OtherChange[]): Obstacle {
  return {
    code: 'helm.other-changes',
    message: `The Helm upgrade would also change ${inWords(others)}.`,
    hint: 'Usual reasons: a post-renderer, numbers given by --set, another chart archive than the installed one, or objects that were edited by hand. Put what has to stay into the values of the release, or run helm upgrade yourself first, then ask again. If these changes are fine, an operator can set otherChanges: allow for this cluster.',
  };
}

/** The same as a warning, where they are allowed. */
export function otherChangesWarning(others: readonly OtherChange[]): string {
  return `The Helm upgrade also changes ${inWords(others)}.`;
}

function inWords(others: readonly OtherChange[]): string {
  const count = others.length === 1 ? '1 object that is' : `${others.length} objects that are`;
  const named = others.slice(0, NAMED).map(oneInWords);
  const more = others.length > NAMED ? `; and ${others.length - NAMED} more` : '';
  return `${count} not part of the sign-in: ${named.join('; ')}${more}`;
}

function oneInWords({ object, sign, differences }: OtherChange): string {
  const name = nameOfKind(object);
  if (sign === '+') return `${name} (created)`;
  if (sign === '-') return `${name} (removed)`;
  const values = differences.slice(0, SHOWN).map(({ path, before = 'not set', after = 'not set' }) => {
    return `${path}: ${before} -> ${after}`;
  });
  const more = differences.length > SHOWN ? [`${differences.length - SHOWN} more`] : [];
  return `${name} (${[...values, ...more].join(', ')})`;
}

function nameOfKind(object: OtherChange['object']): string {
  return `${object.kind} ${nameOf(object)}`;
}

function nameOf({ namespace, name }: OtherChange['object']): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}
