import { sameJson, stringAt } from './json.ts';
import type { ResourceKind } from './kinds.ts';
import type { KubeObject } from './objects.ts';
import { type Authorizer, masters, missingRules, type PolicyRule, rulesOf } from './rbac.ts';
import { forbidden, StatusError } from './status-error.ts';
import type { User } from './users.ts';

const group = 'rbac.authorization.k8s.io';

/**
 * Nobody can hand out more than they hold: writing a role needs all its rules or the verb `escalate`, writing a binding
 * needs all the rules of its role or the verb `bind` on it.
 * @throws StatusError 403 listing what is not held, 404 for a binding to a role that does not exist.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
 */
export function forbidEscalation(
  authorizer: Authorizer,
  user: User,
  kind: ResourceKind,
  object: KubeObject,
  previous: KubeObject | undefined,
): void {
  if (kind.group !== group || user.groups.includes(masters)) return;
  if (previous && sameRights(object, previous)) return;
  const isBinding = kind.kind.endsWith('Binding');
  const wanted = isBinding
    ? bindingRules(authorizer, user, kind, object)
    : roleRules(authorizer, user, kind, object);
  if (!wanted) return;
  const missing = missingRules(authorizer.rulesFor(user, object.metadata.namespace ?? ''), wanted);
  if (missing.length === 0) return;
  const groups = user.groups.map((name) => JSON.stringify(name)).join(' ');
  const why = `user "${user.name}" (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${missing.map(ruleText).join('\n')}`;
  throw forbidden(kind, object.metadata.name, why);
}

function sameRights(object: KubeObject, previous: KubeObject): boolean {
  return (['rules', 'roleRef', 'subjects', 'aggregationRule'] as const).every((field) =>
    sameJson(object[field] ?? null, previous[field] ?? null),
  );
}

/** The rules that must be held, or undefined if the user may bind the role as it is. */
function bindingRules(
  authorizer: Authorizer,
  user: User,
  kind: ResourceKind,
  binding: KubeObject,
): PolicyRule[] | undefined {
  const namespace = kind.namespaced ? (binding.metadata.namespace ?? '') : '';
  const name = stringAt(binding, 'roleRef', 'name');
  const resource = stringAt(binding, 'roleRef', 'kind') === 'ClusterRole' ? 'clusterroles' : 'roles';
  if (authorizer.resource(user, { verb: 'bind', group, resource, namespace, name }).allowed) return undefined;
  const rules = authorizer.roleRules(binding.roleRef, namespace);
  if (rules) return rules;
  throw new StatusError(404, 'NotFound', `${resource}.${group} "${name}" not found`, {
    name,
    group,
    kind: resource,
  });
}

function roleRules(
  authorizer: Authorizer,
  user: User,
  kind: ResourceKind,
  role: KubeObject,
): PolicyRule[] | undefined {
  const namespace = kind.namespaced ? (role.metadata.namespace ?? '') : '';
  const wanted = { verb: 'escalate', group, resource: kind.plural, namespace, name: role.metadata.name };
  return authorizer.resource(user, wanted).allowed ? undefined : rulesOf(role);
}

function ruleText(rule: PolicyRule): string {
  const list = (values: readonly string[]) => `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
  const parts = [
    rule.nonResourceURLs.length > 0 ? `NonResourceURLs:${list(rule.nonResourceURLs)}` : '',
    rule.apiGroups.length > 0 ? `APIGroups:${list(rule.apiGroups)}` : '',
    rule.resources.length > 0 ? `Resources:${list(rule.resources)}` : '',
    rule.resourceNames.length > 0 ? `ResourceNames:${list(rule.resourceNames)}` : '',
    `Verbs:${list(rule.verbs)}`,
  ];
  return `{${parts.filter(Boolean).join(', ')}}`;
}
