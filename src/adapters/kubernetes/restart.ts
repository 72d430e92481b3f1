import { PatchStrategy, setHeaderOptions, type V1Deployment } from '@kubernetes/client-node';
import type { SecretReader } from '../../ports/cluster.ts';
import type { Connection } from './connection.ts';
import { describeDeployment, listReleaseDeployments, type ReleaseAddress } from './deployments.ts';
import { ask } from './errors.ts';
import { FIELD_MANAGER } from './ownership.ts';

const STRATEGIC_MERGE = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch);

const MARK = 'kastellan.dev/credential';

/**
 * Restarts the release's Deployments that mount a Secret, as `kubectl rollout restart` does: a pod reads a Secret's new
 * content only when it starts.
 * @param mark written into the pod template; the same mark again restarts nothing
 * @returns the names of those that mount it
 */
export async function restartReaders(
  connection: Connection,
  address: ReleaseAddress,
  secretName: string,
  mark: string,
): Promise<string[]> {
  const names = (await listReaders(connection, address, secretName)).map(({ name }) => name);
  const { namespace } = address;
  const body = { spec: { template: { metadata: { annotations: { [MARK]: mark } } } } };
  for (const name of names) {
    await ask({ verb: 'patch', resource: 'deployments.apps', namespace, name }, () =>
      connection.apps.patchNamespacedDeployment(
        { name, namespace, body, fieldManager: FIELD_MANAGER },
        STRATEGIC_MERGE,
      ),
    );
  }
  return names;
}

/** The release's Deployments that mount a Secret, and the mark that `restartReaders` left on each. */
export async function listReaders(
  connection: Connection,
  address: ReleaseAddress,
  secretName: string,
): Promise<SecretReader[]> {
  const { items } = await listReleaseDeployments(connection, address);
  return items
    .filter((item) => mounts(item, secretName))
    .map((item) => ({
      ...describeDeployment(item),
      mark: item.spec?.template.metadata?.annotations?.[MARK],
    }));
}

function mounts(deployment: V1Deployment, secretName: string): boolean {
  const volumes = deployment.spec?.template.spec?.volumes ?? [];
  return volumes.some(
    ({ secret, projected }) =>
      secret?.secretName === secretName ||
      (projected?.sources ?? []).some((source) => source.secret?.name === secretName),
  );
}
