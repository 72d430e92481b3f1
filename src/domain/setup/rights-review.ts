import { createHash } from 'node:crypto';
import { objectAt } from '../json.ts';
import type { RenderedObject } from './manifest.ts';
import type { Obstacle } from './setup.ts';

/** One right that an account does not have; on every object of the resource if no name is given. */
export interface MissingRight {
  readonly verb: string;
  /** Empty: the core group. */
  readonly group: string;
  /** With its subresource: `pods/log`. */
  readonly resource: string;
  /** Absent: in the whole cluster. */
  readonly namespace?: string;
  readonly name?: string;
}

/** What an account was found to lack. */
export interface RightsReview {
  /** The account as Kubernetes knows it: `system:serviceaccount:kastellan:kastellan`; undefined if the cluster does not tell. */
  readonly account: string | undefined;
  readonly missing: readonly MissingRight[];
  /** Objects of kinds that the cluster does not serve, so that nobody can be asked about them: `apps/v2 Deployment x`. */
  readonly unknown: readonly string[];
}

/** What an upgrade does to one object. */
export interface ObjectVerbs {
  readonly object: Omit<RenderedObject, 'body'>;
  readonly verbs: readonly string[];
}

/**
 * The verbs that an upgrade needs on each object. Helm reads every object; Helm 4 patches each, and Helm 3 those that differ
 * from the manifest or in the cluster, so both are asked for `patch`. A new object is created by `create` (Helm 3) or by an
 * apply, which needs `patch` as well (Helm 4).
 * @param before the manifest of the installed release
 * @param after what the upgrade renders
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#authorization-and-permissions
 */
export function verbsOfUpgrade(
  before: readonly RenderedObject[],
  after: readonly RenderedObject[],
): ObjectVerbs[] {
  const installed = new Set(before.map(keyOf));
  const rendered = new Set(after.map(keyOf));
  return [
    ...after.map((object) => ({
      object,
      verbs: installed.has(keyOf(object)) ? ['get', 'patch'] : ['get', 'create', 'patch'],
    })),
    ...before
      .filter((object) => !rendered.has(keyOf(object)))
      .map((object) => ({ object, verbs: isKept(object) ? ['get'] : ['get', 'delete'] })),
  ];
}

function keyOf({ apiVersion, kind, namespace = '', name }: Omit<RenderedObject, 'body'>): string {
  const [group] = apiVersion.includes('/') ? apiVersion.split('/') : [''];
  return [group, kind, namespace, name].join(' ');
}

// https://helm.sh/docs/howto/charts_tips_and_tricks/#tell-helm-not-to-uninstall-a-resource
function isKept({ body }: RenderedObject): boolean {
  return objectAt(objectAt(body, 'metadata'), 'annotations')['helm.sh/resource-policy'] === 'keep';
}

/** The same with one review for each account. */
export function mergeReviews(reviews: readonly RightsReview[]): RightsReview[] {
  return [...Map.groupBy(reviews, ({ account }) => account)].map(([account, own]) => ({
    account,
    missing: own.flatMap(({ missing }) => missing),
    unknown: [...new Set(own.flatMap(({ unknown }) => unknown))],
  }));
}

/** What keeps an upgrade from being carried out; its `details` are rules to apply. */
export function rightsObstacles(review: RightsReview): Obstacle[] {
  const { account, missing, unknown } = review;
  const kinds: Obstacle[] = unknown.map((object) => ({
    code: 'kubernetes.kind-unknown',
    message: `The cluster does not serve ${object}, which is part of the Helm release, so Helm could not upgrade it.`,
    hint: 'Look whether the API version was removed from this Kubernetes, or whether the API server behind it answers.',
  }));
  if (missing.length === 0) return kinds;
  return [
    {
      code: 'kubernetes.rights-missing',
      message: `${accountText(account)} lacks rights in Kubernetes: ${rightsText(missing)}.`,
      hint: 'Apply the rules that come with this message, in Slack in its thread, as an administrator of the cluster.',
      details: rulesToApply(review),
    },
    ...kinds,
  ];
}

function accountText(account: string | undefined): string {
  if (account === undefined) return 'The account';
  const [, namespace, name] = SERVICE_ACCOUNT.exec(account) ?? [];
  return name === undefined ? account : `The service account ${name} in the namespace ${namespace}`;
}

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;
const MAX_NAMED = 8;

