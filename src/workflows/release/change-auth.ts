import { isDeepStrictEqual } from 'node:util';
import { asKastellanError, KastellanError, LATER } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Restored } from '../../domain/setup/auth-before.ts';
import { type AuthKeys, authDifferences } from '../../domain/setup/auth-values.ts';
import { unlockHint } from '../../domain/setup/release-state.ts';
import type { InstalledRelease } from '../../ports/releases.ts';
import type { StepRun } from '../requests/step.ts';
import { judgeUpgrade, requireApproved } from './judge-upgrade.ts';
import { likelyCause } from './likely-cause.ts';
import type { ReleaseWork } from './release-work.ts';
import { watching } from './watching.ts';

// Each restarts K10; who is at work as often as that does not stop.
const MOST_UPGRADES = 3;

/** @param authKeys what the chart of these values knows below `auth` */
type WantedValues = (values: JsonObject, authKeys: AuthKeys) => Promise<JsonObject>;

/** What becomes of a release's `auth`. */
export interface AuthChange {
  /** The values as they should be, from those of now: nothing but `auth` differs. */
  wanted: WantedValues;
  /** What to do where the values are as they should be. */
  unchanged(revision: number): Promise<string>;
  /** What to remember of the values before the first upgrade; never a secret. */
  remembers?(values: JsonObject, revision: number): Readonly<Record<string, Json>>;
}

/**
 * `helm upgrade` at the installed chart version with nothing changed but `auth`. An upgrade that fails is taken back at
 * once, so that the dashboard works as before, and says in K10's own words why it failed.
 * @throws KastellanError `helm.others-at-work`, `helm.locked`, `helm.release-gone`, `helm.other-changes` (nothing was done), and Helm's own
 */
export async function changeAuth(work: ReleaseWork, run: StepRun, change: AuthChange): Promise<string> {
  const installed = await unlocked(work, run, await requireRelease(work));
  const noteBefore = (revision: number, then: JsonObject) =>
    run.remember({ before: revision, ...change.remembers?.(then, revision) });
  const upgrade: Upgrade = { wanted: change.wanted, rebased: noteBefore };
  const lost = await overwrittenByKilledRun(work, run, installed, upgrade);
  const base = lost ?? baseOn(installed);
  const wanted = await change.wanted(base.installed.values, base.installed.authKeys);
  const isThere =
    authDifferences(base.installed.values, wanted).length === 0 && installed.status === 'deployed';
  if (isThere && lost === undefined) return change.unchanged(installed.revision);
  const prepared = await prepare(work, base, upgrade);
  if (typeof run.recall('before') !== 'number') await noteBefore(installed.revision, base.installed.values);
  const revision = await upgradeOnTop(work, run, prepared, upgrade).catch((thrown: unknown) =>
    revertFailedUpgrade(work, run, thrown),
  );
  return `revision ${revision}`;
}

/** What an upgrade starts from. */
interface BaseRevision {
  /** With the user's values of that revision, or of an earlier one that it has overwritten. */
  readonly installed: InstalledRelease;
  /** The revision whose values these are. */
  readonly restsOn: number;
}

interface Upgrade {
  /** What becomes of the values of now. */
  wanted: WantedValues;
  /** Told that the upgrade rests on another revision than it was meant to. */
  rebased?(revision: number, values: JsonObject): Promise<void>;
}

/** An upgrade that would do what people approved, and nothing else. */
interface Prepared {
  readonly base: BaseRevision;
  readonly sent: JsonObject;
  readonly integers: readonly string[];
}

async function prepare(work: ReleaseWork, base: BaseRevision, upgrade: Upgrade): Promise<Prepared> {
  const { installed, restsOn: basedOn } = base;
  const { values, authKeys } = installed;
  const sent = await upgrade.wanted(values, authKeys);
  const { integers, others } = await judgeUpgrade(work.systems, { installed, values, basedOn, wanted: sent });
  requireApproved(work.approved, others);
  return { base, sent, integers };
}

