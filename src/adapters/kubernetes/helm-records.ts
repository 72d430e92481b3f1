import { setHeaderOptions, type V1ObjectMeta, type V1Secret } from '@kubernetes/client-node';
import { KastellanError } from '../../domain/errors.ts';
import type { HelmRecords, RecordedRevision } from '../../ports/helm-records.ts';
import type { Connection } from './connection.ts';
import type { ReleaseAddress } from './deployments.ts';
import { ask, type Call, find } from './errors.ts';

const TYPE = 'helm.sh/release.v1';

// A server that knows no such form sends the whole Secrets, which hold the same labels.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
const LABELS_ALONE = setHeaderOptions(
  'Accept',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json',
);

/** The records of one release. */
export function createHelmRecords({ core }: Connection, { namespace, release }: ReleaseAddress): HelmRecords {
  const nameOf = (revision: number) => `sh.helm.release.v1.${release}.v${revision}`;
  const call = (verb: string, name?: string): Call => ({
    verb,
    resource: 'secrets',
    namespace,
    ...(name !== undefined && { name }),
  });

  async function list(): Promise<RecordedRevision[]> {
    const labelSelector = `owner=helm,name=${release}`;
    const { items } = await ask(call('list'), () =>
      core.listNamespacedSecret({ namespace, labelSelector }, LABELS_ALONE),
    );
    // An API server that is asked for labels alone sends null where it has none, unlike for whole objects.
    return ((items as V1Secret[] | null) ?? [])
      .flatMap(({ metadata }) => revisionOf(metadata))
      .toSorted((one, other) => other.revision - one.revision);
  }

  async function readSecret(revision: number): Promise<V1Secret | undefined> {
    const name = nameOf(revision);
    return find(call('get', name), () => core.readNamespacedSecret({ name, namespace }));
  }

  async function read(revision: number): Promise<string | undefined> {
    return (await readSecret(revision))?.data?.['release'];
  }

  async function deletePending(revision: number): Promise<void> {
    const name = nameOf(revision);
    const record = await readSecret(revision);
    if (record === undefined) return;
    const { labels, uid, resourceVersion } = record.metadata ?? {};
    if (record.type !== TYPE || !labels?.['status']?.startsWith('pending-')) {
      throw new KastellanError({
        code: 'kubernetes.record-not-pending',
        message: `The Helm record ${name} is not pending any more; it is left as it is.`,
      });
    }
    const preconditions = {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    };
    await find<unknown>(call('delete', name), () =>
      core.deleteNamespacedSecret({ name, namespace, body: { preconditions } }),
    );
  }

  return { list, read, deletePending };
}

function revisionOf(metadata: V1ObjectMeta | undefined): RecordedRevision[] {
  const { version, status = '' } = metadata?.labels ?? {};
  const revision = Number(version);
  return Number.isSafeInteger(revision) && revision > 0 ? [{ revision, status }] : [];
}
