import { describe, expect, it } from '@jest/globals';
import { shortCatalogue } from '../faults/catalogue.ts';
import { runTries, tableOf } from '../faults/run.ts';

describe('the fault campaign in its short form', () => {
  it('leaves no promise broken when workers are killed and everything around misbehaves', async () => {
    const lines: string[] = [];
    const seed = 1;
    const rows = await runTries(shortCatalogue(seed), {
      seed,
      lanes: 2,
      say: (line) => void lines.push(line),
    });
    const broken = rows.flatMap((row) => row.broken);
    expect({ broken, table: tableOf(rows), lines: broken.length === 0 ? [] : lines }).toMatchObject({
      broken: [],
    });
    expect(rows.reduce((sum, { tried }) => sum + tried, 0)).toBeGreaterThan(8);
    // What is done about access comes to the same moments each time.
    const access = rows.filter(({ fault }) => /^kill .* access/.test(fault));
    expect(access.map(({ fault, tried, notReached }) => [fault, tried, notReached])).toEqual(
      expect.arrayContaining([
        ['kill -9 of the worker while giving access', 2, 0],
        ['kill -9 of the worker while undoing access', 1, 0],
        ['kill -9 of the worker while revoking access by hand', 1, 0],
        ['kill -9 of the worker while revoking access at its end', 1, 0],
      ]),
    );
  });
});
