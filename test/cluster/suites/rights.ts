import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { World } from '../../../sandbox/world.ts';
import { RIGHTS, type Right } from '../../../src/adapters/kubernetes/rights.ts';
import { documentedRights, read, rightLine, SOMETIMES } from '../../support/pages.ts';
import type { Walk } from '../../support/walk.ts';
import { outcomeWithout } from '../support/without-right.ts';

const SLOW = 120_000;
const rows = new Map(documentedRights(read('docs/permissions.md')).map((row) => [row.line, row]));
const needed = RIGHTS.filter(({ optional }) => optional !== true).map((right): [string, Right] => {
  const { without = 'no row' } = rows.get(rightLine(right)) ?? {};
  return [`${right.verb} ${kindOf(right)} fails with: ${without}`, right];
});

/**
 * Takes one right after the other from Kastellan's service account: some fifty set-ups.
 * @param start starts a world whose cluster runs the suite
 */
export function describeRights(name: string, start: () => Promise<Walk<World>>): void {
  describe(`${name}: without the right to`, () => {
    let walk: Walk<World>;
    beforeAll(async () => {
      walk = await start();
    }, SLOW);
    afterAll(() => walk?.close(), SLOW);

    it.each(needed)(
      '%s',
      async (_title, right) => {
        const { failed, said } = await outcomeWithout(walk, [right]);
        const documented = rows.get(rightLine(right))?.without ?? '';
        expect(failed).toBe(SOMETIMES.test(documented) ? 'nothing' : documented);
        if (failed === 'nothing') return;
        expect(said).toContain(kindOf(right));
        expect(said).toMatch(new RegExp(`(to|verb ")\\s?${right.verb}\\b`));
      },
      SLOW,
    );

    it(
      'anything that the page calls not needed, nothing fails',
      async () => {
        const optional = RIGHTS.filter((right) => right.optional === true);
        expect(await outcomeWithout(walk, optional)).toMatchObject({ failed: 'nothing' });
      },
      SLOW,
    );
  });
}

function kindOf({ group, resource }: Right): string {
  return group === '' ? resource : `${resource}.${group}`;
}
