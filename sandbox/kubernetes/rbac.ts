import { oncePerObject } from './derived.ts';
import { listAt, stringAt, stringsAt } from './json.ts';
import type { KubeObject } from './objects.ts';
import type { ObjectStore } from './store.ts';
import type { User } from './users.ts';

/** What somebody wants to do with a resource. */
export interface ResourceAttributes {
  verb: string;
  group: string;
  resource: string;
  subresource?: string;
  /** '' for a request that spans the cluster. */
  namespace: string;
  name?: string;
}

/** What somebody wants to do with a path that is no resource, such as `/version`. */
export interface PathAttributes {
  verb: string;
  path: string;
}

/** One rule of a Role or ClusterRole. */
export interface PolicyRule {
  verbs: string[];
  apiGroups: string[];
  resources: string[];
  resourceNames: string[];
  nonResourceURLs: string[];
}

export interface Decision {
  allowed: boolean;
  /** In the words of Kubernetes' RBAC authoriser. */
  reason: string;
}

/** The group that may do everything, whatever the roles say. */
export const masters = 'system:masters';

const all = '*';

/** Answers who may do what from the roles and bindings in the store. */
export class Authorizer {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** May this user do that to this resource? */
  resource(user: User, wanted: ResourceAttributes): Decision {
    return this.#decide(user, wanted.namespace, (rule) => coversResource(rule, wanted));
  }

  /** May this user call this path? */
  path(user: User, wanted: PathAttributes): Decision {
    return this.#decide(user, '', (rule) => coversPath(rule, wanted));
  }

  /** The rules that hold for a user in a namespace, cluster-wide ones included. */
  rulesFor(user: User, namespace: string): PolicyRule[] {
    return this.#grants(user, namespace).flatMap((grant) => grant.rules);
  }

  /** The rules of the role a binding refers to, or undefined if there is no such role. */
  roleRules(roleRef: unknown, namespace: string): PolicyRule[] | undefined {
    const name = stringAt(roleRef, 'name');
    const role =
      stringAt(roleRef, 'kind') === 'ClusterRole'
        ? this.#store.get('clusterroles.rbac.authorization.k8s.io', '', name)
        : this.#store.get('roles.rbac.authorization.k8s.io', namespace, name);
    return role && rulesOfStored(role);
  }

  #decide(user: User, namespace: string, covers: (rule: PolicyRule) => boolean): Decision {
    if (user.groups.includes(masters)) return { allowed: true, reason: '' };
    const missing: string[] = [];
    for (const grant of this.#grants(user, namespace)) {
      if (grant.rules.some(covers)) return { allowed: true, reason: grant.reason };
      if (grant.missing) missing.push(grant.missing);
    }
    return { allowed: false, reason: missing.length > 0 ? `RBAC: ${missingText(missing)}` : '' };
  }

  #grants(user: User, namespace: string): Grant[] {
    const bindings = [
      ...this.#store.list('clusterrolebindings.rbac.authorization.k8s.io'),
      ...(namespace ? this.#store.list('rolebindings.rbac.authorization.k8s.io', namespace) : []),
    ];
    return bindings.flatMap((binding) => {
      const subject = listAt(binding, 'subjects').find((candidate) => isSubject(candidate, user, binding));
      return subject ? [this.#grantOf(binding, subject)] : [];
    });
  }

  #grantOf(binding: KubeObject, subject: unknown): Grant {
    const role = binding.roleRef ?? {};
    const rules = this.roleRules(role, binding.metadata.namespace ?? '');
    const [kind, name] = [stringAt(role, 'kind'), stringAt(role, 'name')];
    const where = binding.metadata.namespace ? `/${binding.metadata.namespace}` : '';
    const bindingText = where ? `"${binding.metadata.name}${where}"` : `"${binding.metadata.name}"`;
    const reason = `RBAC: allowed by ${binding.kind} ${bindingText} of ${kind} "${name}" to ${stringAt(subject, 'kind')} ${JSON.stringify(stringAt(subject, 'name'))}`;
    const resource = `${kind.toLowerCase()}.rbac.authorization.k8s.io`;
    return { rules: rules ?? [], reason, ...(rules ? {} : { missing: `${resource} "${name}" not found` }) };
  }
}

