import { describe, expect, it } from '@jest/globals';
import { parser } from '@prometheus-io/lezer-promql';
import { load } from 'js-yaml';
import { createMetrics } from '../../src/ops/metrics.ts';
import { plain, read, tableUnder } from '../support/pages.ts';

const ALERTS = 'deploy/chart/files/alerts.yaml';
const DASHBOARD = 'deploy/chart/files/dashboard.json';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string }[];
}

const rules = (load(read(ALERTS)) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
const { panels } = JSON.parse(read(DASHBOARD)) as { panels: Panel[] };
const page = read('docs/operations.md');

describe('the page about operations', () => {
  it('names every metric with its type, and none that does not exist', async () => {
    const written = tableUnder(page, '## Metrics').map(([name, type]) => `${plain(name)} ${type}`);
    expect(written.toSorted()).toEqual(
      (await metrics()).map(({ name, type }) => `${name} ${type}`).toSorted(),
    );
  });

  it('lists every alert with its severity', () => {
    const written = tableUnder(page, '## Alerts').map(([name, severity]) => `${plain(name)} ${severity}`);
    const alerts = rules.map(({ alert, labels }) => `${alert} ${labels['severity']}`);
    expect(written.toSorted()).toEqual(alerts.toSorted());
  });

  it.each(rules.map(({ alert, annotations }) => [alert, annotations['runbook_url'] ?? '']))(
    'says what to do about %s where its link leads',
    (alert, link) => {
      const anchor = /^docs\/operations\.md#([a-z-]+)$/.exec(link)?.[1] ?? '';
      const heading = [...page.matchAll(/^### (.+)$/gm)].find(
        ([, title = '']) => title.toLowerCase().replaceAll(' ', '-') === anchor,
      );
      const runbook = page.slice(heading?.index ?? page.length).split('\n### ')[0] ?? '';
      expect(runbook).toContain(`_\`${alert}\``);
      expect(runbook).toMatch(/^1\. /m);
    },
  );
});

describe('alert rules and dashboard', () => {
  const expressions = [
    ...rules.map(({ alert, expr }) => [alert, expr]),
    ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr])),
  ] as [string, string][];

  it.each(expressions)(
    '%s: asks what Prometheus understands, of metrics and labels that exist',
    async (_of, expr) => {
      const query = readQuery(expr);
      const known = new Map((await series()).map(({ name, labels }) => [name, labels]));
      expect(query.metrics.length).toBeGreaterThan(0);
      for (const name of query.metrics) expect([...known.keys()]).toContain(name);
      const labels = new Set(query.metrics.flatMap((name) => known.get(name) ?? []));
      for (const label of query.labels) expect([...labels]).toContain(label);
    },
  );

  it('would notice an expression that is none, a metric and a label that do not exist', () => {
    expect(() => readQuery('max by (kind (kastellan_x)')).toThrow(/no PromQL/);
    expect(readQuery('max by (who) (kastellan_x{what="y"})')).toEqual({
      metrics: ['kastellan_x'],
      labels: ['who', 'what'],
    });
  });

  it('has panels that each have an id and a place of their own', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const overlaps = panels.flatMap((one) =>
      panels.filter((other) => other.id > one.id && overlap(one.gridPos, other.gridPos)),
    );
    expect(overlaps).toEqual([]);
  });

  it('covers every metric of ours in the dashboard', async () => {
    const shown = new Set(
      panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => readQuery(expr).metrics)),
    );
    const missing = (await metrics()).filter(({ name, type }) =>
      type === 'histogram' ? !shown.has(`${name}_bucket`) : !shown.has(name),
    );
    // Both are in what is shown: created less ended is open, and the age is an alert's.
    expect(missing.map(({ name }) => name).toSorted()).toEqual([
      'kastellan_requests_created_total',
      'kastellan_requests_oldest_seconds',
    ]);
  });
});

/** Metric names and label names of an expression. */
function readQuery(expr: string): { metrics: string[]; labels: string[] } {
  // What Grafana puts in.
  const text = expr.replaceAll('$__rate_interval', '5m');
  const found = { metrics: [] as string[], labels: [] as string[] };
  parser.parse(text).iterate({
    enter({ type, name, from, to, node }) {
      if (type.isError) throw new Error(`This is no PromQL, at ${from}: ${text}`);
      const said = text.slice(from, to);
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') found.metrics.push(said);
      if (name === 'LabelName') found.labels.push(said);
    },
  });
  return found;
}

async function metrics(): Promise<{ name: string; type: string }[]> {
  const text = await createMetrics({ version: '1.0.0', commit: 'abc' }).text();
  return [...text.matchAll(/^# TYPE (kastellan_\w+) (\w+)$/gm)].map(([, name = '', type = '']) => ({
    name,
    type,
  }));
}

/** Everything that can be asked for, with its labels as the page names them. */
async function series(): Promise<{ name: string; labels: string[] }[]> {
  const rows = tableUnder(page, '## Metrics');
  return (await metrics()).flatMap(({ name, type }) => {
    const row = rows.find(([written]) => plain(written) === name);
    const labels = plain(row?.[2]).split(', ');
    if (type !== 'histogram') return [{ name, labels }];
    const parts = ['_sum', '_count'].map((part) => ({ name: `${name}${part}`, labels }));
    return [...parts, { name: `${name}_bucket`, labels: [...labels, 'le'] }];
  });
}

function overlap(a: Panel['gridPos'], b: Panel['gridPos']): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
