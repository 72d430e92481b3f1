import { PatchStrategy, setHeaderOptions, type V1ObjectMeta } from '@kubernetes/client-node';

/** The name under which the API server notes which fields Kastellan set. */
export const FIELD_MANAGER = 'kastellan';

const MANAGED_BY = 'app.kubernetes.io/managed-by';

/** Labels of everything Kastellan makes. */
export const OWN_LABELS = { [MANAGED_BY]: 'kastellan' };

/** Whether Kastellan made this object. */
export function isOurs(object: { readonly metadata?: V1ObjectMeta }): boolean {
  return object.metadata?.labels?.[MANAGED_BY] === 'kastellan';
}

/**
 * The option that makes a PATCH a server-side apply.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export const SERVER_SIDE_APPLY = setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply);