/** The missing rights in one line, the same resource and place once: `get, patch ingresses.networking.k8s.io in kasten-io`. */
function rightsText(missing: readonly MissingRight[]): string {
  const parts = rulesOf(missing).map(({ namespace, apiGroup, resource, names, verbs }) => {
    const kind = apiGroup === '' ? resource : `${resource}.${apiGroup}`;
    const which = names.length === 0 ? '' : ` ${names.map((name) => `"${name}"`).join(', ')}`;
    const place = namespace === undefined ? 'the whole cluster' : `the namespace ${namespace}`;
    return `${verbs.join(', ')} ${kind}${which} in ${place}`;
  });
  const more = parts.length - MAX_NAMED;
  return more > 0 ? `${parts.slice(0, MAX_NAMED).join('; ')}; and ${more} more` : parts.join('; ');
}

interface Rule {
  readonly namespace: string | undefined;
  readonly apiGroup: string;
  readonly resource: string;
  /** Empty: any. */
  readonly names: readonly string[];
  readonly verbs: readonly string[];
}

function rulesOf(missing: readonly MissingRight[]): Rule[] {
  const byVerb = Map.groupBy(missing, ({ namespace = '', group, resource, verb, name }) =>
    JSON.stringify([namespace, group, resource, verb, name === undefined]),
  );
  const ofVerbs = [...byVerb.values()].map((same) => ({
    right: same[0],
    names: [...new Set(same.flatMap(({ name }) => name ?? []))].toSorted(),
  }));
  const byRule = Map.groupBy(ofVerbs, ({ right, names }) =>
    JSON.stringify([right?.namespace ?? '', right?.group, right?.resource, names]),
  );
  return [...byRule.values()].flatMap((same): Rule[] => {
    const [first] = same;
    if (first?.right === undefined) return [];
    const { namespace, group: apiGroup, resource } = first.right;
    const verbs = [...new Set(same.flatMap(({ right }) => right?.verb ?? []))];
    return [{ namespace, apiGroup, resource, names: first.names, verbs }];
  });
}

const RBAC = 'rbac.authorization.k8s.io';

/**
 * Objects for `kubectl apply` that give the account what it lacks: a role and a binding for each place. Without an account
 * there are only the roles.
 */
export function rulesToApply({ account, missing }: RightsReview): string {
  const rules = rulesOf(missing);
  const digest = createHash('sha256')
    .update(JSON.stringify([account, rules]))
    .digest('hex')
    .slice(0, 8);
  const metadata = { name: `kastellan-added-${digest}` };
  const objects = [...Map.groupBy(rules, ({ namespace }) => namespace)].flatMap(([namespace, own]) => {
    const prefix = namespace === undefined ? 'Cluster' : '';
    const common = {
      apiVersion: `${RBAC}/v1`,
      metadata: namespace === undefined ? metadata : { ...metadata, namespace },
    };
    const role = { ...common, kind: `${prefix}Role`, rules: own.map(policyRule) };
    if (account === undefined) return [role];
    const roleRef = { apiGroup: RBAC, kind: role.kind, name: metadata.name };
    return [role, { ...common, kind: `${prefix}RoleBinding`, roleRef, subjects: [subjectOf(account)] }];
  });
  return objects.map(objectText).join('---\n');
}

function policyRule({ apiGroup, resource, names, verbs }: Rule) {
  const resourceNames = names.length === 0 ? {} : { resourceNames: names };
  return { apiGroups: [apiGroup], resources: [resource], ...resourceNames, verbs };
}

function subjectOf(account: string) {
  const [, namespace, name] = SERVICE_ACCOUNT.exec(account) ?? [];
  if (name === undefined) return { apiGroup: RBAC, kind: 'User', name: account };
  return { kind: 'ServiceAccount', name, namespace };
}

// Every value is JSON, which YAML contains, so nothing has to be quoted by other rules.
function objectText(object: object): string {
  const lines = Object.entries(object).map(([key, value]) =>
    key === 'rules' && Array.isArray(value)
      ? `rules:\n${value.map((rule) => `  - ${JSON.stringify(rule)}\n`).join('')}`
      : `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}\n`,
  );
  return lines.join('');
}
