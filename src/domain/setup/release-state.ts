import type { Obstacle } from './setup.ts';

/** What Helm says of the newest revision of a release. */
export interface ReleaseState {
  readonly release: string;
  readonly namespace: string;
  readonly revision: number;
  /** Helm's word: `deployed`, `failed`, `pending-upgrade`, ... */
  readonly status: string;
  /** Whether any revision in Helm's history was ever deployed. */
  readonly everDeployed: boolean;
}

/**
 * Why `helm upgrade` has nothing to upgrade: the install or the uninstall of the release did not come to its end. Undefined
 * where there is a deployed revision.
 * @see https://helm.sh/docs/helm/helm_status/
 */
export function unfinishedRelease(state: ReleaseState): Obstacle | undefined {
  const { release, namespace, status } = state;
  const where = `The Helm release ${release} in ${namespace}`;
  const uninstall = `helm uninstall ${release} -n ${namespace}`;
  const obstacle = (message: string, hint: string): Obstacle => ({
    code: 'setup.release-unfinished',
    message: `${where} ${message}`,
    hint,
  });
  if (status === 'pending-install') {
    return obstacle(
      'is being installed for the first time, or its install was killed (pending-install).',
      `Wait for the install. If it was killed: ${uninstall}, then install K10 again.`,
    );
  }
  if (status === 'uninstalling') {
    return obstacle(
      'is being uninstalled, or its uninstall was killed (uninstalling).',
      `Wait for the uninstall. If it was killed: ${uninstall}, then install K10 again.`,
    );
  }
  if (status === 'uninstalled') {
    return obstacle(
      'was uninstalled, and only its history was kept.',
      `Install K10 again first, for example with: helm history ${release} -n ${namespace}, and helm rollback to its last good revision.`,
    );
  }
  if (!state.everDeployed) {
    return obstacle(
      `has no deployed revision: its install failed (revision ${state.revision}, ${status}).`,
      `See why with: helm history ${release} -n ${namespace}. Finish the install with your own values, or run ${uninstall} and install K10 again.`,
    );
  }
  return undefined;
}

/** How to clear a lock that a killed Helm left; it never names a revision that cannot be. */
export function unlockHint({
  release,
  namespace,
  revision,
  status,
}: Omit<ReleaseState, 'everDeployed'>): string {
  if (status === 'pending-install' || revision <= 1) {
    return `If its install was killed: helm uninstall ${release} -n ${namespace}, then install K10 again.`;
  }
  return `If nobody is at work there: helm rollback ${release} ${revision - 1} -n ${namespace}`;
}
