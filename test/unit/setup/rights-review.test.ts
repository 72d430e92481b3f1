import { describe, expect, it } from '@jest/globals';
import { loadAll } from 'js-yaml';
import type { JsonObject } from '../../../src/domain/json.ts';
import type { RenderedObject } from '../../../src/domain/setup/manifest.ts';
import {
  mergeReviews,
  rightsObstacles,
  rulesToApply,
  verbsOfUpgrade,
} from '../../../src/domain/setup/rights-review.ts';

const ACCOUNT = 'system:serviceaccount:kastellan:kastellan-upgrade';
const RBAC = 'rbac.authorization.k8s.io';

function object(kind: string, name: string, metadata: JsonObject = {}): RenderedObject {
  const apiVersion = kind === 'Deployment' ? 'apps/v1' : 'v1';
  return { apiVersion, kind, namespace: 'kasten-io', name, body: { metadata } };
}

describe('what an upgrade does to the objects of a release', () => {
  const verbs = (before: RenderedObject[], after: RenderedObject[]) =>
    verbsOfUpgrade(before, after).map((entry) => `${entry.object.name}: ${entry.verbs.join(' ')}`);

  it('reads and patches what stays, creates what is new, and deletes what is gone', () => {
    const before = [object('Deployment', 'stays'), object('Secret', 'goes')];
    const after = [object('Deployment', 'stays'), object('Secret', 'comes')];
    expect(verbs(before, after)).toEqual(['stays: get patch', 'comes: get create patch', 'goes: get delete']);
  });

  it('leaves what the chart says is to be kept', () => {
    const kept = object('Secret', 'kept', { annotations: { 'helm.sh/resource-policy': 'keep' } });
    expect(verbs([kept], [])).toEqual(['kept: get']);
  });

  it('takes an object that moved to another version of its group for the same', () => {
    const old = { ...object('Deployment', 'same'), apiVersion: 'apps/v1beta1' };
    expect(verbs([old], [object('Deployment', 'same')])).toEqual(['same: get patch']);
  });
});

describe('the rules for what an account lacks', () => {
  const apiServices = ['v1alpha1.apps.kio.kasten.io', 'v1alpha1.actions.kio.kasten.io'].flatMap((name) =>
    ['get', 'patch'].map((verb) => ({
      verb,
      group: 'apiregistration.k8s.io',
      resource: 'apiservices',
      name,
    })),
  );
  const inDefault = { group: RBAC, resource: 'rolebindings', namespace: 'default', name: 'kasten-default' };
  const missing = [
    ...apiServices,
    { verb: 'get', ...inDefault },
    { verb: 'patch', group: 'networking.k8s.io', resource: 'ingresses', namespace: 'kasten-io' },
  ];

  it('are a role and a binding for each place, ready to apply', () => {
    const objects = loadAll(rulesToApply({ account: ACCOUNT, missing, unknown: [] })) as JsonObject[];
    const name = objects[0]?.['metadata'] as { name: string };
    expect(objects.map(({ kind, metadata }) => [kind, metadata])).toEqual([
      ['ClusterRole', name],
      ['ClusterRoleBinding', name],
      ['Role', { ...name, namespace: 'default' }],
      ['RoleBinding', { ...name, namespace: 'default' }],
      ['Role', { ...name, namespace: 'kasten-io' }],
      ['RoleBinding', { ...name, namespace: 'kasten-io' }],
    ]);
    expect(objects[0]?.['rules']).toEqual([
      {
        apiGroups: ['apiregistration.k8s.io'],
        resources: ['apiservices'],
        resourceNames: ['v1alpha1.actions.kio.kasten.io', 'v1alpha1.apps.kio.kasten.io'],
        verbs: ['get', 'patch'],
      },
    ]);
    expect(objects[4]?.['rules']).toEqual([
      { apiGroups: ['networking.k8s.io'], resources: ['ingresses'], verbs: ['patch'] },
    ]);
    expect(objects[1]?.['subjects']).toEqual([
      { kind: 'ServiceAccount', namespace: 'kastellan', name: 'kastellan-upgrade' },
    ]);
    expect(objects[1]?.['roleRef']).toEqual({ apiGroup: RBAC, kind: 'ClusterRole', name: name.name });
  });

  it('bind a user of a kubeconfig, too, and nobody where the cluster does not tell who asks', () => {
    const some = missing.slice(0, 1);
    const [, binding] = loadAll(rulesToApply({ account: 'ada', missing: some, unknown: [] })) as JsonObject[];
    expect(binding?.['subjects']).toEqual([{ apiGroup: RBAC, kind: 'User', name: 'ada' }]);
    const unbound = loadAll(rulesToApply({ account: undefined, missing: some, unknown: [] })) as JsonObject[];
    expect(unbound.map(({ kind }) => kind)).toEqual(['ClusterRole']);
  });

  it('are named by what they hold, so that other rules do not replace them', () => {
    const nameOf = (rights: typeof missing) =>
      /name":"([^"]+)/.exec(rulesToApply({ account: ACCOUNT, missing: rights, unknown: [] }))?.[1];
    expect(nameOf(missing)).not.toBe(nameOf(missing.slice(1)));
    expect(nameOf(missing)).toBe(nameOf(missing));
  });

  it('come with one sentence that names every verb, resource, object and place', () => {
    const [obstacle, ...others] = rightsObstacles({ account: ACCOUNT, missing, unknown: [] });
    expect(others).toEqual([]);
    expect(obstacle?.message).toBe(
      `The service account kastellan-upgrade in the namespace kastellan lacks rights in Kubernetes: get, patch apiservices.apiregistration.k8s.io "v1alpha1.actions.kio.kasten.io", "v1alpha1.apps.kio.kasten.io" in the whole cluster; get rolebindings.${RBAC} "kasten-default" in the namespace default; patch ingresses.networking.k8s.io in the namespace kasten-io.`,
    );
  });

  it('are one set where one account does everything, and stand in the way of nothing where none is lacking', () => {
    const [own, helm] = [missing.slice(0, 1), missing.slice(1)];
    const reviews = [own, helm].map((part) => ({ account: ACCOUNT, missing: part, unknown: [] }));
    expect(mergeReviews(reviews)).toEqual([{ account: ACCOUNT, missing, unknown: [] }]);
    expect(rightsObstacles({ account: ACCOUNT, missing: [], unknown: [] })).toEqual([]);
  });

  it('say so of an object whose kind the cluster does not serve', () => {
    const [obstacle] = rightsObstacles({ account: ACCOUNT, missing: [], unknown: ['apps/v9 Deployment x'] });
    expect(obstacle?.message).toContain('does not serve apps/v9 Deployment x');
  });
});