interface Grant {
  rules: PolicyRule[];
  reason: string;
  missing?: string;
}

function missingText(missing: string[]): string {
  return missing.length === 1 ? (missing[0] ?? '') : `[${missing.join(', ')}]`;
}

function isSubject(subject: unknown, user: User, binding: KubeObject): boolean {
  const name = stringAt(subject, 'name');
  const kind = stringAt(subject, 'kind');
  if (kind === 'User') return name === user.name;
  if (kind === 'Group') return user.groups.includes(name);
  const namespace = stringAt(subject, 'namespace') || (binding.metadata.namespace ?? '');
  return kind === 'ServiceAccount' && user.name === `system:serviceaccount:${namespace}:${name}`;
}

/** The rules of a Role or ClusterRole, lists filled in. */
export function rulesOf(role: KubeObject): PolicyRule[] {
  return listAt(role, 'rules').map((rule) => ({
    verbs: stringsAt(rule, 'verbs'),
    apiGroups: stringsAt(rule, 'apiGroups'),
    resources: stringsAt(rule, 'resources'),
    resourceNames: stringsAt(rule, 'resourceNames'),
    nonResourceURLs: stringsAt(rule, 'nonResourceURLs'),
  }));
}

// Every request that is authorised asks for those of all roles of its user.
const rulesOfStored = oncePerObject(rulesOf);

function has(list: readonly string[], value: string): boolean {
  return list.includes(all) || list.includes(value);
}

function coversResource(rule: PolicyRule, wanted: ResourceAttributes): boolean {
  const { subresource, name = '' } = wanted;
  const resource = subresource ? `${wanted.resource}/${subresource}` : wanted.resource;
  const named = rule.resourceNames.length === 0 || rule.resourceNames.includes(name);
  const resources =
    has(rule.resources, resource) ||
    (subresource !== undefined && rule.resources.includes(`*/${subresource}`));
  return has(rule.verbs, wanted.verb) && has(rule.apiGroups, wanted.group) && resources && named;
}

function coversPath(rule: PolicyRule, wanted: PathAttributes): boolean {
  const matches = rule.nonResourceURLs.some((pattern) =>
    pattern.endsWith(all) ? wanted.path.startsWith(pattern.slice(0, -1)) : pattern === wanted.path,
  );
  return has(rule.verbs, wanted.verb) && matches;
}

/** The parts of `wanted` that `held` does not cover, one verb, group and resource at a time. */
export function missingRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((rule) => !held.some((own) => coversRule(own, rule)));
}

function breakDown(rule: PolicyRule): PolicyRule[] {
  const base = { apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: [] };
  const paths = rule.nonResourceURLs.flatMap((url) =>
    rule.verbs.map((verb) => ({ ...base, verbs: [verb], nonResourceURLs: [url] })),
  );
  const resources = rule.apiGroups.flatMap((group) =>
    rule.resources.flatMap((resource) =>
      rule.verbs.map((verb) => ({
        ...base,
        verbs: [verb],
        apiGroups: [group],
        resources: [resource],
        resourceNames: rule.resourceNames,
      })),
    ),
  );
  return [...paths, ...resources];
}

function coversRule(held: PolicyRule, wanted: PolicyRule): boolean {
  const [verb = '', path] = [wanted.verbs[0], wanted.nonResourceURLs[0]];
  if (path !== undefined) return coversPath(held, { verb, path });
  const [resource = '', subresource] = (wanted.resources[0] ?? '').split('/');
  const names = wanted.resourceNames.length > 0 ? wanted.resourceNames : [''];
  return names.every((name) =>
    coversResource(held, {
      verb,
      group: wanted.apiGroups[0] ?? '',
      resource,
      ...(subresource ? { subresource } : {}),
      namespace: '',
      name,
    }),
  );
}
