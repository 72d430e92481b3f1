import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createCluster, type KubernetesCluster } from '../../../src/adapters/kubernetes/cluster.ts';
import { fixedRightsFor, type LevelRoles } from '../../../src/adapters/kubernetes/rights.ts';
import { ADMIN_AND_NS_ADMIN } from '../../../src/config/schema.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { Secret } from '../../../src/domain/secret.ts';
import {
  bindingName,
  credentialSecretName,
  type RoleName,
  roleName,
} from '../../../src/domain/setup/naming.ts';
import { type Admin, openAdmin } from '../support/admin.ts';
import { grantRights } from '../support/grant-rights.ts';
import { keepingLog } from '../support/quiet-log.ts';
import { reportsOf } from '../support/reports.ts';
import type { TestCluster } from '../support/test-cluster.ts';

const RBAC = 'rbac.authorization.k8s.io';
const ADMIN: RoleName = { kind: 'ClusterRole', name: 'k10-admin' };
const NS_ADMIN: RoleName = { kind: 'Role', name: 'k10-ns-admin' };
const MC_ADMIN = roleName('k10', 'mc-admin');
const GROUP = 'kasten_azure_0b1c2d3e';
const CANARY = 'canary-7e21-secret';

/** What Kastellan needs of Kubernetes, on any cluster. */
export function describeCluster(title: string, startCluster: () => Promise<TestCluster>): void {
  describe(title, () => {
    let test: TestCluster;
    let admin: Admin;
    let adminConfig: string;

    beforeAll(async () => {
      test = await startCluster();
      adminConfig = await test.kubeconfig();
      admin = openAdmin(adminConfig);
      const rules = [{ apiGroups: ['actions.kio.kasten.io'], resources: ['*'], verbs: ['*'] }];
      await admin.create({
        apiVersion: `${RBAC}/v1`,
        kind: 'ClusterRole',
        metadata: { name: 'k10-admin' },
        rules,
      });
    });

    afterAll(() => test.stop());

    function open(
      namespace: string,
      kubeconfigPath = adminConfig,
      levels: readonly LevelRoles[] = ADMIN_AND_NS_ADMIN,
    ): KubernetesCluster {
      return createCluster({
        kubeconfigPath,
        namespace,
        release: 'k10',
        levels,
        log: keepingLog(),
      });
    }

    /** A namespace with K10's Role in it. */
    async function prepare(namespace: string): Promise<KubernetesCluster> {
      await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      const rules = [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] }];
      const metadata = { name: 'k10-ns-admin', namespace };
      await admin.create({ apiVersion: `${RBAC}/v1`, kind: 'Role', metadata, rules });
      return open(namespace);
    }

    function deployment(namespace: string, name: string, changes: JsonObject = {}): JsonObject {
      const annotations = { 'meta.helm.sh/release-name': 'k10', 'meta.helm.sh/release-namespace': namespace };
      const labels = { app: name };
      return {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name, namespace, annotations, ...changes },
        spec: {
          replicas: 0,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'example/none' }] } },
        },
      };
    }

    describe('bindings', () => {
      it('know whether a role is there', async () => {
        const cluster = await prepare('roles');
        await expect(cluster.roleExists(ADMIN)).resolves.toBe(true);
        await expect(cluster.roleExists(NS_ADMIN)).resolves.toBe(true);
        await expect(cluster.roleExists({ kind: 'Role', name: 'other' })).resolves.toBe(false);
      });

      it.each([ADMIN, NS_ADMIN])(
        'to the $kind give its rights to a group, and take them back',
        async (role) => {
          const cluster = await prepare(`bind-${role.name}`);
          const name = `kastellan-admin-${role.name}`;
          await cluster.applyBinding(name, role, GROUP);
          await cluster.applyBinding(name, role, GROUP);
          await expect(cluster.listBindings(role)).resolves.toEqual([
            { name, role, groups: [GROUP], managedByKastellan: true },
          ]);
          await cluster.applyBinding(name, role, 'another');
          await expect(cluster.listBindings(role)).resolves.toMatchObject([{ groups: ['another'] }]);
          await cluster.deleteBinding(name, role);
          await cluster.deleteBinding(name, role);
          await expect(cluster.listBindings(role)).resolves.toEqual([]);
        },
      );

      it('are made anew where the same name led to another role', async () => {
        const cluster = await prepare('rebind');
        const other: RoleName = { kind: 'Role', name: 'k10-other' };
        await cluster.applyBinding('kastellan-x', other, GROUP);
        await cluster.applyBinding('kastellan-x', NS_ADMIN, GROUP);
        await expect(cluster.listBindings(other)).resolves.toEqual([]);
        await expect(cluster.listBindings(NS_ADMIN)).resolves.toMatchObject([{ name: 'kastellan-x' }]);
      });

      it('of other people are seen and never touched', async () => {
        const cluster = await prepare('foreign');
        const subjects = [
          { kind: 'Group', apiGroup: RBAC, name: GROUP },
          { kind: 'User', apiGroup: RBAC, name: 'somebody' },
        ];
        await admin.create({
          apiVersion: `${RBAC}/v1`,
          kind: 'RoleBinding',
          metadata: { name: 'by-hand', namespace: 'foreign' },
          roleRef: { apiGroup: RBAC, kind: 'Role', name: 'k10-ns-admin' },
          subjects,
        });
        await expect(cluster.listBindings(NS_ADMIN)).resolves.toEqual([
          { name: 'by-hand', role: NS_ADMIN, groups: [GROUP], managedByKastellan: false },
        ]);
        const refusal = { code: 'kubernetes.binding-not-ours', message: expect.stringContaining('by-hand') };
        await expect(cluster.applyBinding('by-hand', NS_ADMIN, 'x')).rejects.toMatchObject(refusal);
        await expect(cluster.deleteBinding('by-hand', NS_ADMIN)).rejects.toMatchObject(refusal);
        await expect(cluster.listBindings(NS_ADMIN)).resolves.toHaveLength(1);
      });

      it('to mc-admin give it in the namespace of the multi-cluster system only, with just the rights for that', async () => {
        const name = 'kastellan-fleet-k10-mc-admin';
        const fleet = { name: 'fleet', roles: ['mc-admin'] } as const;
        const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['*'] }];
        const metadata = { name: MC_ADMIN.name };
        await admin.create({ apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata, rules });
        await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'fleet' } });
        await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kasten-io-mc' } });
        await grantRights(admin, 'fleet', 'fleet-keeper', [fleet]);
        const cluster = open('fleet', await test.kubeconfig('fleet-keeper'), [fleet]);
        const findings = await cluster.check();
        expect(findings.filter(({ verdict }) => verdict !== 'good')).toEqual([]);
        await expect(cluster.namespaceExists('kasten-io-mc')).resolves.toBe(true);

        // As an earlier Kastellan left it.
        const everywhere: RoleName = { kind: MC_ADMIN.kind, name: MC_ADMIN.name };
        await open('fleet').applyBinding(name, everywhere, GROUP);
        const wide = { name, role: MC_ADMIN, groups: [GROUP], managedByKastellan: true, tooWide: true };
        await expect(cluster.listBindings(MC_ADMIN)).resolves.toEqual([wide]);
        await expect(cluster.applyBinding(name, everywhere, 'another')).rejects.toMatchObject({
          code: 'kubernetes.forbidden',
        });

        const secrets = { verb: 'get', group: '', resource: 'secrets' };
        const checks = [
          { ...secrets, namespace: 'kasten-io-mc' },
          { ...secrets, namespace: 'kube-system' },
        ];
        const becomes = async (allowed: boolean[]) => {
          while (JSON.stringify(await cluster.groupMay(GROUP, checks)) !== JSON.stringify(allowed));
        };
        await becomes([true, true]);
        await cluster.applyBinding(name, MC_ADMIN, GROUP);
        await becomes([true, false]);
        const narrow = { name, role: MC_ADMIN, groups: [GROUP], managedByKastellan: true };
        await expect(cluster.listBindings(MC_ADMIN)).resolves.toEqual([narrow]);
        const { grants } = await cluster.readRoleGrants();
        expect(grants.find(({ binding }) => binding.name === name)?.binding).toEqual({
          kind: 'RoleBinding',
          name,
          namespace: 'kasten-io-mc',
          madeBy: 'kastellan',
        });

        // One that is still there when a grant ends, or at a tear-down.
        await open('fleet').applyBinding(name, everywhere, GROUP);
        await cluster.suspendBinding(name, MC_ADMIN);
        await becomes([false, false]);
        await expect(cluster.listBindings(MC_ADMIN)).resolves.toEqual([{ ...narrow, groups: [] }]);
        await open('fleet').applyBinding(name, everywhere, GROUP);
        await cluster.deleteBinding(name, MC_ADMIN);
        await expect(cluster.listBindings(MC_ADMIN)).resolves.toEqual([]);
      });

      it('are all read with what their roles allow, and who rendered them', async () => {
        const cluster = await prepare('everybody');
        const subjects = [
          { kind: 'User', apiGroup: RBAC, name: 'ada' },
          { kind: 'ServiceAccount', name: 'robot', namespace: 'everybody' },
        ];
        const bind = (name: string, metadata: JsonObject, roleRef: JsonObject): Promise<unknown> =>
          admin.create({
            apiVersion: `${RBAC}/v1`,
            kind: 'RoleBinding',
            metadata: { name, namespace: 'everybody', ...metadata },
            roleRef: { apiGroup: RBAC, ...roleRef },
            subjects,
          });
        const annotations = {
          'meta.helm.sh/release-name': 'k10',
          'meta.helm.sh/release-namespace': 'everybody',
        };
        await bind('by-hand', {}, { ...NS_ADMIN });
        await bind('by-helm', { annotations }, { ...ADMIN });
        await bind(
          'by-other-helm',
          { annotations: { ...annotations, 'meta.helm.sh/release-name': 'x' } },
          { ...ADMIN },
        );
        await bind('as-rendered', { labels: { app: 'k10', release: 'k10' } }, { kind: 'Role', name: 'gone' });
        await cluster.applyBinding('kastellan-x', NS_ADMIN, GROUP);
        const { grants, unseen } = await cluster.readRoleGrants();
        expect(unseen).toEqual([]);
        const here = grants.filter(({ binding }) => binding.kind === 'RoleBinding');
        expect(here.map(({ binding }) => [binding.name, binding.madeBy]).toSorted()).toEqual([
          ['as-rendered', 'k10'],
          ['by-hand', 'other'],
          ['by-helm', 'k10'],
          ['by-other-helm', 'other'],
          ['kastellan-x', 'kastellan'],
        ]);
        expect(here.find(({ binding }) => binding.name === 'by-hand')).toEqual({
          binding: { kind: 'RoleBinding', name: 'by-hand', madeBy: 'other' },
          role: NS_ADMIN,
          rules: [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'], resourceNames: [] }],
          subjects: [
            { kind: 'User', name: 'ada' },
            { kind: 'ServiceAccount', name: 'robot', namespace: 'everybody' },
          ],
        });
        expect(here.find(({ role }) => role.name === 'gone')?.rules).toEqual([]);
        expect(here.find(({ role }) => role.name === ADMIN.name)?.rules).toHaveLength(1);
        expect(grants).toContainEqual(
          expect.objectContaining({
            role: { kind: 'ClusterRole', name: 'cluster-admin' },
            subjects: [{ kind: 'Group', name: 'system:masters' }],
          }),
        );
      });

      it('are read without what roles allow where those may not be listed, and it is said', async () => {
        await prepare('unlisted');
        await admin.create({
          apiVersion: `${RBAC}/v1`,
          kind: 'ClusterRole',
          metadata: { name: 'lists-bindings' },
          rules: [{ apiGroups: [RBAC], resources: ['clusterrolebindings', 'rolebindings'], verbs: ['list'] }],
        });
        await admin.create({
          apiVersion: `${RBAC}/v1`,
          kind: 'ClusterRoleBinding',
          metadata: { name: 'lists-bindings' },
          roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'lists-bindings' },
          subjects: [{ kind: 'User', apiGroup: RBAC, name: 'reader' }],
        });
        const seen = await open('unlisted', await test.kubeconfig('reader')).readRoleGrants();
        expect(seen.grants.every(({ rules }) => rules === undefined)).toBe(true);
        expect(seen.ownAccounts).toEqual(['reader']);
        expect(seen.unseen).toEqual([
          expect.stringContaining('Kastellan may not list clusterroles.rbac.authorization.k8s.io'),
          expect.stringContaining('Kastellan may not list roles.rbac.authorization.k8s.io'),
        ]);
      });

      it('answer for a group what the cluster would answer its members', async () => {
        const cluster = await prepare('may');
        await cluster.applyBinding('kastellan-may', NS_ADMIN, GROUP);
        const deployments = { group: 'apps', resource: 'deployments', namespace: 'may' };
        const checks = [
          { verb: 'get', ...deployments },
          { verb: 'delete', ...deployments },
        ];
        await expect(cluster.groupMay(GROUP, checks)).resolves.toEqual([true, false]);
        await expect(cluster.groupMay('strangers', checks)).resolves.toEqual([false, false]);
      });
    });

    describe('bindings that rest', () => {
      const backups = { group: 'actions.kio.kasten.io', resource: 'backupactions' };

      it.each([ADMIN, NS_ADMIN])(
        'stay there and let nobody in, also whoever is signed in, until they are woken ($kind)',
        async (role) => {
          const namespace = `rest-${role.name}`;
          const cluster = await prepare(namespace);
          const checks = [
            role === ADMIN
              ? { verb: 'create', ...backups }
              : { verb: 'get', group: 'apps', resource: 'deployments', namespace },
          ];
          const name = `kastellan-rest-${role.name}`;
          const group = `${GROUP}-${role.name}`;
          // The cluster decides anew at each request, by the groups that a session was opened with.
          const becomes = async (allowed: boolean) => {
            while ((await cluster.groupMay(group, checks))[0] !== allowed);
          };
          await cluster.applyBinding(name, role, group);
          await becomes(true);
          await cluster.suspendBinding(name, role);
          await becomes(false);
          const bindings = await cluster.listBindings(role);
          expect(bindings.find((binding) => binding.name === name)).toEqual({
            name,
            role,
            groups: [],
            managedByKastellan: true,
          });
          await cluster.suspendBinding(name, role);
          await cluster.applyBinding(name, role, group);
          await becomes(true);
          await cluster.deleteBinding(name, role);
          await cluster.suspendBinding(name, role);
          expect(await cluster.listBindings(role)).toContainEqual(
            expect.objectContaining({ name, groups: [] }),
          );
          await cluster.deleteBinding(name, role);
        },
      );
    });

    describe('the credential', () => {
      const credential = {
        clientId: 'client-1',
        keyId: 'key-1',
        endsAt: '2027-01-01T00:00:00Z',
        secret: new Secret(CANARY),
      };

      it('is kept under the keys K10 reads, and changed and deleted as one', async () => {
        const cluster = await prepare('credential');
        await expect(cluster.readCredential('c')).resolves.toBeUndefined();
        await expect(cluster.readClientSecret('c')).resolves.toBeUndefined();
        await cluster.writeCredential('c', credential);
        await expect(admin.read('Secret', 'c', 'credential')).resolves.toMatchObject({
          type: 'Opaque',
          data: { 'client-id': btoa('client-1'), 'client-secret': btoa(CANARY) },
          metadata: {
            annotations: { 'kastellan.dev/key-id': 'key-1', 'kastellan.dev/ends-at': '2027-01-01T00:00:00Z' },
          },
        });
        await cluster.writeCredential('c', { ...credential, keyId: 'key-2', secret: new Secret('next') });
        await expect(cluster.readCredential('c')).resolves.toEqual({
          clientId: 'client-1',
          keyId: 'key-2',
          hasSecret: true,
        });
        expect((await cluster.readClientSecret('c'))?.reveal()).toBe('next');
        await cluster.deleteCredential('c');
        await cluster.deleteCredential('c');
        await expect(cluster.readCredential('c')).resolves.toBeUndefined();
      });

      it('is laid down beside with its key ID, and put back as it was', async () => {
        const cluster = await prepare('copies');
        await expect(cluster.copyCredential('c', 'kept')).rejects.toMatchObject({
          code: 'kubernetes.secret-missing',
        });
        await cluster.writeCredential('c', credential);
        await cluster.copyCredential('c', 'kept');
        await cluster.writeCredential('c', { ...credential, keyId: 'key-2', secret: new Secret('next') });
        await cluster.copyCredential('kept', 'c');
        const { metadata, data } = (await admin.read('Secret', 'c', 'copies')) ?? {};
        expect(data).toEqual({ 'client-id': btoa('client-1'), 'client-secret': btoa(CANARY) });
        expect(metadata).toMatchObject({
          annotations: { 'kastellan.dev/key-id': 'key-1', 'kastellan.dev/ends-at': '2027-01-01T00:00:00Z' },
        });
      });

      it('that somebody edited is copied as it is, without a key ID where it has none', async () => {
        const cluster = await prepare('edited');
        await cluster.writeCredential('c', credential);
        await admin.merge({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'c', namespace: 'edited', annotations: { 'kastellan.dev/key-id': null } },
          data: { 'client-secret': btoa('by hand') },
        });
        await cluster.copyCredential('c', 'kept');
        await cluster.writeCredential('c', { ...credential, keyId: 'key-2', secret: new Secret('next') });
        await cluster.copyCredential('kept', 'c');
        await expect(cluster.readCredential('c')).resolves.toEqual({
          clientId: 'client-1',
          keyId: undefined,
          hasSecret: true,
        });
        expect((await cluster.readClientSecret('c'))?.reveal()).toBe('by hand');
      });

      it('never takes over a Secret that somebody else made', async () => {
        const cluster = await prepare('not-ours');
        const metadata = { name: 'c', namespace: 'not-ours' };
        await admin.create({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata,
          data: { 'client-secret': btoa('mine') },
        });
        const refusal = { code: 'kubernetes.secret-not-ours' };
        await expect(cluster.readCredential('c')).rejects.toMatchObject(refusal);
        await expect(cluster.writeCredential('c', credential)).rejects.toMatchObject(refusal);
        await expect(cluster.deleteCredential('c')).rejects.toMatchObject(refusal);
        await expect(admin.read('Secret', 'c', 'not-ours')).resolves.toMatchObject({
          data: { 'client-secret': btoa('mine') },
        });
      });

      it('is in no error when it cannot be written', async () => {
        await prepare('refused');
        const cluster = open('refused', await test.kubeconfig('nobody'));
        const error: unknown = await cluster.writeCredential('c', credential).catch((problem) => problem);
        expect(error).toMatchObject({ code: 'kubernetes.forbidden' });
        expect(JSON.stringify([String(error), (error as Error).cause])).not.toContain(CANARY);
      });
    });

    describe('Deployments', () => {
      it('are those of the release in its namespace', async () => {
        const cluster = await prepare('deployments');
        await admin.create(deployment('deployments', 'auth-svc'));
        await admin.create(
          deployment('deployments', 'labelled', { annotations: {}, labels: { release: 'k10' } }),
        );
        await admin.create(deployment('deployments', 'stranger', { annotations: {} }));
        const found = await cluster.listDeployments();
        expect(found.map(({ name }) => name)).toEqual(['auth-svc', 'labelled']);
      });

      it('are reported as they come, change and go, until nobody listens', async () => {
        const cluster = await prepare('watch');
        await admin.create(deployment('watch', 'auth-svc'));
        const stop = new AbortController();
        const reports = reportsOf((report) => cluster.watchDeployments(report, stop.signal));
        await reports.until((states) => states.some(({ ready }) => ready));
        await admin.create(deployment('watch', 'gateway'));
        await admin.create(deployment('watch', 'stranger', { annotations: {} }));
        const both = await reports.until(
          (states) => states.length === 2 && states.every(({ ready }) => ready),
        );
        expect(both.map(({ name, status }) => [name, status])).toEqual([
          ['auth-svc', 'ready'],
          ['gateway', 'ready'],
        ]);
        await admin.remove(deployment('watch', 'auth-svc'));
        await reports.until((states) => states.length === 1);
        stop.abort();
        await expect(reports.ended).resolves.toBeUndefined();
      });

      it('are restarted where they mount the Secret that is new, and no others', async () => {
        const cluster = await prepare('restart');
        const reading = deployment('restart', 'auth-svc');
        await admin.create(deployment('restart', 'gateway'));
        await admin.create(reading);
        const volumes = [{ name: 'credentials', secret: { secretName: 'credentials' } }];
        await admin.merge({ ...reading, spec: { template: { spec: { volumes } } } });
        const generationOf = async (name: string) =>
          textAt(await admin.read('Deployment', name, 'restart'), 'metadata', 'generation');
        const before = [await generationOf('auth-svc'), await generationOf('gateway')];
        expect(await cluster.restartReaders('credentials', 'key-1')).toEqual(['auth-svc']);
        const after = await generationOf('auth-svc');
        expect(after).not.toBe(before[0]);
        expect(await generationOf('gateway')).toBe(before[1]);
        await cluster.restartReaders('credentials', 'key-1');
        expect(await generationOf('auth-svc')).toBe(after);
      });

      it('that mount a Secret are told by name, with the mark of their last restart', async () => {
        const cluster = await prepare('readers');
        const reading = deployment('readers', 'auth-svc');
        await admin.create(deployment('readers', 'gateway'));
        await admin.create(reading);
        const volumes = [{ name: 'credentials', secret: { secretName: 'credentials' } }];
        await admin.merge({ ...reading, spec: { template: { spec: { volumes } } } });
        expect(await cluster.listReaders('credentials')).toMatchObject([
          { name: 'auth-svc', mark: undefined },
        ]);
        expect(await cluster.listReaders('another')).toEqual([]);
        await cluster.restartReaders('credentials', 'key-1');
        const stop = new AbortController();
        const reports = reportsOf((report) => cluster.watchDeployments(report, stop.signal));
        await reports.until((states) => states.length === 2 && states.every(({ ready }) => ready));
        stop.abort();
        expect(await cluster.listReaders('credentials')).toEqual([
          { name: 'auth-svc', ready: true, status: 'ready', mark: 'key-1' },
        ]);
      });

      it('cannot be watched without the right, and that is said', async () => {
        const cluster = open('watch', await test.kubeconfig('nobody'));
        const { signal } = new AbortController();
        await expect(cluster.watchDeployments(() => undefined, signal)).rejects.toMatchObject({
          code: 'kubernetes.forbidden',
          hint: 'Give Kastellan the verb "list" on deployments.apps in the namespace watch.',
        });
      });

      it('that are not there are said not to be there', async () => {
        const cluster = await prepare('diagnose');
        await expect(cluster.diagnose('gateway')).resolves.toContain('no Deployment gateway');
      });
    });

    describe('the keeper of the release', () => {
      it('is nobody on a plain cluster', async () => {
        const cluster = await prepare('plain');
        await admin.create(deployment('plain', 'gateway'));
        await expect(cluster.findReleaseManager()).resolves.toBeUndefined();
      });

      it("is K10's operator where a K10 resource is", async () => {
        const cluster = await prepare('operated');
        const metadata = { name: 'my-k10', namespace: 'operated' };
        await admin.create({ apiVersion: 'apik10.kasten.io/v1alpha1', kind: 'K10', metadata });
        await expect(cluster.findReleaseManager()).resolves.toEqual({ by: 'operator', name: 'my-k10' });
      });

      it('is Argo CD where it marked the Deployments', async () => {
        const cluster = await prepare('argo-marks');
        const id = 'kasten:apps/Deployment:argo-marks/gateway';
        const annotations = {
          'meta.helm.sh/release-name': 'k10',
          'meta.helm.sh/release-namespace': 'argo-marks',
          'argocd.argoproj.io/tracking-id': id,
        };
        await admin.create(deployment('argo-marks', 'gateway', { annotations }));
        await expect(cluster.findReleaseManager()).resolves.toEqual({ by: 'argo-cd', name: 'kasten' });
      });

      it('is Argo CD where an Application leads here', async () => {
        const cluster = await prepare('argo-app');
        const source = { chart: 'k10', helm: { releaseName: 'k10' } };
        await admin.create({
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'Application',
          metadata: { name: 'backup', namespace: 'default' },
          spec: { destination: { namespace: 'argo-app' }, source },
        });
        await expect(cluster.findReleaseManager()).resolves.toEqual({
          by: 'argo-cd',
          name: 'default/backup',
        });
      });

      it('is Flux where it marked the Deployments, or a HelmRelease leads here', async () => {
        const marked = await prepare('flux-marks');
        const labels = {
          'app.kubernetes.io/instance': 'k10',
          'helm.toolkit.fluxcd.io/name': 'k10',
          'helm.toolkit.fluxcd.io/namespace': 'flux-system',
        };
        await admin.create(deployment('flux-marks', 'gateway', { annotations: {}, labels }));
        await expect(marked.findReleaseManager()).resolves.toEqual({ by: 'flux', name: 'flux-system/k10' });
        const led = await prepare('flux-release');
        await admin.create({
          apiVersion: 'helm.toolkit.fluxcd.io/v2',
          kind: 'HelmRelease',
          metadata: { name: 'kasten', namespace: 'default' },
          spec: { targetNamespace: 'flux-release', releaseName: 'k10' },
        });
        await expect(led.findReleaseManager()).resolves.toEqual({ by: 'flux', name: 'default/kasten' });
      });
    });

    it("counts K10's actions that wait or run", async () => {
      const cluster = await prepare('actions');
      const group = 'actions.kio.kasten.io';
      for (const [name, state] of [
        ['one', 'Running'],
        ['two', 'Pending'],
        ['three', 'Complete'],
      ] as const) {
        const metadata = { name, namespace: 'actions' };
        await admin.create({ apiVersion: `${group}/v1alpha1`, kind: 'BackupAction', metadata });
        await admin.setState({ group, plural: 'backupactions', namespace: 'actions', name }, state);
      }
      await expect(cluster.countRunningActions()).resolves.toBe(2);
    });

    it('finds the addresses at which the gateway is served', async () => {
      const cluster = await prepare('dashboards');
      const rule = (host: string, name: string, path = '/') => ({
        host,
        http: {
          paths: [{ path, pathType: 'Prefix', backend: { service: { name, port: { number: 80 } } } }],
        },
      });
      await admin.create({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name: 'k10', namespace: 'dashboards' },
        spec: {
          rules: [
            rule('k10.example.com', 'gateway'),
            rule('*.example.com', 'gateway'),
            rule('other.example.com', 'other'),
            rule('own.example.com', 'gateway', '/k10/'),
            rule('path.example.com', 'gateway', '/backup'),
          ],
        },
      });
      await admin.create({
        apiVersion: 'route.openshift.io/v1',
        kind: 'Route',
        metadata: { name: 'k10', namespace: 'dashboards' },
        spec: { host: 'k10.apps.example.com', to: { kind: 'Service', name: 'gateway' } },
      });
      await expect(cluster.findDashboards()).resolves.toEqual([
        'https://k10.example.com',
        'https://own.example.com',
        'https://path.example.com/backup',
        'https://k10.apps.example.com',
      ]);
    });

    describe('somebody without rights', () => {
      it('reads which right is missing, and where', async () => {
        const cluster = open('default', await test.kubeconfig('nobody'));
        await expect(cluster.listBindings(ADMIN)).rejects.toMatchObject({
          code: 'kubernetes.forbidden',
          message: `Kastellan lacks the right to list clusterrolebindings.${RBAC} in the whole cluster.`,
          retry: { when: 'never' },
        });
        await expect(cluster.countRunningActions()).rejects.toMatchObject({ code: 'kubernetes.forbidden' });
      });

      it('finds each right by itself in the check, with what to do', async () => {
        const good = await open('default').check();
        const asked = { release: 'k10', namespace: 'default', levels: ADMIN_AND_NS_ADMIN };
        expect(good).toHaveLength(fixedRightsFor(asked, 'both').length + 1);
        expect(good.every(({ verdict }) => verdict === 'good')).toBe(true);
        const bad = await open('default', await test.kubeconfig('nobody')).check();
        expect(bad).toContainEqual({
          subject:
            'Kubernetes right to bind roles.rbac.authorization.k8s.io "k10-ns-admin" in the namespace default',
          verdict: 'bad',
          detail: 'to bind a role without holding all its rights',
          fix: 'Give Kastellan the right to bind roles.rbac.authorization.k8s.io "k10-ns-admin" in the namespace default.',
        });
      });

      it('but those in the table of rights can do everything Kastellan does', async () => {
        await prepare('rights');
        await grantRights(admin, 'rights', 'kastellan');
        const cluster = open('rights', await test.kubeconfig('kastellan'));
        const findings = await cluster.check();
        expect(findings.filter(({ verdict }) => verdict !== 'good')).toEqual([]);
        for (const role of [ADMIN, NS_ADMIN]) {
          await expect(cluster.roleExists(role)).resolves.toBe(true);
          await cluster.applyBinding(bindingName('admin', role), role, GROUP);
          await cluster.deleteBinding(bindingName('admin', role), role);
        }
        const secret = new Secret(CANARY);
        await cluster.writeCredential(credentialSecretName('k10'), {
          clientId: 'c',
          keyId: 'k',
          endsAt: '2027-01-01T00:00:00Z',
          secret,
        });
        await cluster.deleteCredential(credentialSecretName('k10'));
        await admin.create(deployment('rights', 'gateway'));
        const stop = new AbortController();
        const reports = reportsOf((report) => cluster.watchDeployments(report, stop.signal));
        await reports.until((states) => states.length === 1);
        stop.abort();
        await expect(cluster.diagnose('gateway')).resolves.toContain('gateway');
        await expect(cluster.findReleaseManager()).resolves.toBeUndefined();
        await expect(cluster.countRunningActions()).resolves.toBeGreaterThanOrEqual(0);
        await expect(cluster.groupMay(GROUP, [])).resolves.toEqual([]);
      });

      it('learns which objects of a release it may not upgrade, also where rights are limited to names', async () => {
        await prepare('reviewed');
        const rules = [
          { apiGroups: [''], resources: ['services'], verbs: ['get', 'patch'] },
          { apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['auth-svc'], verbs: ['get'] },
        ];
        const metadata = { name: 'reviewed', namespace: 'reviewed' };
        await admin.create({ apiVersion: `${RBAC}/v1`, kind: 'Role', metadata, rules });
        await admin.create({
          apiVersion: `${RBAC}/v1`,
          kind: 'RoleBinding',
          metadata,
          roleRef: { apiGroup: RBAC, kind: 'Role', name: 'reviewed' },
          subjects: [{ apiGroup: RBAC, kind: 'User', name: 'reviewer' }],
        });
        const touch = (
          apiVersion: string,
          kind: string,
          name: string,
          verbs: string[],
          namespace?: string,
        ) => ({
          object: { apiVersion, kind, name, ...(namespace !== undefined && { namespace }) },
          verbs,
        });
        const review = await open('reviewed', await test.kubeconfig('reviewer')).reviewUpgradeRights([
          touch('v1', 'Service', 'gateway', ['get', 'patch'], 'reviewed'),
          touch('apps/v1', 'Deployment', 'auth-svc', ['get', 'patch'], 'reviewed'),
          touch('apps/v1', 'Deployment', 'jobs-svc', ['get', 'patch'], 'reviewed'),
          touch('v1', 'ConfigMap', 'new', ['get', 'create', 'patch'], 'reviewed'),
          touch(`${RBAC}/v1`, 'Role', 'kasten-default', ['get'], 'default'),
          touch('apiregistration.k8s.io/v1', 'APIService', 'v1alpha1.apps.kio.kasten.io', ['patch']),
          touch('kio.example/v9', 'Nothing', 'x', ['get'], 'reviewed'),
        ]);
        expect(review.account).toBe('reviewer');
        expect(review.unknown).toEqual(['kio.example/v9 Nothing x']);
        const deployments = { group: 'apps', resource: 'deployments', namespace: 'reviewed' };
        const ofObjects = review.missing.filter(
          ({ resource }) => !['secrets', 'replicasets'].includes(resource),
        );
        expect(ofObjects).toEqual(
          expect.arrayContaining([
            { verb: 'get', ...deployments, name: 'jobs-svc' },
            { verb: 'patch', ...deployments },
            { verb: 'create', group: '', resource: 'configmaps', namespace: 'reviewed' },
            { verb: 'get', group: RBAC, resource: 'roles', namespace: 'default', name: 'kasten-default' },
            {
              verb: 'patch',
              group: 'apiregistration.k8s.io',
              resource: 'apiservices',
              name: 'v1alpha1.apps.kio.kasten.io',
            },
          ]),
        );
        expect(ofObjects.filter(({ resource }) => resource === 'services')).toEqual([]);
        expect(ofObjects).not.toContainEqual({ verb: 'get', ...deployments, name: 'auth-svc' });
      });

      it('cannot grant what they do not hold, and is told about "bind"', async () => {
        await prepare('escalation');
        await admin.create({
          apiVersion: `${RBAC}/v1`,
          kind: 'ClusterRole',
          metadata: { name: 'binder' },
          rules: [{ apiGroups: [RBAC], resources: ['rolebindings'], verbs: ['*'] }],
        });
        await admin.create({
          apiVersion: `${RBAC}/v1`,
          kind: 'ClusterRoleBinding',
          metadata: { name: 'binder' },
          roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'binder' },
          subjects: [{ apiGroup: RBAC, kind: 'User', name: 'binder' }],
        });
        const cluster = open('escalation', await test.kubeconfig('binder'));
        await expect(cluster.applyBinding('kastellan-x', NS_ADMIN, GROUP)).rejects.toMatchObject({
          code: 'kubernetes.forbidden',
          hint: expect.stringContaining('"bind"'),
        });
      });
    });

    it('tells a cluster that is gone from one that knows no such token', async () => {
      await expect(open('default').ping()).resolves.toBeUndefined();
      const unknown = open('default', await test.brokenKubeconfig());
      await expect(unknown.ping()).rejects.toMatchObject({ code: 'kubernetes.unauthorized' });
      const gone = await startCluster();
      const cluster = open('default', await gone.kubeconfig());
      await gone.stop();
      await expect(cluster.ping()).rejects.toMatchObject({
        code: 'kubernetes.unreachable',
        message: expect.stringContaining('ECONNREFUSED'),
        retry: { when: 'later' },
      });
    });

    it('says what is wrong with its own settings', () => {
      const options = { namespace: 'default', release: 'k10', levels: ADMIN_AND_NS_ADMIN, log: keepingLog() };
      const missing = () => createCluster({ ...options, kubeconfigPath: '/nope/kubeconfig' });
      expect(missing).toThrow(expect.objectContaining({ code: 'kubernetes.kubeconfig-missing' }));
      const wrong = () => createCluster({ ...options, kubeconfigPath: adminConfig, context: 'nope' });
      expect(wrong).toThrow(expect.objectContaining({ code: 'kubernetes.context-missing' }));
    });
  });
}

function textAt(object: JsonObject | undefined, ...path: string[]): string {
  return String(path.reduce<unknown>((value, key) => (value as JsonObject)[key], object ?? {}));
}
