import { describe, expect, it } from '@jest/globals';
import { shortCatalogue } from '../faults/catalogue.ts';
import { runTries, tableOf } from '../faults/run.ts';

const MINUTES_10 = 600_000;

describe('the fault campaign in its short form', () => {
  it(
    'leaves no promise broken when workers are killed and everything around misbehaves',
    async () => {
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
    },
    MINUTES_10,
  );
});
