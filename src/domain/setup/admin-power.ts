import { roleName } from './naming.ts';
import type { K10Place, RbacRule, RoleGrant } from './role-grants.ts';

/**
 * Why a role amounts to administering K10. `everything`: all rights; `k10`: one of K10's roles for administrators, or the
 * right to change K10's configuration; `namespace`: reads and changes the Secrets of K10's namespace, as K10's own role for
 * that namespace does; `hand-out`: may bind or rewrite such a role; `impersonate`: may act as somebody else; `tokens`: may
 * make tokens of K10's service accounts.
 */
export type AdminPower = 'everything' | 'k10' | 'namespace' | 'hand-out' | 'impersonate' | 'tokens';

/** The roles of K10 for administrators. */
const ADMIN_ROLES = ['admin', 'ns-admin', 'mc-admin'] as const;
const RBAC = 'rbac.authorization.k8s.io';
const ANY = '*';

/**
 * Why holding this role in this place amounts to administering K10; undefined if it does not. Judged by what the role's
 * rules allow; only a role whose rules could not be read is judged by its name.
 * @see https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks
 */
export function adminPower(grant: RoleGrant, place: K10Place): AdminPower | undefined {
  const rules = grant.rules ?? (grant.role.name === 'cluster-admin' ? [EVERYTHING] : []);
  const may = (verbs: readonly string[], group: string, resource: string, names: readonly string[] = []) =>
    rules.some((rule) => verbs.some((verb) => covers(rule, verb, group, resource, names)));
  const everywhere = grant.binding.kind === 'ClusterRoleBinding';
  const secrets = ['get', 'list', 'watch'].some((verb) => may([verb], '', 'secrets'));

  if (rules.some(isEverything)) return 'everything';
  if (isAdminRole(grant, place)) return 'k10';
  if (may(['create', 'update', 'patch'], 'config.kio.kasten.io', 'profiles')) return 'k10';
  if (mayHandOut(rules, place)) return 'hand-out';
  const impersonated = everywhere ? ['users', 'groups', 'serviceaccounts'] : ['serviceaccounts'];
  if (impersonated.some((what) => rules.some((rule) => matches(rule, 'impersonate', '', what))))
    return 'impersonate';
  if (rules.some((rule) => matches(rule, 'create', '', 'serviceaccounts/token'))) return 'tokens';
  return secrets && may(['create', 'update', 'patch'], '', 'secrets') ? 'namespace' : undefined;
}

const EVERYTHING: RbacRule = { apiGroups: [ANY], resources: [ANY], verbs: [ANY], resourceNames: [] };

function isEverything({ apiGroups, resources, verbs, resourceNames }: RbacRule): boolean {
  return [apiGroups, resources, verbs].every((all) => all.includes(ANY)) && resourceNames.length === 0;
}

/** Whether a binding refers to one of K10's roles for administrators. */
export function isAdminRole({ role }: Pick<RoleGrant, 'role'>, { release }: K10Place): boolean {
  return ADMIN_ROLES.map((one) => roleName(release, one)).some(
    ({ kind, name }) => kind === role.kind && name === role.name,
  );
}

// Binding needs the verb `bind` on the role, rewriting it the verb `escalate`:
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
function mayHandOut(rules: readonly RbacRule[], { release }: K10Place): boolean {
  const cluster = ['cluster-admin', ...namesOf(release, 'ClusterRole')];
  return ['bind', 'escalate'].some((verb) =>
    rules.some(
      (rule) =>
        covers(rule, verb, RBAC, 'clusterroles', cluster) ||
        covers(rule, verb, RBAC, 'roles', namesOf(release, 'Role')),
    ),
  );
}

function namesOf(release: string, kind: 'ClusterRole' | 'Role'): string[] {
  return ADMIN_ROLES.map((one) => roleName(release, one))
    .filter((role) => role.kind === kind)
    .map(({ name }) => name);
}

/** @param names a rule that is limited to some names counts if one of these is among them */
function covers(
  rule: RbacRule,
  verb: string,
  group: string,
  resource: string,
  names: readonly string[],
): boolean {
  const unlimited = rule.resourceNames.length === 0;
  return (
    matches(rule, verb, group, resource) &&
    (unlimited || names.some((one) => rule.resourceNames.includes(one)))
  );
}

function matches(
  { apiGroups, resources, verbs }: RbacRule,
  verb: string,
  group: string,
  resource: string,
): boolean {
  const [, subresource] = resource.split('/');
  const wanted = [ANY, resource, ...(subresource === undefined ? [] : [`${ANY}/${subresource}`])];
  return (
    includesAny(verbs, [ANY, verb]) && includesAny(apiGroups, [ANY, group]) && includesAny(resources, wanted)
  );
}

function includesAny(some: readonly string[], wanted: readonly string[]): boolean {
  return wanted.some((one) => some.includes(one));
}
