import { asKastellanError } from '../../domain/errors.ts';
import type { ObjectVerbs, RightsReview } from '../../domain/setup/rights-review.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { Finding } from '../../ports/finding.ts';
import type { HelmRecords } from '../../ports/helm-records.ts';
import type { Log } from '../../ports/telemetry.ts';
import { askForSubject, checkRights } from './access.ts';
import { countActions } from './actions.ts';
import { createBindings } from './bindings.ts';
import { type ConnectionOptions, connect } from './connection.ts';
import { createCredentials } from './credentials.ts';
import { findDashboardAddresses } from './dashboards.ts';
import { describeDeployment, listReleaseDeployments } from './deployments.ts';
import { diagnoseDeployment } from './diagnose.ts';
import { ask } from './errors.ts';
import { createHelmRecords } from './helm-records.ts';
import { readObjects } from './live-objects.ts';
import { findReleaseManager } from './release-manager.ts';
import { listReaders, restartReaders } from './restart.ts';
import { reviewRights } from './review-rights.ts';
import { type ConcreteRight, fixedRightsFor, type LevelRoles, type RightsOf } from './rights.ts';
import { readRoleGrants, whoAmI } from './role-grants.ts';
import { watchReleaseDeployments } from './watch-deployments.ts';

export interface ClusterOptions extends ConnectionOptions {
  readonly namespace: string;
  readonly release: string;
  /** The access levels that can be bound: their names and roles decide which bindings and roles it needs rights on. */
  readonly levels: readonly LevelRoles[];
  /** What this account is used for. Default: for everything, so also for Helm. */
  readonly rightsOf?: RightsOf;
  readonly log: Log;
}

/** The cluster, and what the Helm adapter needs of it. */
export interface KubernetesCluster extends Cluster {
  /** The name by which the API server knows this account; undefined if it does not tell. */
  whoAmI(): Promise<string | undefined>;
  /** What Helm keeps of the release. */
  readonly helmRecords: HelmRecords;
  /** What this account lacks as the one that Helm uses; see `Releases.reviewRights`. */
  reviewUpgradeRights(objects: readonly ObjectVerbs[]): Promise<RightsReview>;
}

/**
 * One Kubernetes cluster, through its API. Everything is scoped to the namespace of one release, and what Kastellan writes
 * goes by server-side apply under its own name. Each call gives up after 20 seconds.
 *
 * Every method raises `kubernetes.unreachable` and `kubernetes.busy` (worth a later try), `kubernetes.unauthorized`, or
 * `kubernetes.forbidden`, which names the right to add.
 * @throws KastellanError `kubernetes.kubeconfig-missing`, `kubernetes.context-missing`
 */
export function createCluster(options: ClusterOptions): KubernetesCluster {
  const connection = connect(options);
  const { namespace, log } = options;

  async function ping(): Promise<void> {
    await ask({ verb: 'get', resource: '/version' }, () => connection.version.getCode());
  }

  async function check(): Promise<Finding[]> {
    const subject = 'Kubernetes API';
    try {
      const version = await ask({ verb: 'get', resource: '/version' }, () => connection.version.getCode());
      return [
        { subject, verdict: 'good', detail: version.gitVersion },
        ...(await checkRights(connection, options, options.rightsOf ?? 'both')),
      ];
    } catch (thrown) {
      const problem = asKastellanError(thrown);
      log.warn({ code: problem.code, namespace }, 'The Kubernetes API cannot be checked');
      return [{ subject, verdict: 'bad', detail: problem.message, fix: problem.hint ?? 'Look at the logs.' }];
    }
  }

  function fixedRights(whose: RightsOf): ConcreteRight[] {
    return fixedRightsFor(options, whose).filter(({ optional }) => optional !== true);
  }

  return {
    ping,
    ...createBindings(connection, namespace),
    ...createCredentials(connection, namespace),
    readRoleGrants: () => readRoleGrants(connection, options),
    whoAmI: () => whoAmI(connection),
    listDeployments: async () =>
      (await listReleaseDeployments(connection, options)).items.map(describeDeployment),
    watchDeployments: (onChange, signal) => watchReleaseDeployments(connection, options, onChange, signal),
    restartReaders: (secretName, mark) => restartReaders(connection, options, secretName, mark),
    listReaders: (secretName) => listReaders(connection, options, secretName),
    diagnose: (deployment) => diagnoseDeployment(connection, options, deployment),
    findReleaseManager: () => findReleaseManager(connection, options),
    countRunningActions: () => countActions(connection),
    readObjects: (objects) => readObjects(connection, objects),
    findDashboards: () => findDashboardAddresses(connection, options),
    groupMay: (group, checks) => askForSubject(connection, { user: undefined, groups: [group] }, checks),
    sessionMay: (session, checks) => askForSubject(connection, session, checks),
    check,
    reviewRights: () =>
      reviewRights(connection, { namespace, rights: fixedRights('kastellan'), objects: [] }),
    reviewUpgradeRights: (objects) =>
      reviewRights(connection, { namespace, rights: fixedRights('helm'), objects }),
    helmRecords: createHelmRecords(connection, options),
  };
}
