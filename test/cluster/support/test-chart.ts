import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';

const VALUES = `
replicas: 0
auth:
  oidcAuth: { enabled: false, clientID: "", clientSecret: "" }
  tokenAuth: { enabled: true }
extra: { kept: default, number: 3 }
`;

const SCHEMA = {
  type: 'object',
  properties: {
    replicas: { type: 'integer' },
    auth: {
      type: 'object',
      properties: {
        oidcAuth: {
          type: 'object',
          properties: { clientSecret: { type: 'string', pattern: '^[^!]*$' } },
        },
      },
    },
  },
};

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: gateway
  labels: { app: gateway }
spec:
  replicas: {{ .Values.replicas }}
  selector: { matchLabels: { app: gateway } }
  template:
    metadata:
      labels: { app: gateway }
      annotations: { checksum/secret: {{ toJson .Values | sha256sum }} }
    spec:
      containers: [{ name: gateway, image: example/gateway }]
`;

const SECRET = `
apiVersion: v1
kind: Secret
metadata: { name: k10-oidc-auth }
data:
  client-secret: {{ .Values.auth.oidcAuth.clientSecret | b64enc | quote }}
`;

const SEEN = `
apiVersion: v1
kind: ConfigMap
metadata: { name: seen-values }
data:
  values: {{ toJson .Values | b64enc | quote }}
  number: {{ .Values.extra.number | quote }}
`;

/** Packs a chart named k10 whose ConfigMap \`seen-values\` shows what its templates were given; gives the .tgz's path. */
export async function packTestChart(helm: string, folder: string, version: string): Promise<string> {
  const chart = join(folder, `source-${version}`, 'k10');
  await mkdir(join(chart, 'templates'), { recursive: true });
  const files = {
    'Chart.yaml': `apiVersion: v2\nname: k10\nversion: ${version}\n`,
    'values.yaml': VALUES,
    'values.schema.json': JSON.stringify(SCHEMA),
    'templates/deployment.yaml': DEPLOYMENT,
    'templates/secret.yaml': SECRET,
    'templates/seen.yaml': SEEN,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(chart, name), text);
  await execa(helm, ['package', chart, '--destination', folder], { env: { HOME: folder } });
  return join(folder, `k10-${version}.tgz`);
}

/** Serves the packed charts of a folder as a chart repository on 127.0.0.1. */
export async function serveCharts(folder: string): Promise<{ url: string; stop(): Promise<void> }> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  const archives = new Map<string, Buffer>();
  for (const name of names) archives.set(`/${name}`, await readFile(join(folder, name)));
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const body = path === '/index.yaml' ? indexOf(archives) : archives.get(path);
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function indexOf(archives: ReadonlyMap<string, Buffer>): string {
  const entries = [...archives].map(([path, archive]) => ({
    apiVersion: 'v2',
    name: 'k10',
    version: path.replace(/^\/k10-|\.tgz$/g, ''),
    urls: [path.slice(1)],
    digest: createHash('sha256').update(archive).digest('hex'),
  }));
  return JSON.stringify({ apiVersion: 'v1', entries: { k10: entries } });
}
