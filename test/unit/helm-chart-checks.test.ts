import { describe, expect, it } from '@jest/globals';
import { createChartChecks } from '../../src/adapters/helm/chart-checks.ts';

const REPOSITORY = { repository: 'https://charts.example.com', name: 'k10' };

/** Looks that are counted, of which the first fail. */
function countedLooks({ failing = 0 } = {}) {
  const seen = { looks: 0 };
  const look = async () => {
    seen.looks += 1;
    if (seen.looks <= failing) throw new Error('not there');
  };
  return { seen, look };
}

describe('the look for a chart', () => {
  it('is made once for all clusters that have the same version', async () => {
    const check = createChartChecks();
    const { seen, look } = countedLooks();
    await Promise.all(Array.from({ length: 50 }, () => check({ ...REPOSITORY }, '7.5.10', look)));
    await check(REPOSITORY, '7.5.10', look);
    expect(seen.looks).toBe(1);
  });

  it('is made for each version and each source', async () => {
    const check = createChartChecks();
    const { seen, look } = countedLooks();
    await check(REPOSITORY, '7.5.10', look);
    await check(REPOSITORY, '8.0.0', look);
    await check({ ...REPOSITORY, repository: 'oci://charts.example.com' }, '7.5.10', look);
    await check({ name: 'k10', path: '/charts/k10.tgz' }, '7.5.10', look);
    expect(seen.looks).toBe(4);
  });

  it('is made again after the chart was missing', async () => {
    const check = createChartChecks();
    const { look } = countedLooks({ failing: 1 });
    await expect(check(REPOSITORY, '7.5.10', look)).rejects.toThrow('not there');
    await expect(check(REPOSITORY, '7.5.10', look)).resolves.toBeUndefined();
  });
});
