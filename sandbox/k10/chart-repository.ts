import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dump } from 'js-yaml';
import { type ChartPackage, packCharts } from './chart-packages.ts';

/** A chart repository that runs. */
export interface ChartRepository {
  /** `http://127.0.0.1:PORT` */
  url: string;
  packages: readonly ChartPackage[];
  /** From now on it refuses connections. */
  goAway(): Promise<void>;
  /** It answers again, at the same address. */
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Packs the sandbox's charts, and serves them as a Helm repository on 127.0.0.1.
 * @see https://helm.sh/docs/topics/chart_repository/
 */
export async function startChartRepository(options: {
  /** The path of a Helm executable. */
  helm: string;
  /** Serves this one instead. */
  given?: ChartPackage | undefined;
  /** 0 or absent: the operating system picks one. */
  port?: number;
}): Promise<ChartRepository> {
  const packages = options.given === undefined ? await packCharts(options.helm) : [options.given];
  const files = new Map<string, Buffer | string>([['/index.yaml', indexOf(packages)]]);
  for (const { version, archive } of packages) files.set(`/k10-${version}.tgz`, archive);
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const file = files.get(new URL(request.url ?? '/', 'http://localhost').pathname);
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  const goAway = async () => {
    if (!server.listening) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  };
  await listen(options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    packages,
    goAway,
    comeBack: async () => {
      if (!server.listening) await listen(port);
    },
    close: goAway,
  };
}

function indexOf(packages: readonly ChartPackage[]): string {
  const entries = packages.map(({ version, archive }) => ({
    apiVersion: 'v2',
    name: 'k10',
    version,
    appVersion: version,
    type: 'application',
    created: '2026-01-01T00:00:00Z',
    urls: [`k10-${version}.tgz`],
    digest: createHash('sha256').update(archive).digest('hex'),
  }));
  return dump({ apiVersion: 'v1', generated: '2026-01-01T00:00:00Z', entries: { k10: entries } });
}
