import { KastellanError } from '../../domain/errors.ts';
import type { Connection } from './connection.ts';
import { type Call, find } from './errors.ts';

/**
 * Deletes the Secret in which Helm keeps a revision, if that revision is pending; one that is gone is no error. The check and
 * the deletion are one step (by resource version): a revision that ends in between stays.
 * @throws KastellanError `kubernetes.record-not-pending`, `kubernetes.conflict`
 */
export function createDeletePendingRecord(
  { core }: Connection,
  namespace: string,
): (secretName: string) => Promise<void> {
  return async (name) => {
    const call = (verb: string): Call => ({ verb, resource: 'secrets', namespace, name });
    const record = await find(call('get'), () => core.readNamespacedSecret({ name, namespace }));
    if (record === undefined) return;
    const { labels, uid, resourceVersion } = record.metadata ?? {};
    if (record.type !== 'helm.sh/release.v1' || !labels?.['status']?.startsWith('pending-')) {
      throw new KastellanError({
        code: 'kubernetes.record-not-pending',
        message: `The Helm record ${name} is not pending any more; it is left as it is.`,
      });
    }
    const preconditions = {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    };
    await find<unknown>(call('delete'), () =>
      core.deleteNamespacedSecret({ name, namespace, body: { preconditions } }),
    );
  };
}