// Helm cannot be told on which revision an upgrade rests. Where somebody else's was done between the reading of the values and
// this one, theirs is put on top again.
async function upgradeOnTop(
  work: ReleaseWork,
  run: StepRun,
  { base, sent, integers }: Prepared,
  upgrade: Upgrade,
  triesLeft = MOST_UPGRADES - 1,
): Promise<number> {
  const { releases, cluster, upgradeTimeout: timeoutMs } = work.systems;
  const { installed } = base;
  const { chartVersion } = installed;
  const description = descriptionOf(work);
  await run.remember({ upgrading: installed.revision + 1, restsOn: base.restsOn });
  const { revision } = await watching(cluster, run, () =>
    releases.upgrade({ chartVersion, values: sent, integers, description, timeoutMs, signal: run.signal }),
  );
  if (revision <= installed.revision + 1) return revision;
  const own = baseOn({ ...installed, revision, values: sent });
  const lost = await findOverwrittenChange(work, run, own, upgrade);
  if (lost === undefined) return revision;
  if (triesLeft === 0) {
    await run.remember({ upgrading: revision });
    throw othersAtWork(work, revision);
  }
  return upgradeOnTop(work, run, await prepare(work, lost, upgrade), upgrade, triesLeft - 1);
}

/** How `helm history` shows what was done for a request. */
function descriptionOf({ requestId }: ReleaseWork): string {
  return `Kastellan, request ${requestId}`;
}

function baseOn(installed: InstalledRelease): BaseRevision {
  return { installed, restsOn: installed.revision };
}

// A run may have been killed before it saw that its upgrade had overwritten theirs, or before it had put theirs on top again.
async function overwrittenByKilledRun(
  work: ReleaseWork,
  run: StepRun,
  installed: InstalledRelease,
  upgrade: Upgrade,
): Promise<BaseRevision | undefined> {
  const { releases } = work.systems;
  const { revision } = installed;
  const [upgrading, restsOn] = [run.recall('upgrading'), run.recall('restsOn')];
  if (typeof upgrading !== 'number' || typeof restsOn !== 'number') return undefined;
  if (revision === upgrading - 1 && restsOn < revision) return overwrittenAt(work, installed, restsOn);
  if (revision <= upgrading || (await releases.descriptionOf(revision)) !== descriptionOf(work))
    return undefined;
  return findOverwrittenChange(work, run, baseOn(installed), upgrade);
}

/**
 * What somebody else did between the reading of the values and an upgrade of Kastellan's own.
 * @param own what that upgrade made
 * @returns from where to go on; undefined where nothing of theirs is lost
 */
async function findOverwrittenChange(
  work: ReleaseWork,
  run: StepRun,
  own: BaseRevision,
  upgrade: Upgrade,
): Promise<BaseRevision | undefined> {
  const { revision, chartVersion } = own.installed;
  const lost = await overwrittenAt(work, own.installed, revision - 1);
  await upgrade.rebased?.(lost.restsOn, lost.installed.values);
  const isKept =
    lost.installed.chartVersion === chartVersion &&
    isDeepStrictEqual(
      await upgrade.wanted(lost.installed.values, lost.installed.authKeys),
      own.installed.values,
    );
  if (isKept) {
    await run.remember({ upgrading: revision });
    return undefined;
  }
  run.report(`somebody else upgraded meanwhile (revision ${lost.restsOn}); going on from there`);
  return lost;
}

async function overwrittenAt(
  { systems: { releases } }: ReleaseWork,
  installed: InstalledRelease,
  restsOn: number,
): Promise<BaseRevision> {
  const { revision } = installed;
  const then = (await releases.find(restsOn)) ?? {
    ...installed,
    values: await releases.userValues(restsOn),
  };
  return { installed: { ...then, revision }, restsOn };
}

