import { RIGHTS, type Right } from '../../../src/adapters/kubernetes/rights.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import type { Admin } from './admin.ts';

const RBAC = 'rbac.authorization.k8s.io';

/** Gives a user what Kastellan's documentation says it needs, and nothing else. */
export async function grantRights(admin: Admin, namespace: string, user: string): Promise<void> {
  const subjects = [{ apiGroup: RBAC, kind: 'User', name: user }];
  for (const scope of ['cluster', 'namespace'] as const) {
    const prefix = scope === 'cluster' ? 'Cluster' : '';
    const metadata = { name: `${user}-${namespace}`, ...(scope === 'namespace' ? { namespace } : {}) };
    const rules = RIGHTS.filter((right) => right.scope === scope).map(ruleOf);
    const roleRef = { apiGroup: RBAC, kind: `${prefix}Role`, name: metadata.name };
    await admin.create({ apiVersion: `${RBAC}/v1`, kind: `${prefix}Role`, metadata, rules });
    await admin.create({
      apiVersion: `${RBAC}/v1`,
      kind: `${prefix}RoleBinding`,
      metadata,
      roleRef,
      subjects,
    });
  }
}

function ruleOf({ verb, group, resource, name }: Right): JsonObject {
  const names = name === undefined ? {} : { resourceNames: [name.replace('<release>', 'k10')] };
  return { verbs: [verb], apiGroups: [group], resources: [resource], ...names };
}
