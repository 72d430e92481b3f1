import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { loadAll } from 'js-yaml';
import { helmBinary } from '../../sandbox/tools/helm.ts';
import type { JsonObject } from '../../src/domain/json.ts';

/** The folder of Kastellan's chart. */
export const CHART = fileURLToPath(new URL('../../deploy/chart', import.meta.url));

/** The least that the chart takes: a Kastellan in the cluster of its K10. */
export const MINIMAL = {
  config: {
    slack: { approvalsChannel: 'C0123456789' },
    clusters: [{ name: 'prod-eu', dashboardUrl: 'https://k10.example.com' }],
    approvals: { setup: { approvers: { userGroups: ['kasten-approvers'] } } },
  },
  entra: {
    tenantId: '11111111-2222-4333-8444-555555555555',
    clientId: '66666666-7777-4888-9999-000000000000',
  },
};

/** Ways to install it that have objects of their own. */
export const SHAPES: Readonly<Record<string, object>> = {
  'as it comes': {},
  'a Deployment per role': { split: true },
  'an account of its own for upgrades': { rbac: { upgradeAccount: true } },
  'signed HTTP behind an Ingress': {
    http: { enabled: true, ingress: { enabled: true, host: 'kastellan.example.com', className: 'nginx' } },
    networkPolicy: { httpFrom: [{ ipBlock: { cidr: '10.0.0.0/8' } }] },
  },
  'a Redis that is there, and a client secret': {
    redis: { own: { enabled: false } },
    entra: { ...MINIMAL.entra, proof: 'secret' },
  },
  'a token without the webhook, a proxy, a company CA, and other clusters': {
    entra: { ...MINIMAL.entra, proof: 'token' },
    proxy: { url: 'http://proxy.example.com:3128', except: '10.0.0.1' },
    extraCa: { configMap: 'company-ca' },
    kubeconfigs: { existingSecret: 'kubeconfigs' },
    charts: { volume: { persistentVolumeClaim: { claimName: 'charts' } } },
  },
  'access for a Kastellan that runs elsewhere': { accessOnly: { enabled: true } },
  'a dashboard, and traces': {
    metrics: { dashboard: { enabled: true } },
    tracing: { endpoint: 'http://collector.monitoring:4318' },
  },
};

/** An object of Kubernetes as a chart renders it. */
export interface Rendered extends JsonObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** What `helm template` gives for these values on top of the least, in the namespace `kastellan`. */
export async function render(values: object, helm: 3 | 4 = 4): Promise<Rendered[]> {
  const { stdout } = await execa(
    await helmBinary(helm),
    ['template', 'kastellan', CHART, '--namespace', 'kastellan', '--values', '-'],
    { input: JSON.stringify({ ...MINIMAL, ...values }) },
  );
  return loadAll(stdout).filter((object) => object !== null) as Rendered[];
}

/** The rendered objects of a kind. */
export function ofKind(objects: readonly Rendered[], kind: string): Rendered[] {
  return objects.filter((object) => object.kind === kind);
}