function othersAtWork({ release, namespace }: ReleaseWork, revision: number): KastellanError {
  return new KastellanError({
    code: 'helm.others-at-work',
    message: `Somebody else upgrades ${release} again and again while Kastellan does: revision ${revision} has replaced what revision ${revision - 1} had set.`,
    hint: `See who is at work: helm history ${release} -n ${namespace}. Then try again.`,
  });
}

/** What is special about a way back. */
export interface WayBack {
  /** What has to differ from the values of then: a secret that has been made anew. */
  mend?(values: JsonObject): Promise<JsonObject>;
  /** The values of now as they were then, where Helm has dropped those of then; undefined where nobody noted them. */
  rebuild?(now: JsonObject): Restored | undefined;
}

/**
 * Puts `auth` back to what it was before `changeAuth`, by Helm's rollback where nobody changed the release since.
 * @throws KastellanError `helm.others-at-work`, `helm.locked`, `helm.release-gone`, `helm.revision-missing`, and Helm's own
 */
export async function undoAuthChange(work: ReleaseWork, run: StepRun, way: WayBack = {}): Promise<string> {
  const { releases } = work.systems;
  const before = run.recall('before');
  if (typeof before !== 'number') return 'was not changed';
  // A pending revision of ours is what Helm has to go back from: without it, Helm would not know what to take away.
  const installed = notSomebodyElses(work, run, await requireRelease(work));
  const now = installed.values;
  const then = await valuesOf(work, before, () => way.rebuild?.(now));
  if ('how' in then) return putAuth(work, run, installed, { wanted: then.values, said: saidOf(then) });
  const mended = (await way.mend?.(then.read)) ?? then.read;
  const isOurs =
    installed.revision === run.recall('upgrading') && authDifferences(then.read, mended).length === 0;
  if (!isOurs) return putAuth(work, run, installed, { wanted: mended, said: `auth as revision ${before}` });
  if (authDifferences(now, mended).length === 0 && installed.status === 'deployed')
    return `as revision ${before}`;
  await run.remember({ upgrading: installed.revision + 1, restsOn: installed.revision });
  const { cluster, upgradeTimeout } = work.systems;
  const { revision } = await watching(cluster, run, () => releases.rollback(before, upgradeTimeout));
  return `as revision ${before}, now ${revision}`;
}

// Helm keeps ten revisions: who rolls back late may find none of then.
async function valuesOf(
  { systems }: ReleaseWork,
  revision: number,
  rebuild: () => Restored | undefined,
): Promise<{ readonly read: JsonObject } | Restored> {
  try {
    return { read: await systems.releases.userValues(revision) };
  } catch (thrown) {
    const rebuilt = asKastellanError(thrown).code === 'helm.revision-missing' ? rebuild() : undefined;
    if (rebuilt === undefined) throw thrown;
    return rebuilt;
  }
}

function saidOf({ how, missing }: Restored): string {
  return how === 'before'
    ? 'auth as before'
    : `sign-in by token, because ${missing.join(' and ')} of before is lost`;
}

// Going back to the revision would throw away what others changed since.
async function putAuth(
  work: ReleaseWork,
  run: StepRun,
  installed: InstalledRelease,
  { wanted, said }: { readonly wanted: JsonObject; readonly said: string },
): Promise<string> {
  const upgrade = { wanted: async (values: JsonObject) => withAuthOf(values, wanted) };
  const lost = await overwrittenByKilledRun(work, run, installed, upgrade);
  const isThere = authDifferences(installed.values, wanted).length === 0 && installed.status === 'deployed';
  if (isThere && lost === undefined) return said;
  const prepared = await prepare(work, lost ?? baseOn(installed), upgrade);
  const revision = await upgradeOnTop(work, run, prepared, upgrade);
  return `${said}, now revision ${revision}`;
}

