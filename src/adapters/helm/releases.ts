import type { LimitFunction } from 'p-limit';
import { KastellanError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { RenderedObject } from '../../domain/setup/manifest.ts';
import { secretsIn } from '../../domain/setup/secrets-in.ts';
import type { Finding } from '../../ports/finding.ts';
import type { HelmRecords } from '../../ports/helm-records.ts';
import type { Releases } from '../../ports/releases.ts';
import type { Log, WatchCall } from '../../ports/telemetry.ts';
import { unwatched } from '../unwatched.ts';
import { type ChartSource, chartArguments, chartMissing } from './chart.ts';
import type { CheckChart } from './chart-checks.ts';
import { checkHelm } from './check-helm.ts';
import { helmEnded, helmError } from './errors.ts';
import { parseManifest, parseRendered } from './manifest.ts';
import { endOrphan } from './orphan.ts';
import { type ReleaseRecord, unpackRecord } from './record.ts';
import {
  createRunHelm,
  type HelmAccess,
  type HelmCall,
  type HelmResult,
  limitedHelm,
  watchedHelm,
} from './run-helm.ts';
import type { HelmAttempt } from './sentences.ts';
import { valuesToJson } from './values.ts';
import { type HelmVersion, parseHelmVersion } from './version.ts';

export interface ReleasesOptions {
  /** Path of the Helm binary, version 3.14 or later, or 4. */
  readonly helm: string;
  readonly access: HelmAccess;
  readonly namespace: string;
  readonly release: string;
  readonly chart: ChartSource;
  /** A folder of this release's own: Helm keeps charts and indexes there, never values. */
  readonly cacheDir: string;
  /** See `HelmRunnerOptions`: nothing secret. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How many Helms that change nothing may run at once, of all releases of this process. */
  readonly limit: LimitFunction;
  /** Where all releases of this process share what was found in repositories. */
  readonly checkChart: CheckChart;
  /** Helm's own records of this release, read as the account that Helm uses. */
  readonly records: HelmRecords;
  /** Asks the cluster as the account that Helm uses; see `Releases.reviewRights`. */
  readonly reviewRights: Releases['reviewRights'];
  readonly log: Log;
  /** Told of every run of Helm, with the cluster's name in the configuration; none if left out. */
  readonly watch?: WatchCall;
  readonly clusterName?: string;
}

const VERSION_TIMEOUT_MS = 60_000;
const CHART_TIMEOUT_MS = 120_000;
const GRACE_MS = 60_000;

/**
 * The Helm release of one K10. What it is, is read from Helm's records in the cluster, which costs two calls and no process;
 * what an upgrade would make, and every change, goes through the Helm program.
 *
 * Nothing is `--set`, reused or merged by Helm: an upgrade sends all user values on stdin with `--reset-values`. Waiting is
 * done by polling in both versions (`--wait=legacy` in Helm 4), because Helm 4's watcher needs the right to watch every kind
 * of object in the chart.
 *
 * What reads records raises `kubernetes.unreachable`, `.busy`, `.unauthorized`, `.forbidden` or `helm.unknown`; what runs the
 * program raises `helm.binary-missing`, `helm.version-unsupported`, `kubernetes.kubeconfig-missing`, `kubernetes.unreachable`,
 * `kubernetes.unauthorized`, or `helm.forbidden`. Both that forbid name verb and resource.
 * What it returns throws KastellanError `helm.not-pending`.
 * @see https://helm.sh/docs/helm/helm_upgrade/
 */
export function createReleases(options: ReleasesOptions): Releases {
  const { release, chart, records, log } = options;
  const limited = limitedHelm(createRunHelm(options), options.limit);
  const runHelm = watchedHelm(limited, options.watch ?? unwatched, options.clusterName);
  let detected: Promise<HelmVersion> | undefined;

  function version(): Promise<HelmVersion> {
    detected ??= detectVersion().catch((problem: unknown) => {
      detected = undefined;
      throw problem;
    });
    return detected;
  }

  async function detectVersion(): Promise<HelmVersion> {
    const result = await runHelm(['version', '--template', '{{.Version}}'], {
      timeoutMs: VERSION_TIMEOUT_MS,
    });
    return parseHelmVersion(result.ended === 'good' ? result.output : result.problem);
  }

  function attempt(action: string, more: Partial<HelmAttempt> = {}): HelmAttempt {
    return { action, release, namespace: options.namespace, chart, secrets: [], ...more };
  }

  async function run(args: readonly string[], call: HelmCall, tried: HelmAttempt): Promise<string> {
    await version();
    return outputOf(await runHelm(args, call), tried);
  }

  async function newestRecord(): Promise<ReleaseRecord | undefined> {
    // A revision that is taken away between the two looks is a lock that was cleared: the one below it is the newest then.
    for (const { revision } of await records.list()) {
      const found = await recordOf(revision);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async function recordOf(revision: number): Promise<ReleaseRecord | undefined> {
    const packed = await records.read(revision);
    return packed === undefined ? undefined : unpackRecord(packed);
  }

  async function find(revision?: number): Promise<ReleaseRecord | undefined> {
    return revision === undefined ? newestRecord() : recordOf(revision);
  }

  async function installed(revision?: number): Promise<ReleaseRecord> {
    const found = await find(revision);
    if (found !== undefined) return found;
    throw helmError('Error: release: not found', attempt('look at'));
  }

  async function descriptionOf(revision: number): Promise<string | undefined> {
    return (await recordOf(revision))?.description;
  }

  // However often an upgrade failed since, Helm keeps the record of the revision that is deployed.
  async function wasEverDeployed(): Promise<boolean> {
    return (await records.list()).some(({ status }) => status === 'deployed' || status === 'superseded');
  }

  async function userValues(revision?: number): Promise<JsonObject> {
    return (await installed(revision)).values;
  }

  async function manifest(revision?: number): Promise<RenderedObject[]> {
    return parseManifest((await installed(revision)).manifest, options.namespace);
  }

  async function render(wanted: Parameters<Releases['render']>[0]): Promise<RenderedObject[]> {
    const { chartVersion, values, integers } = wanted;
    const args = [...upgradeArguments(chartVersion, integers), '--dry-run=server', '-o', 'json'];
    const call = { input: valuesToJson(values), timeoutMs: CHART_TIMEOUT_MS };
    const tried = attempt('render the upgrade of', { chartVersion, secrets: secretsIn(values) });
    return parseRendered(await run(args, call, tried), options.namespace);
  }

  // Helm reads --set last, so that these replace what stdin says.
  function upgradeArguments(chartVersion: string, integers: readonly string[] = []): string[] {
    const set = integers.flatMap((integer) => ['--set', integer]);
    return ['upgrade', release, ...chartArguments(chart, chartVersion), '--reset-values', '-f', '-', ...set];
  }

  function checkChart(chartVersion: string): Promise<void> {
    return options.checkChart(chart, chartVersion, () => findChart(chartVersion));
  }

  async function findChart(chartVersion: string): Promise<void> {
    const args = ['show', 'chart', ...chartArguments(chart, chartVersion)];
    const tried = attempt('find the chart of', { chartVersion, asked: 'repository' });
    const output = await run(args, { timeoutMs: CHART_TIMEOUT_MS }, tried);
    // Helm ignores --version where it is given a file.
    const offered = /^version:\s*["']?([^\s"']+)/m.exec(output)?.[1];
    if (offered !== chartVersion) throw chartMissing(chart, chartVersion, offered);
  }

  async function upgrade(wanted: Parameters<Releases['upgrade']>[0]): Promise<{ revision: number }> {
    const { chartVersion, values, integers, description, timeoutMs, signal } = wanted;
    const helm = await version();
    if (chart.path !== undefined) await findChart(chartVersion);
    const args = [...upgradeArguments(chartVersion, integers), '--description', description];
    const tried = attempt('upgrade', { chartVersion, secrets: secretsIn(values) });
    await endLeftOver();
    log.info({ release, chartVersion, helm: helm.text }, 'Helm upgrade begins');
    await run(
      [...args, ...waitArguments(helm, timeoutMs)],
      {
        input: valuesToJson(values),
        timeoutMs: 2 * timeoutMs + GRACE_MS,
        signal,
        changes: true,
        dropOutput: true,
      },
      tried,
    ).catch(withoutRelease);
    const { revision } = await installed();
    log.info({ release, revision }, 'Helm upgrade ended');
    return { revision };
  }

  // Helm's words do not tell a release that is missing from one that has nothing deployed.
  async function withoutRelease(problem: unknown): Promise<never> {
    if (problem instanceof KastellanError && problem.code === 'helm.nothing-deployed') await installed();
    throw problem;
  }

  async function rollback(revision: number, timeoutMs: number): Promise<{ revision: number }> {
    const helm = await version();
    await endLeftOver();
    const args = ['rollback', release, String(revision), ...waitArguments(helm, timeoutMs)];
    // No signal: a rollback that is ended leaves the release locked.
    const result = await runHelm(args, {
      timeoutMs: 2 * timeoutMs + GRACE_MS,
      changes: true,
      dropOutput: true,
    });
    if (result.ended !== 'good')
      outputOf(result, attempt('roll back', { secrets: await knownSecrets(revision) }));
    return { revision: (await installed()).revision };
  }

  // What a failed rollback says may quote values of either revision.
  async function knownSecrets(revision: number): Promise<string[]> {
    try {
      const [now, then] = await Promise.all([find(), find(revision)]);
      return [now, then].flatMap((one) => secretsIn(one?.values ?? {}));
    } catch {
      return [];
    }
  }

  async function endLeftOver(): Promise<void> {
    if (await endOrphan(options.cacheDir, release))
      log.warn({ release }, 'Ended a Helm that a killed Kastellan had left');
  }

  async function clearPending(revision: number): Promise<void> {
    await endLeftOver();
    const newest = await installed();
    if (newest.revision !== revision || !newest.status.startsWith('pending-')) {
      throw new KastellanError({
        code: 'helm.not-pending',
        message: `Revision ${revision} of ${release} is not what locks the release: revision ${newest.revision} is the newest, and it is ${newest.status}.`,
      });
    }
    log.warn(
      { release, revision, status: newest.status },
      'Removes the record of a Helm operation that was killed',
    );
    // A rollback would clear it, too, but it looks at no lock: beside an upgrade that is alive after all it would make a mess.
    await records.deletePending(revision);
  }

  function check(): Promise<Finding[]> {
    const { namespace, reviewRights } = options;
    return checkHelm({ release, namespace, chart, version, find, checkChart, manifest, reviewRights });
  }

  return {
    find,
    descriptionOf,
    wasEverDeployed,
    userValues,
    manifest,
    render,
    checkChart,
    upgrade,
    rollback,
    clearPending,
    reviewRights: options.reviewRights,
    check,
  };
}

function outputOf(result: HelmResult, tried: HelmAttempt): string {
  if (result.ended === 'good') return result.output;
  throw result.ended === 'failed'
    ? helmError(result.problem, tried)
    : helmEnded(result.ended, result.problem, tried);
}

// Only the debug lines say which object a polling Helm waits for; the part of them that shows values goes to stdout, which is
// dropped.
function waitArguments(helm: HelmVersion, timeoutMs: number): string[] {
  const wait = helm.major === 4 ? '--wait=legacy' : '--wait';
  return [wait, '--timeout', `${Math.ceil(timeoutMs / 1000)}s`, '--debug'];
}
