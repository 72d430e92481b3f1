import { KastellanError } from '../../domain/errors.ts';

/** Where the chart comes from: a repository (`https://` or `oci://`), or a packed chart on disk for air-gapped places. */
export interface ChartSource {
  readonly repository?: string;
  readonly name: string;
  /** A `.tgz`; it wins over the repository. */
  readonly path?: string;
}

/**
 * The arguments that name a chart at exactly one version.
 * @throws KastellanError `helm.chart-source` when there is neither a repository nor a file
 */
export function chartArguments(chart: ChartSource, version: string): string[] {
  if (chart.path !== undefined) return [chart.path];
  const repository = chart.repository?.replace(/\/+$/, '');
  if (repository === undefined) {
    throw new KastellanError({
      code: 'helm.chart-source',
      message: `Kastellan does not know where the chart ${chart.name} comes from.`,
      hint: 'Set the chart repository, for K10 https://charts.kasten.io, or the path of a packed chart.',
    });
  }
  if (!repository.startsWith('oci://')) return [chart.name, '--repo', repository, '--version', version];
  const reference = repository.endsWith(`/${chart.name}`) ? repository : `${repository}/${chart.name}`;
  return [reference, '--version', version];
}

/** How a chart's source is called in a sentence. */
export function describeSource(chart: ChartSource): string {
  return chart.path ?? chart.repository ?? 'no repository';
}

/** The error for a version that the source does not have. */
export function chartMissing(chart: ChartSource, version: string, offered?: string): KastellanError {
  const what = `${chart.name} ${version}`;
  return new KastellanError({
    code: 'helm.chart-missing',
    message:
      offered === undefined
        ? `The chart ${what}, which is the version installed, is not at ${describeSource(chart)}.`
        : `The chart at ${describeSource(chart)} is ${offered}, but ${what} is installed.`,
    hint: missingHint(chart, version),
  });
}

function missingHint(chart: ChartSource, version: string): string {
  if (chart.path !== undefined) return `Put the packed chart of version ${version} there.`;
  // Rancher's catalogue serves 7.5.10 as 7.5.1001: a number that Kasten's own repository never had.
  if (/^\d+\.\d+\.\d{4,}/.test(version)) {
    return 'The version looks like one from a catalogue that numbers charts its own way (Rancher does): set the repository to the one this release was installed from.';
  }
  return 'Set the repository to the one this release was installed from, or the path of a packed chart.';
}