function withAuthOf(now: JsonObject, then: JsonObject): JsonObject {
  const { auth: _ours, ...others } = now;
  return then['auth'] === undefined ? others : { ...others, auth: then['auth'] };
}

async function requireRelease({ systems, release }: ReleaseWork): Promise<InstalledRelease> {
  const installed = await systems.releases.find();
  if (installed !== undefined) return installed;
  throw new KastellanError({
    code: 'helm.release-gone',
    message: `The Helm release ${release} is not there any more.`,
    hint: 'Somebody uninstalled K10 meanwhile.',
  });
}

// A revision that a killed run of this very step left pending blocks Helm for ever; anybody else's is respected.
async function unlocked(
  work: ReleaseWork,
  run: StepRun,
  installed: InstalledRelease,
): Promise<InstalledRelease> {
  notSomebodyElses(work, run, installed);
  if (!installed.status.startsWith('pending-')) return installed;
  await work.systems.releases.clearPending(installed.revision);
  return requireRelease(work);
}

function notSomebodyElses(
  { release, namespace }: ReleaseWork,
  run: StepRun,
  installed: InstalledRelease,
): InstalledRelease {
  const isPending = installed.status.startsWith('pending-');
  if (!isPending || run.recall('upgrading') === installed.revision) return installed;
  throw new KastellanError({
    code: 'helm.locked',
    message: `Somebody else's Helm operation is under way on ${release} (revision ${installed.revision}, ${installed.status}).`,
    hint: unlockHint({ release, namespace, ...installed }),
    retry: LATER,
  });
}

async function revertFailedUpgrade(work: ReleaseWork, run: StepRun, thrown: unknown): Promise<never> {
  run.signal.throwIfAborted();
  const error = asKastellanError(thrown);
  const { releases, cluster } = work.systems;
  const installed = await releases.find();
  const before = run.recall('before');
  const isOurs = error.code !== 'helm.locked' && installed?.revision === run.recall('upgrading');
  if (typeof before !== 'number' || installed === undefined || !isOurs) throw error;
  // Pods that start just then are not why Helm was refused something.
  const deployments = error.code === 'helm.not-ready' ? await cluster.listDeployments() : [];
  const stuck = deployments.filter(({ ready }) => !ready);
  const words = await Promise.all(stuck.slice(0, 3).map(({ name }) => cluster.diagnose(name)));
  run.report(`did not succeed; going back to revision ${before}`);
  // Why the upgrade failed must not get lost behind a second failure.
  const back = await goBack(work, run, before, installed.revision).then(
    () => `Helm is back at revision ${before}; the dashboard works as before.`,
    (problem: unknown) =>
      `Going back to revision ${before} failed, too: ${asKastellanError(problem).message}`,
  );
  throw new KastellanError({
    code: error.code,
    message: [
      stuck[0] === undefined ? error.message : `${stuck[0].name} did not become ready.`,
      ...words,
      back,
    ].join(' '),
    ...hintOf(words.join(' '), error),
    // The other writer is gone by now, and Helm is back where it was.
    ...(error.code === 'helm.object-changed' && { retry: error.retry }),
    cause: error,
  });
}

// After an upgrade that broke off in the middle, Helm's first way back can stumble over an object that the upgrade had
// removed already; the second finds nothing to remove any more.
async function goBack(
  { systems: { releases, upgradeTimeout } }: ReleaseWork,
  run: StepRun,
  to: number,
  from: number,
): Promise<void> {
  const attempt = async (revision: number): Promise<void> => {
    // A rollback that is killed locks the release as an upgrade does, and has to be known as ours.
    await run.remember({ upgrading: revision, restsOn: revision - 1 });
    await releases.rollback(to, upgradeTimeout);
  };
  await attempt(from + 1).catch(() => attempt(from + 2));
}

function hintOf(words: string, { hint }: KastellanError): { hint?: string } {
  const fitting = likelyCause(words) ?? hint;
  return fitting === undefined ? {} : { hint: fitting };
}
