import { type ConcreteRight, type LevelRoles, rightsFor } from '../../../src/adapters/kubernetes/rights.ts';
import { ADMIN_AND_NS_ADMIN } from '../../../src/config/schema.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import type { Admin } from './admin.ts';

const RBAC = 'rbac.authorization.k8s.io';

/** Gives a user what Kastellan's documentation says it needs for the release k10, and nothing else. */
export async function grantRights(
  admin: Admin,
  namespace: string,
  user: string,
  levels: readonly LevelRoles[] = ADMIN_AND_NS_ADMIN,
): Promise<void> {
  const subjects = [{ apiGroup: RBAC, kind: 'User', name: user }];
  const rights = rightsFor({ release: 'k10', namespace, levels }, 'both');
  for (const [place, own] of Map.groupBy(rights, (right) => right.namespace)) {
    const prefix = place === undefined ? 'Cluster' : '';
    const metadata = { name: `${user}-${namespace}`, ...(place !== undefined && { namespace: place }) };
    const rules = own.map(ruleOf);
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

function ruleOf({ verb, group, resource, name }: ConcreteRight): JsonObject {
  const names = name === undefined ? {} : { resourceNames: [name] };
  return { verbs: [verb], apiGroups: [group], resources: [resource], ...names };
}
