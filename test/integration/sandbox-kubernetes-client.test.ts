import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ApiException,
  AppsV1Api,
  AuthorizationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  RbacAuthorizationV1Api,
  setHeaderOptions,
  type V1ConfigMap,
  Watch,
} from '@kubernetes/client-node';
import { startTestCluster, type TestCluster } from './sandbox-kubernetes-support.ts';

const namespace = 'castle';
const apply = setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply);
const configMap = (name: string, data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

async function failure(
  promise: Promise<unknown>,
): Promise<{ code: number; message: string; reason: string }> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiException)) throw new Error(`expected a refusal, got ${String(error)}`);
  // The client throws away the body of a 401.
  if (error.code === 401) return { code: 401, message: '', reason: '' };
  return JSON.parse(String(error.body)) as { code: number; message: string; reason: string };
}

describe('the Kubernetes client against the sandbox cluster', () => {
  let cluster: TestCluster;
  let core: CoreV1Api;
  let rbac: RbacAuthorizationV1Api;

  beforeAll(async () => {
    cluster = await startTestCluster(4);
    core = cluster.config().makeApiClient(CoreV1Api);
    rbac = cluster.config().makeApiClient(RbacAuthorizationV1Api);
  });
  afterAll(() => cluster.close());

  it('is told what exists already, what does not exist, and that a namespace is missing', async () => {
    const body = configMap('moat', { depth: '3' });
    await core.createNamespacedConfigMap({ namespace, body });
    expect(await failure(core.createNamespacedConfigMap({ namespace, body }))).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
      message: 'configmaps "moat" already exists',
    });
    expect(await failure(core.readNamespacedSecret({ namespace, name: 'x' }))).toMatchObject({
      code: 404,
      message: 'secrets "x" not found',
    });
    expect(await failure(core.createNamespacedConfigMap({ namespace: 'no', body }))).toMatchObject({
      code: 404,
      message: 'namespaces "no" not found',
    });
  });

  it('finds no field again that was sent as null', async () => {
    const name = 'drawbridge';
    const body = { ...configMap(name, { open: 'no' }), binaryData: null, metadata: { name, labels: null } };
    await core.createNamespacedConfigMap({ namespace, body: body as unknown as V1ConfigMap });
    const kept = cluster.sandbox.store.get('configmaps', namespace, name);
    expect(kept).not.toHaveProperty('binaryData');
    expect(kept?.metadata).not.toHaveProperty('labels');
    expect(kept?.data).toEqual({ open: 'no' });
  });

  it('cannot replace an object that has changed since it was read', async () => {
    const old = await core.createNamespacedConfigMap({ namespace, body: configMap('wall', { a: '1' }) });
    const next = { ...old, data: { a: '2' } };
    await core.replaceNamespacedConfigMap({ namespace, name: 'wall', body: next });
    expect(
      await failure(core.replaceNamespacedConfigMap({ namespace, name: 'wall', body: next })),
    ).toMatchObject({ code: 409, reason: 'Conflict' });
  });

  it('applies as several owners: conflicts are named, force takes the field, leaving out removes it', async () => {
    const as = (fieldManager: string, data: Record<string, string>, force = false) =>
      core.patchNamespacedConfigMap(
        { namespace, name: 'gate', body: configMap('gate', data), fieldManager, force },
        apply,
      );
    await as('first', { bolt: 'iron', bar: 'oak' });
    await as('second', { lamp: 'oil' });
    expect(await failure(as('second', { lamp: 'oil', bolt: 'wood' }))).toMatchObject({
      code: 409,
      message: 'Apply failed with 1 conflict: conflict with "first": .data.bolt',
      details: { causes: [{ reason: 'FieldManagerConflict', field: '.data.bolt' }] },
    });
    const forced = await as('second', { lamp: 'oil', bolt: 'wood' }, true);
    expect(forced.data).toEqual({ bolt: 'wood', bar: 'oak', lamp: 'oil' });
    const left = await as('first', {});
    expect(left.data).toEqual({ bolt: 'wood', lamp: 'oil' });
    const again = await as('first', {});
    expect(again.metadata?.resourceVersion).toBe(left.metadata?.resourceVersion);
  });

  it('removes an item of a list as a whole once its owner leaves it out', async () => {
    const apps = cluster.config().makeApiClient(AppsV1Api);
    const labels = { app: 'watch' };
    const withVariables = async (...names: string[]) => {
      const env = names.map((name) => ({ name, value: name }));
      const template = {
        metadata: { labels },
        spec: { containers: [{ name: 'guard', image: 'guard', env }] },
      };
      const body = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'watch' },
        spec: { selector: { matchLabels: labels }, template },
      };
      const applied = await apps.patchNamespacedDeployment(
        { namespace, name: 'watch', body, fieldManager: 'first' },
        apply,
      );
      return applied.spec?.template.spec?.containers[0]?.env;
    };
    await withVariables('DAY', 'NIGHT');
    expect(await withVariables('DAY')).toEqual([{ name: 'DAY', value: 'DAY' }]);
  });

  it('changes nothing in a dry run', async () => {
    const body = configMap('cloud', {});
    await core.createNamespacedConfigMap({ namespace, body, dryRun: 'All' });
    expect(await failure(core.readNamespacedConfigMap({ namespace, name: 'cloud' }))).toMatchObject({
      code: 404,
    });
  });

  it('pages through a list and selects by label', async () => {
    for (const name of ['p1', 'p2', 'p3']) {
      const body = { metadata: { name, labels: { page: 'yes' } } };
      await core.createNamespacedSecret({ namespace, body });
    }
    const labelSelector = 'page=yes';
    const first = await core.listNamespacedSecret({ namespace, labelSelector, limit: 2 });
    const token = first.metadata?._continue ?? '';
    const rest = await core.listNamespacedSecret({ namespace, labelSelector, limit: 2, _continue: token });
    const names = [...first.items, ...rest.items].map((secret) => secret.metadata?.name);
    expect(names).toEqual(['p1', 'p2', 'p3']);
    expect(rest.metadata?._continue).toBeUndefined();
  });

  it('hears of changes from a revision on', async () => {
    const { metadata } = await core.listNamespacedConfigMap({ namespace });
    const seen: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const watch = await new Watch(cluster.config()).watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { resourceVersion: metadata?.resourceVersion, fieldSelector: 'metadata.name=bell' },
      (type: string) => {
        seen.push(type);
        if (type === 'DELETED') resolve();
      },
      () => undefined,
    );
    await core.createNamespacedConfigMap({ namespace, body: configMap('bell', { rings: '1' }) });
    await core.replaceNamespacedConfigMap({
      namespace,
      name: 'bell',
      body: configMap('bell', { rings: '2' }),
    });
    await core.deleteNamespacedConfigMap({ namespace, name: 'bell' });
    await promise;
    watch.abort();
    expect(seen).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  });

  it('feeds an informer', async () => {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    const informer = makeInformer(cluster.config(), path, () =>
      core.listNamespacedServiceAccount({ namespace }),
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    informer.on('add', (account) => {
      if (account.metadata?.name === 'guard') resolve();
    });
    await informer.start();
    await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name: 'guard' } } });
    await promise;
    await informer.stop();
  });

  it('answers what a group may do, from the bindings there are', async () => {
    const body = {
      metadata: { name: 'keepers' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'Group', name: 'keepers', apiGroup: 'rbac.authorization.k8s.io' }],
    };
    await rbac.createClusterRoleBinding({ body });
    const authorization = cluster.config().makeApiClient(AuthorizationV1Api);
    const ask = async (group: string) => {
      const resourceAttributes = {
        verb: 'create',
        group: 'actions.kio.kasten.io',
        resource: 'backupactions',
      };
      const review = { spec: { user: 'x', groups: [group], resourceAttributes } };
      return (await authorization.createSubjectAccessReview({ body: review })).status?.allowed;
    };
    expect(await ask('keepers')).toBe(true);
    expect(await ask('peasants')).toBe(false);
    const self = cluster.config('lord', ['keepers']).makeApiClient(AuthorizationV1Api);
    const own = { spec: { resourceAttributes: { verb: 'delete', resource: 'secrets', namespace } } };
    expect((await self.createSelfSubjectAccessReview({ body: own })).status?.allowed).toBe(true);
    const rules = await self.createSelfSubjectRulesReview({ body: { spec: { namespace } } });
    expect(rules.status?.resourceRules).toContainEqual(
      expect.objectContaining({ verbs: ['*'], apiGroups: ['*'] }),
    );
  });

  it('never lets a binding point elsewhere, nor anyone hand out what they do not hold', async () => {
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'fixed', namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [],
    };
    await rbac.createNamespacedRoleBinding({ namespace, body: binding });
    const moved = { ...binding, roleRef: { ...binding.roleRef, name: 'edit' } };
    expect(
      await failure(rbac.replaceNamespacedRoleBinding({ namespace, name: 'fixed', body: moved })),
    ).toMatchObject({ code: 422, message: expect.stringContaining('cannot change roleRef') });
    const rules = [
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings'], verbs: ['create'] },
    ];
    await rbac.createNamespacedRole({ namespace, body: { metadata: { name: 'clerk' }, rules } });
    const clerk = { ...binding, metadata: { name: 'clerk', namespace } };
    const roleRef = { ...binding.roleRef, kind: 'Role', name: 'clerk' };
    const subjects = [{ kind: 'User', name: 'clerk', apiGroup: 'rbac.authorization.k8s.io' }];
    await rbac.createNamespacedRoleBinding({ namespace, body: { ...clerk, roleRef, subjects } });
    const asClerk = cluster.config('clerk').makeApiClient(RbacAuthorizationV1Api);
    const greedy = { ...binding, metadata: { name: 'greedy', namespace } };
    expect(await failure(asClerk.createNamespacedRoleBinding({ namespace, body: greedy }))).toMatchObject({
      code: 403,
      message: expect.stringContaining('is attempting to grant RBAC permissions not currently held'),
    });
  });

  it('refuses a stranger with 401 and a user without rights with 403 in Kubernetes words', async () => {
    const bob = cluster.config('bob').makeApiClient(CoreV1Api);
    expect(await failure(bob.readNamespacedSecret({ namespace, name: 'x' }))).toMatchObject({
      code: 403,
      message:
        'secrets "x" is forbidden: User "bob" cannot get resource "secrets" in API group "" in the namespace "castle"',
    });
    const stranger = new KubeConfig();
    stranger.loadFromString(cluster.sandbox.kubeconfig().replace(/token: .*/, 'token: wrong'));
    const request = stranger.makeApiClient(CoreV1Api).listNamespacedSecret({ namespace });
    expect(await failure(request)).toMatchObject({ code: 401 });
  });

  it('keeps custom resources once their definition is installed, and knows none before', async () => {
    const custom = cluster.config().makeApiClient(CustomObjectsApi);
    const where = { group: 'apik10.kasten.io', version: 'v1alpha1', namespace, plural: 'k10s' };
    expect(await failure(custom.listNamespacedCustomObject(where))).toMatchObject({ code: 404 });
    cluster.sandbox.installCustomResources('k10-operator');
    const body = { apiVersion: 'apik10.kasten.io/v1alpha1', kind: 'K10', metadata: { name: 'k10' } };
    await custom.createNamespacedCustomObject({ ...where, body });
    expect(await custom.listNamespacedCustomObject(where)).toMatchObject({ items: [{ kind: 'K10' }] });
  });

  it('meets the faults a test asks for, as often as asked', async () => {
    const path = `/api/v1/namespaces/${namespace}/endpoints`;
    cluster.sandbox.faults.add({ match: { path }, answer: { status: 503 }, times: 1 });
    expect(await failure(core.listNamespacedEndpoints({ namespace }))).toMatchObject({ code: 503 });
    expect((await core.listNamespacedEndpoints({ namespace })).items).toEqual([]);
  });
});
