import { KastellanError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { type Change, isCoveredBy } from '../../domain/requests/plan.ts';
import { integersIn, isPrintedOtherwise } from '../../domain/setup/integers.ts';
import type { RenderedObject } from '../../domain/setup/manifest.ts';
import {
  asPlanned,
  type LiveObjects,
  type OtherChange,
  otherChanges,
  otherChangesObstacle,
} from '../../domain/setup/other-changes.ts';
import { type ObjectVerbs, verbsOfUpgrade } from '../../domain/setup/rights-review.ts';
import { secretsIn } from '../../domain/setup/secrets-in.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { InstalledRelease, Releases } from '../../ports/releases.ts';

/** An upgrade that is to be judged before it runs. */
interface Upgrade {
  readonly installed: Pick<InstalledRelease, 'chartVersion' | 'revision' | 'status'>;
  /** The values of now, and the revision whose they are. */
  readonly values: JsonObject;
  readonly basedOn: number;
  readonly wanted: JsonObject;
}

/** What an upgrade would do besides what it is for. */
interface Judgement {
  /** Values to send as integers so that the chart prints them as it has: see `integersIn`. */
  readonly integers: readonly string[];
  readonly others: readonly OtherChange[];
  /** The objects that come or go with the upgrade, and what Helm needs to do to them. */
  readonly comeOrGo: readonly ObjectVerbs[];
}

interface Systems {
  readonly releases: Pick<Releases, 'manifest' | 'render'>;
  readonly cluster: Pick<Cluster, 'readObjects'>;
}

/**
 * Renders an upgrade as it would run, and the same with the values of now, and compares both with what Helm keeps of the
 * release and with what the cluster holds. Only what differs between the two renderings is the change that is wanted.
 * @throws KastellanError Helm's, where the chart cannot be had or does not take the values
 */
export async function judgeUpgrade(systems: Systems, upgrade: Upgrade): Promise<Judgement> {
  const { releases } = systems;
  const { installed, values, wanted, basedOn } = upgrade;
  const { chartVersion } = installed;
  const render = (of: JsonObject, integers: readonly string[] = []) =>
    releases.render({ chartVersion, values: of, integers });
  const manifest = releases.manifest(basedOn);
  const [kept, now, then, live] = await Promise.all([
    manifest,
    render(values),
    render(wanted),
    manifest.then((objects) => readLive(systems, upgrade, objects)),
  ]);
  const secrets = [...secretsIn(values), ...secretsIn(wanted)];
  const compare = (side: Side, held: LiveObjects): OtherChange[] =>
    otherChanges({ installed: kept, ...side }, held, secrets);
  const comeOrGo = verbsOfUpgrade(kept, then).filter(({ verbs }) => isMoreThanChange(verbs));
  const judge = (side: Side, integers: readonly string[]): Attempt => ({
    integers,
    comeOrGo,
    others: compare(side, live),
    unlike: weight(compare(side, new Map())),
  });
  const plain = judge({ now, wanted: then, repeated: [now, now] }, []);
  if (plain.others.length === 0) return plain;
  const repeated = [now, await render(values)] as const;
  const tryWith = async (integers: readonly string[]): Promise<Attempt> => {
    const [nowSo, thenSo] = await Promise.all([render(values, integers), render(wanted, integers)]);
    return judge({ now: nowSo, wanted: thenSo, repeated }, integers);
  };
  return withIntegers(judge({ now, wanted: then, repeated }, []), bothIn(values, wanted), tryWith);
}

function isMoreThanChange(verbs: readonly string[]): boolean {
  return verbs.includes('create') || verbs.includes('delete');
}

interface Attempt extends Judgement {
  /** In how many places the chart's objects are unlike those that Helm keeps, whatever was edited by hand. */
  readonly unlike: number;
}

type Side = Readonly<Record<'now' | 'wanted', readonly RenderedObject[]>> & {
  readonly repeated: readonly [readonly RenderedObject[], readonly RenderedObject[]];
};

// Leftovers of an operation that failed, or of an upgrade that was overwritten, look like hand edits.
async function readLive(
  { cluster }: Systems,
  { installed, basedOn }: Upgrade,
  objects: readonly RenderedObject[],
): Promise<LiveObjects> {
  if (installed.status !== 'deployed' || basedOn !== installed.revision) return new Map();
  return cluster.readObjects(objects);
}

function bothIn(values: JsonObject, wanted: JsonObject): string[] {
  const there = new Set(integersIn(wanted));
  return integersIn(values).filter((integer) => there.has(integer));
}

const MOST_INTEGERS = 200;
const MOST_TRIES = 8;

// Only the chart's own output tells which numbers were integers: what is least unlike the release wins.
async function withIntegers(
  plain: Attempt,
  candidates: readonly string[],
  tryWith: (integers: readonly string[]) => Promise<Attempt>,
): Promise<Judgement> {
  if (plain.unlike === 0 || candidates.length === 0 || candidates.length > MOST_INTEGERS) return plain;
  let best = plain;
  const keepBetter = async (integers: readonly string[]): Promise<void> => {
    const attempt = await tryWith(integers);
    if (attempt.unlike < best.unlike) best = attempt;
  };
  await keepBetter(candidates);
  const large = candidates.filter(isPrintedOtherwise);
  if (best.unlike === 0 || large.length > MOST_TRIES) return best;
  // Some may have come by --set and others from a file.
  const all = best;
  best = plain;
  for (const integer of large) if (best.unlike > 0) await keepBetter([...best.integers, integer]);
  return best.unlike < all.unlike ? best : all;
}

function weight(others: readonly OtherChange[]): number {
  return others
    .filter(({ generated }) => !generated)
    .reduce((sum, { differences }) => sum + Math.max(1, differences.length), 0);
}

/**
 * Makes sure that what is about to run is what people approved.
 * @throws KastellanError `helm.other-changes`
 */
export function requireApproved(approved: readonly Change[], others: readonly OtherChange[]): void {
  const foreign = others.filter(({ generated }) => !generated);
  if (isCoveredBy({ changes: asPlanned(foreign), notes: [] }, { changes: approved, notes: [] })) return;
  const { code, message } = otherChangesObstacle(foreign);
  throw new KastellanError({
    code,
    message: `This is not what was approved. ${message}`,
    hint: 'Somebody changed the release, its chart or its objects meanwhile. Roll back, and ask again.',
  });
}
