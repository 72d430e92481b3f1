import type { ChartSource } from './chart.ts';

/** Looks for a chart by `look`, unless the same was found at the same source a moment ago or is being looked for. */
export type CheckChart = (source: ChartSource, version: string, look: () => Promise<void>) => Promise<void>;

// Long enough for one status of many clusters and for people who ask again; a plan made later looks anew.
const REMEMBERED_MS = 60_000;

/**
 * What was found in chart repositories, for all clusters of a process: most have the same chart at the same version, and each
 * look is a Helm. That something is missing is not remembered: people mend it and ask again.
 */
export function createChartChecks(): CheckChart {
  const looks = new Map<string, { readonly at: number; readonly found: Promise<void> }>();

  return (source, version, look) => {
    const key = JSON.stringify([source.path, source.repository, source.name, version]);
    const known = looks.get(key);
    if (known !== undefined && performance.now() - known.at < REMEMBERED_MS) return known.found;
    const found = look();
    looks.set(key, { at: performance.now(), found });
    found.catch(() => {
      if (looks.get(key)?.found === found) looks.delete(key);
    });
    return found;
  };
}
