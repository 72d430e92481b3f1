import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const source = fileURLToPath(new URL('chart', import.meta.url));

/**
 * The versions of the chart: one from before `clientSecretName`, the usual one, and a newer one that has a service account
 * for each Deployment and objects in the namespace `default`.
 */
export const chartVersions = { old: '4.5.9', usual: '7.5.10', newer: '9.0.2' } as const;

/** A packed chart. */
export interface ChartPackage {
  version: string;
  /** The bytes of the .tgz. */
  archive: Buffer;
  /** Whether it takes the client secret by reference to a Secret, and not only inside its values. */
  takesReference: boolean;
}

/** Packs every version of the chart with `helm package`. */
export async function packCharts(helm: string): Promise<ChartPackage[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-charts-'));
  try {
    return await Promise.all(
      Object.values(chartVersions).map((version) => packChart({ helm, folder, version })),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function packChart(job: { helm: string; folder: string; version: string }): Promise<ChartPackage> {
  const { helm, folder, version } = job;
  const chart = join(folder, version, 'k10');
  await cp(source, chart, { recursive: true });
  if (version !== chartVersions.newer) await removeValues(chart, SINCE_8);
  if (version === chartVersions.old) await makeOld(chart);
  const options = ['--version', version, '--app-version', version, '--destination', folder];
  // Helm looks for its own folders in the environment; this run shall leave nothing in anybody's home.
  const env = { HOME: folder, PATH: '/usr/bin:/bin' };
  await execa(helm, ['package', chart, ...options], { env, extendEnv: false });
  const archive = await readFile(join(folder, `k10-${version}.tgz`));
  return { version, archive, takesReference: version !== chartVersions.old };
}

const SINCE_8 = /^ {2}secureCookies:|Cookies over https only/;
const SINCE_6 =
  /^ {4}(clientSecretName|sessionDuration|refreshTokenSupport):|keys client-id and client-secret/;

/** Takes away what came later: the reference to a Secret, the length of a session, and the schema of the values. */
async function makeOld(chart: string): Promise<void> {
  await removeValues(chart, SINCE_6);
  await rm(join(chart, 'values.schema.json'));
}

async function removeValues(chart: string, lines: RegExp): Promise<void> {
  const values = join(chart, 'values.yaml');
  const kept = (await readFile(values, 'utf8')).split('\n').filter((line) => !lines.test(line));
  await writeFile(values, kept.join('\n'));
}
