import { readFile } from 'node:fs/promises';
import { KubeConfig, type KubernetesObject, KubernetesObjectApi } from '@kubernetes/client-node';
import { loadAll } from 'js-yaml';

const PAGE = new URL('../docs/permissions.md', import.meta.url);

/** The service account that the page about permissions lets Kastellan run as. */
const SERVICE_ACCOUNT = { namespace: 'kastellan', name: 'kastellan' } as const;

/** The user name by which Kubernetes knows that service account. */
export const SERVICE_ACCOUNT_USER = `system:serviceaccount:${SERVICE_ACCOUNT.namespace}:${SERVICE_ACCOUNT.name}`;

/**
 * Makes the service account and gives it just the rights that docs/permissions.md says Kastellan needs: what a reader
 * applies is what the sandbox lives by.
 * @param kubeconfig path of an administrator's kubeconfig; K10's namespace has to be there
 */
export async function applyDocumentedRights(kubeconfig: string): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const api = KubernetesObjectApi.makeApiClient(config);
  const { namespace, name } = SERVICE_ACCOUNT;
  await api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await api.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } });
  for (const object of await documentedObjects()) await api.create(object);
}

async function documentedObjects(): Promise<KubernetesObject[]> {
  const text = await readFile(PAGE, 'utf8');
  const block = /```yaml\n([\s\S]*?)```/.exec(text)?.[1];
  if (block === undefined) throw new Error('docs/permissions.md has no objects to apply');
  return loadAll(block) as KubernetesObject[];
}
