import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { World } from '../../../sandbox/world.ts';
import { type ConcreteRight, rightsFor } from '../../../src/adapters/kubernetes/rights.ts';
import { documentedRights, read, SOMETIMES } from '../../support/pages.ts';
import { DONE, type Walk } from '../../support/walk.ts';
import { EVERYTHING, TORN_DOWN, tearsDown } from '../../support/walk-teardown.ts';
import { ADDRESS, outcomeWithout, tearDownWithout } from '../support/without-right.ts';

const rows = new Map(documentedRights(read('docs/permissions.md')).map((row) => [row.key, row.without]));
const asked = rightsFor(ADDRESS, 'both');
// What differs by its name alone is one row of the page.
const needed = [
  ...Map.groupBy(
    asked.filter(({ optional }) => optional !== true),
    keyOf,
  ),
].map(([key, rights]): [string, string, ConcreteRight[]] => [key, rows.get(key) ?? 'no row', rights]);

const sometimes = needed.filter(([, without]) => SOMETIMES.test(without));
const always = needed.filter(([, without]) => !SOMETIMES.test(without));

/**
 * Takes one right after the other from Kastellan's service account. Those that this chart does not need are taken together:
 * what lacks them all lacks each.
 * @param start starts a world whose cluster runs the suite
 */
export function describeRights(name: string, start: () => Promise<Walk<World>>): void {
  describe(`${name}: without the right to`, () => {
    let walk: Walk<World>;
    beforeAll(async () => {
      walk = await start();
    });
    afterAll(() => walk?.close());

    it.each(always)('%s fails with: %s', async (_key, without, rights) => {
      const { failed, said } = await outcomeWithout(walk, rights);
      expect(failed).toBe(without);
      expectNamed(said, rights);
    });

    it(`${sometimes.map(([key]) => key).join(', ')} nothing fails with this chart`, async () => {
      const rights = sometimes.flatMap(([, , taken]) => taken);
      expect(rights).not.toHaveLength(0);
      expect(await outcomeWithout(walk, rights)).toMatchObject({ failed: 'nothing' });
    });

    it('anything that the page calls not needed, nothing fails', async () => {
      const optional = asked.filter((right) => right.optional === true);
      expect(await outcomeWithout(walk, optional)).toMatchObject({ failed: 'nothing' });
    });

    describe('on a cluster that is set up', () => {
      beforeAll(async () => {
        await walk.runs(DONE, { addMe: ['admin'] });
      });
      afterAll(() => tearsDown(walk, TORN_DOWN, EVERYTHING));

      it.each(always.filter(([key]) => key.includes('delete') && key.includes('bindings')))(
        '%s a tear-down is refused before anything was changed, too',
        async (_key, _without, rights) => {
          const { failed, said } = await tearDownWithout(walk, rights);
          expect(failed).toBe('the plan');
          expectNamed(said, rights);
        },
      );
    });
  });
}

function expectNamed(said: string, [right]: readonly ConcreteRight[]): void {
  if (right === undefined) throw new Error('no right was taken');
  expect(said).toContain(kindOf(right));
  expect(said).toMatch(new RegExp(`lacks rights in Kubernetes: .*\\b${right.verb}\\b`));
}

function keyOf(right: ConcreteRight): string {
  const { verb, namespace = 'cluster', name } = right;
  const scope = namespace === ADDRESS.namespace ? 'namespace' : namespace;
  return [scope, verb, kindOf(right), ...(name === undefined ? [] : ['named'])].join(' ');
}

function kindOf({ group, resource }: ConcreteRight): string {
  return group === '' ? resource : `${resource}.${group}`;
}
