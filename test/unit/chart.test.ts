import { describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { load } from 'js-yaml';
import { z } from 'zod';
import { helmBinary } from '../../sandbox/tools/helm.ts';
import { type LevelRoles, type RightsOf, rightsFor } from '../../src/adapters/kubernetes/rights.ts';
import { Environment } from '../../src/config/environment.ts';
import { ADMIN_AND_NS_ADMIN, Configuration } from '../../src/config/schema.ts';
import { CHART, MINIMAL, ofKind, type Rendered, render, SHAPES } from '../support/chart.ts';
import { read } from '../support/pages.ts';

/** What Node itself reads. */
const NODE_VARIABLES = ['NODE_EXTRA_CA_CERTS', 'NODE_USE_ENV_PROXY'];
/** Only there to be put into the address of Redis. */
const INTERMEDIATE = ['REDIS_PASSWORD'];

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

describe('The chart', () => {
  it.each([3, 4] as const)('passes the strict lint of Helm %i, in every shape', async (version) => {
    for (const [name, shape] of Object.entries(SHAPES)) {
      const input = JSON.stringify({ ...MINIMAL, ...shape });
      const { all, exitCode } = await execa(
        await helmBinary(version),
        ['lint', '--strict', CHART, '--values', '-'],
        { input, all: true, reject: false },
      );
      expect(exitCode === 0 ? name : `${name}: ${all}`).toBe(name);
    }
  });

  it('renders the same with both Helms', async () => {
    const audit = { existingSecret: 'audit' };
    const values = { redis: { own: { existingSecret: 'redis' } }, audit, split: true };
    expect(await render(values, 3)).toEqual(await render(values, 4));
  });

  it.each([
    ['by default', {}, 'maxmemory 179mb'],
    ['as it is told', { maxMemory: '2gb' }, 'maxmemory 2gb'],
    ['by its memory limit', { resources: { limits: { memory: '2Gi' } } }, 'maxmemory 1433mb'],
    ['without end where there is no limit', { resources: { limits: null } }, 'maxmemory 0'],
  ])('limits its own Redis, which drops nothing: %s', async (_how, own, said) => {
    const objects = JSON.stringify(await render({ redis: { own } }));
    expect(objects).toContain(`${said}\\nmaxmemory-policy noeviction`);
  });

  it('gives Kastellan just the rights that the code asks for', async () => {
    const objects = await render({});
    expect(rightsIn(objects, '')).toEqual(
      new Set([...askedFor('kastellan'), ...askedFor('helm'), ...ANCHOR_RIGHTS]),
    );
  });

  it('gives rights in kasten-io-mc just where an access level has mc-admin', async () => {
    const roles = ['mc-admin'] as const;
    const accessLevels = [{ name: 'fleet', description: 'x', group: 'x', roles }];
    const objects = await render({ config: { ...MINIMAL.config, accessLevels } });
    const levels = [{ name: 'fleet', roles }];
    expect(rightsIn(objects, '')).toEqual(
      new Set([...askedFor('kastellan', levels), ...askedFor('helm', levels), ...ANCHOR_RIGHTS]),
    );
    const there = ofKind(await render({}), 'Role').map(({ metadata }) => metadata.namespace);
    expect(there).not.toContain('kasten-io-mc');
  });

  it('gives an account for upgrades what Helm uses, keeps that from Kastellan, and lets Kastellan act as it', async () => {
    const objects = await render({ rbac: { upgradeAccount: true } });
    const impersonate = 'kastellan impersonate  serviceaccounts kastellan-upgrade';
    expect(rightsIn(objects, '')).toEqual(new Set([...askedFor('kastellan'), impersonate, ...ANCHOR_RIGHTS]));
    expect(rightsIn(objects, '-upgrade')).toEqual(askedFor('helm'));
  });

  it("limits what Helm may patch to the names of K10's own objects where they are given", async () => {
    const k10Names = { clusterRoles: ['k10-admin'], clusterRoleBindings: ['kasten-io-k10-k10-admin'] };
    const given = rightsIn(await render({ rbac: { upgradeAccount: true, k10Names } }), '-upgrade');
    const patched = [...given].filter((right) => /patch .* clusterrole/.test(right));
    expect(patched).toEqual([
      ' patch rbac.authorization.k8s.io clusterroles k10-admin',
      ' patch rbac.authorization.k8s.io clusterrolebindings kasten-io-k10-k10-admin',
    ]);
  });

  it('names the bindings of the access levels of a Kastellan that runs elsewhere', async () => {
    const objects = await render({
      accessOnly: { enabled: true, levels: ['ops'], roles: ['admin', 'ns-admin'] },
    });
    const deleted = [...rightsIn(objects, '')].filter((right) => /delete .*bindings/.test(right));
    expect(deleted).toEqual([
      ' delete rbac.authorization.k8s.io clusterrolebindings kastellan-ops-k10-admin',
      'kasten-io delete rbac.authorization.k8s.io rolebindings kastellan-ops-k10-ns-admin',
    ]);
  });

  it('lets only those roles be bound that access levels have, of each K10 in this cluster', async () => {
    const level = { description: 'x', group: 'x' };
    const config = {
      ...MINIMAL.config,
      clusters: [
        { name: 'one' },
        { name: 'two', namespace: 'backup', release: 'kasten' },
        { name: 'far', kubeconfig: '/etc/kastellan/kubeconfigs/far', namespace: 'far' },
      ],
      accessLevels: [
        { ...level, name: 'admin', roles: ['admin', 'mc-admin'] },
        { ...level, name: 'other', roles: ['ns-admin'] },
      ],
    };
    const objects = await render({ config });
    const bindable = (kind: string, name: string, namespace?: string) =>
      rulesOf(objects, kind, name, namespace).flatMap(({ verbs, resourceNames = [] }) =>
        verbs.includes('bind') ? resourceNames : [],
      );
    expect(bindable('ClusterRole', 'kastellan')).toEqual(['k10-admin', 'kasten-admin']);
    expect(bindable('Role', 'kastellan-k10-multi-cluster', 'kasten-io-mc')).toEqual([
      ...['k10-mc-admin', 'kasten-mc-admin'],
    ]);
    expect(bindable('Role', 'kastellan-k10', 'kasten-io')).toEqual(['k10-ns-admin']);
    expect(bindable('Role', 'kastellan-k10', 'backup')).toEqual(['kasten-ns-admin']);
    expect(ofKind(objects, 'Role').map(({ metadata }) => metadata.namespace)).not.toContain('far');
  });

  it.each(Object.entries(SHAPES).filter(([, shape]) => !('accessOnly' in shape)))(
    'renders a kastellan.yaml that Kastellan takes: %s',
    async (_name, shape) => {
      const [config] = ofKind(await render(shape), 'ConfigMap').filter(
        ({ metadata }) => metadata.name === 'kastellan',
      );
      const { 'kastellan.yaml': text = '' } = (config?.['data'] ?? {}) as Record<string, string>;
      expect(Configuration.safeParse(load(text)).error?.issues ?? []).toEqual([]);
    },
  );

  it('lets Kastellan reach where it sends traces to, and installs rules and dashboard as they are', async () => {
    const runbooks = 'https://example.com/kastellan/';
    const objects = await render({
      metrics: { rules: { enabled: true, runbooks }, dashboard: { enabled: true } },
      tracing: { endpoint: 'http://collector.monitoring:4318' },
    });
    const [rules] = ofKind(objects, 'PrometheusRule');
    const alerts = read('deploy/chart/files/alerts.yaml').replaceAll('docs/operations.md#', `${runbooks}$&`);
    expect(rules?.['spec']).toEqual(load(alerts));
    const dashboard = ofKind(objects, 'ConfigMap').find(({ metadata }) => /dashboard/.test(metadata.name));
    const { 'kastellan.json': text = '' } = (dashboard?.['data'] ?? {}) as Record<string, string>;
    expect(JSON.parse(text)).toEqual(JSON.parse(read('deploy/chart/files/dashboard.json')));
    const [policy] = ofKind(objects, 'NetworkPolicy').filter(({ metadata }) => metadata.name === 'kastellan');
    expect(JSON.stringify(policy?.['spec'])).toContain('"ports":[{"protocol":"TCP","port":4318}]');
    const endpoint = variablesOf(objects).find(({ name }) => name === 'OTEL_EXPORTER_OTLP_ENDPOINT');
    expect(endpoint?.value).toBe('http://collector.monitoring:4318');
  });

  it('sets only variables that Kastellan reads, and secrets only from the Secret', async () => {
    const known = Object.keys(
      (z.toJSONSchema(Environment, { io: 'input' }) as { properties: object }).properties,
    );
    const variables = (await Promise.all(Object.values(SHAPES).map((shape) => render(shape)))).flatMap(
      (objects) => variablesOf(objects),
    );
    const names = new Set(variables.map(({ name }) => name));
    const unknown = [...names].filter(
      (name) => ![...known, ...NODE_VARIABLES, ...INTERMEDIATE].includes(name),
    );
    expect(unknown).toEqual([]);
    const secret = /TOKEN$|SECRET$|PASSWORD$/;
    expect(variables.filter(({ name, value }) => secret.test(name) && value !== undefined)).toEqual([]);
    expect([...names]).toEqual(
      expect.arrayContaining([
        'SLACK_BOT_TOKEN',
        'AZURE_CLIENT_SECRET',
        'KASTELLAN_REDIS_URL',
        'HTTPS_PROXY',
        // Without it Node goes to Entra and Slack past the proxy (https://nodejs.org/api/cli.html#node_use_env_proxy1).
        'NODE_USE_ENV_PROXY',
      ]),
    );
  });

  it('makes a Deployment and a disruption budget for each role where that is wished', async () => {
    const objects = await render({ split: true });
    const names = ['kastellan-scheduler', 'kastellan-slack', 'kastellan-worker'];
    for (const kind of ['Deployment', 'PodDisruptionBudget']) {
      expect(
        ofKind(objects, kind)
          .map(({ metadata }) => metadata.name)
          .toSorted(),
      ).toEqual(names);
    }
    const roles = variablesOf(objects).filter(({ name }) => name === 'KASTELLAN_ROLES');
    expect(roles.map(({ value }) => value).toSorted()).toEqual(['scheduler', 'slack', 'worker']);
  });

  it('rolls the pods when the configuration changes, and only then', async () => {
    const mark = async (values: object) => {
      const [deployment] = ofKind(await render(values), 'Deployment');
      return JSON.stringify(deployment).match(/"checksum\/config":"(\w+)"/)?.[1];
    };
    const config = { ...MINIMAL.config, operators: ['U0123456789'] };
    expect(await mark({})).toBe(await mark({ replicas: 3 }));
    expect(await mark({})).not.toBe(await mark({ config }));
  });

  it('runs everything without root, without a writable file system, and without rights of the kernel', async () => {
    const pods = (await render({})).filter(({ kind }) => ['Deployment', 'StatefulSet'].includes(kind));
    expect(pods).toHaveLength(2);
    for (const pod of pods) {
      const text = JSON.stringify(pod);
      expect(text).toContain('"runAsNonRoot":true');
      expect(text).toContain('"readOnlyRootFilesystem":true');
      expect(text).toContain('"allowPrivilegeEscalation":false');
      expect(text).toContain('"drop":["ALL"]');
    }
  });

  it.each([
    ['an unknown value', { replicaz: 3 }, /replicaz/],
    ['no configuration', { config: {} }, /slack/],
    ['no cluster', { config: { ...MINIMAL.config, clusters: [] } }, /clusters/],
    [
      'a channel by name',
      { config: { ...MINIMAL.config, slack: { approvalsChannel: '#ops' } } },
      /approvalsChannel/,
    ],
    [
      'a setting of kastellan.yaml that does not exist',
      { config: { ...MINIMAL.config, operatorz: ['U0123456789'] } },
      /operatorz/,
    ],
    ['a digest that is none', { image: { repository: 'x', digest: 'latest' } }, /digest/],
    ['an Ingress without a host', { http: { enabled: true, ingress: { enabled: true } } }, /host/],
    [
      'external secrets without a store',
      { secrets: { external: { enabled: true, keys: { SLACK_BOT_TOKEN: 'a' } } } },
      /store|name/,
    ],
    // It would stand in the Deployment.
    ['a password for the proxy', { proxy: { url: 'http://me:pass@proxy.example.com:3128' } }, /proxy/],
    ['another way to prove itself', { entra: { proof: 'hope' } }, /proof/],
  ])('refuses %s and says where', async (_name, values, said) => {
    for (const version of [3, 4] as const) await expect(render(values, version)).rejects.toThrow(said);
  });

  const { tenantId, clientId } = MINIMAL.entra;
  const workloadIdentity = { 'azure.workload.identity/client-id': clientId };

  it.each([
    ['no tenant', { entra: { clientId } }, /set entra\.tenantId to the directory \(tenant\) ID/],
    ['an empty tenant', { entra: { tenantId: '', clientId } }, /set entra\.tenantId/],
    ['a tenant by name', { entra: { tenantId: 'contoso.onmicrosoft.com', clientId } }, /tenantId/],
    ['no client', { entra: { tenantId } }, /set entra\.clientId to the application \(client\) ID/],
    ['no client for a projected token', { entra: { tenantId, proof: 'token' } }, /entra\.proof is "token"/],
    ['no client for a client secret', { entra: { tenantId, proof: 'secret' } }, /entra\.proof is "secret"/],
    [
      'an annotated account where the webhook is not used',
      { entra: { tenantId, proof: 'token' }, serviceAccount: { annotations: workloadIdentity } },
      /set entra\.clientId/,
    ],
    ['an object ID that is cut off', { entra: { tenantId, clientId: clientId.slice(0, -1) } }, /clientId/],
  ])('stops helm install with what to set: %s', async (_name, values, said) => {
    for (const version of [3, 4] as const) await expect(render(values, version)).rejects.toThrow(said);
  });

  it.each([
    [
      'the tenant stands in kastellan.yaml',
      { config: { ...MINIMAL.config, entra: { tenantId } }, entra: { clientId } },
    ],
    [
      'the service account is annotated',
      { entra: { tenantId }, serviceAccount: { annotations: workloadIdentity } },
    ],
    [
      'the service account is made elsewhere',
      { entra: { tenantId }, serviceAccount: { create: false, name: 'own' } },
    ],
    ["the node's own identity is used", { entra: { tenantId, proof: 'managed' } }],
    ['it only gives access to a Kastellan elsewhere', { entra: {}, accessOnly: { enabled: true } }],
  ])('asks for no more IDs than it needs: %s', async (_name, values) => {
    for (const version of [3, 4] as const) expect(await render(values, version)).not.toEqual([]);
  });

  it('takes both images by their digests where these are given', async () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const images = { image: { repository: 'k', digest }, redis: { own: { image: { digest } } } };
    const named = JSON.stringify(await render(images)).matchAll(/"image":"([^"]+)"/g);
    expect(new Set([...named].map(([, image]) => image))).toEqual(
      new Set([`k@${digest}`, `redis@${digest}`]),
    );
  });

  it('has a value for everything that its schema knows, with a default that the schema takes', () => {
    const schema = JSON.parse(read('deploy/chart/values.schema.json')) as Schema;
    const values = load(read('deploy/chart/values.yaml')) as Record<string, unknown>;
    expect(missing(schema, values, '')).toEqual(['global']);
  });

  it('has the version of the product', () => {
    const chart = load(read('deploy/chart/Chart.yaml')) as { appVersion: string };
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(chart.appVersion).toBe(version);
  });
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

// kastellan.yaml has defaults of its own.
function missing({ properties = {} }: Schema, values: Record<string, unknown>, path: string): string[] {
  return Object.entries(properties).flatMap(([name, below]) => {
    const here = path === '' ? name : `${path}.${name}`;
    if (!(name in values)) return [here];
    return here === 'config' ? [] : missing(below, values[name] as Record<string, unknown>, here);
  });
}

function rulesOf(objects: readonly Rendered[], kind: string, name: string, namespace?: string): Rule[] {
  const found = ofKind(objects, kind).find(
    ({ metadata }) => metadata.name === name && (namespace === undefined || metadata.namespace === namespace),
  );
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found['rules'] as unknown as Rule[];
}

/** What the chart lets an account do, by the subject's name after `kastellan`: `NAMESPACE VERB GROUP RESOURCE NAME`. */
function rightsIn(objects: readonly Rendered[], suffix: string): Set<string> {
  const bindings = [...ofKind(objects, 'ClusterRoleBinding'), ...ofKind(objects, 'RoleBinding')];
  const own = bindings.filter((binding) => {
    const [subject] = binding['subjects'] as unknown as { name: string }[];
    return subject?.name === `kastellan${suffix}`;
  });
  return new Set(
    own.flatMap((binding) => {
      const { kind, name } = binding['roleRef'] as unknown as { kind: string; name: string };
      const { namespace = kind === 'Role' ? 'kastellan' : '' } = binding.metadata;
      const rules = rulesOf(objects, kind, name, binding.metadata.namespace);
      return rules.flatMap(({ apiGroups, resources, resourceNames = [''], verbs }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) =>
            resourceNames.flatMap((named) =>
              verbs.map((verb) => [namespace, verb, group, resource, named].join(' ')),
            ),
          ),
        ),
      );
    }),
  );
}

// What docs/permissions.md says of Kastellan's own namespace.
const ANCHOR_RIGHTS = ['get', 'patch'].map((verb) => `kastellan ${verb}  configmaps kastellan-audit`);

function askedFor(whose: RightsOf, levels: readonly LevelRoles[] = ADMIN_AND_NS_ADMIN): Set<string> {
  const address = { release: 'k10', namespace: 'kasten-io', levels };
  return new Set(
    rightsFor(address, whose).map(({ namespace = '', verb, group, resource, name = '' }) =>
      [namespace, verb, group, resource, name].join(' '),
    ),
  );
}

function variablesOf(objects: readonly Rendered[]): Variable[] {
  return ofKind(objects, 'Deployment').flatMap((deployment) => {
    const { template } = deployment['spec'] as unknown as {
      template: { spec: { containers: { env: Variable[] }[] } };
    };
    return template.spec.containers.flatMap(({ env }) => env);
  });
}
