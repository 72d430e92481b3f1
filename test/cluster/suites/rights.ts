import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { World } from '../../../sandbox/world.ts';
import { RIGHTS, type Right } from '../../../src/adapters/kubernetes/rights.ts';
import { AND_TEAR_DOWN, documentedRights, read, rightLine, SOMETIMES } from '../../support/pages.ts';
import type { Walk } from '../../support/walk.ts';
import { outcomeWithout, tearDownWithout } from '../support/without-right.ts';

const SLOW = 120_000;
const rows = new Map(documentedRights(read('docs/permissions.md')).map((row) => [row.line, row]));
const needed = RIGHTS.filter(({ optional }) => optional !== true).map((right): [string, Right] => {
  return [`${right.verb} ${kindOf(right)} fails with: ${withoutIt(right)}`, right];
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
        const documented = withoutIt(right).replace(AND_TEAR_DOWN, '');
        expect(failed).toBe(SOMETIMES.test(documented) ? 'nothing' : documented);
        if (failed === 'nothing') return;
        expectNamed(said, right);
      },
      SLOW,
    );

    it.each(needed.filter(([, right]) => withoutIt(right).endsWith(AND_TEAR_DOWN)))(
      '%s: a tear-down stops, and goes on once the right is given',
      async (_title, right) => {
        const { failed, said } = await tearDownWithout(walk, right);
        expect(failed).toBe('Bindings');
        expectNamed(said, right);
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

function withoutIt(right: Right): string {
  return rows.get(rightLine(right))?.without ?? 'no row';
}

function expectNamed(said: string, right: Right): void {
  expect(said).toContain(kindOf(right));
  expect(said).toMatch(new RegExp(`(to|verb ")\\s?${right.verb}\\b`));
}

function kindOf({ group, resource }: Right): string {
  return group === '' ? resource : `${resource}.${group}`;
}
