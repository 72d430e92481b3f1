import { describe, expect, it } from '@jest/globals';
import { createMetrics } from '../../src/ops/metrics.ts';
import { plain, read, tableUnder } from '../support/pages.ts';

describe('the page about operations', () => {
  it('names every metric with its type, and none that does not exist', async () => {
    const written = tableUnder(read('docs/operations.md'), '## Metrics').map(
      ([name, type]) => `${plain(name)} ${type}`,
    );
    const text = await createMetrics({ version: '1.0.0', commit: 'abc' }).text();
    const told = [...text.matchAll(/^# TYPE (kastellan_\w+) (\w+)$/gm)].map(
      ([, name, type]) => `${name} ${type}`,
    );
    expect(written.toSorted()).toEqual(told.toSorted());
  });
});
