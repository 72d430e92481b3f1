import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  groupDescription,
  groupKey,
  isMadeFor,
  legacyGroupKey,
} from '../../../src/domain/setup/group-key.ts';

const NAME = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/);

describe('the key of a group', () => {
  it('is never shared by two pairs of cluster and level', () => {
    expect(groupKey('prod', 'ns-admin')).not.toBe(groupKey('prod-ns', 'admin'));
    fc.assert(
      fc.property(NAME, NAME, NAME, NAME, (cluster, level, other, otherLevel) => {
        fc.pre(cluster !== other || level !== otherLevel);
        expect(groupKey(cluster, level)).not.toBe(groupKey(other, otherLevel));
      }),
    );
  });

  it('differs wherever the same letters are cut in two', () => {
    fc.assert(
      fc.property(NAME, fc.nat(), fc.nat(), (text, some, more) => {
        const cuts = [...text.matchAll(/(?<=[a-z0-9])-(?=[a-z0-9])/g)].map(({ index }) => index);
        fc.pre(cuts.length > 1);
        const [a, b] = [cuts[some % cuts.length] ?? 0, cuts[more % cuts.length] ?? 0];
        fc.pre(a !== b);
        const keyAt = (cut: number) => groupKey(text.slice(0, cut), text.slice(cut + 1));
        expect(keyAt(a)).not.toBe(keyAt(b));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a group that an earlier version made', () => {
  const uniqueName = legacyGroupKey('prod', 'ns-admin');

  it('is recognised by its old key', () => {
    const description = groupDescription('prod', 'ns-admin');
    expect(isMadeFor({ uniqueName, description }, 'prod', 'ns-admin')).toBe(true);
  });

  it('is not taken for the group of another cluster and level with the same old key', () => {
    expect(legacyGroupKey('prod-ns', 'admin')).toBe(uniqueName);
    const description = groupDescription('prod', 'ns-admin');
    expect(isMadeFor({ uniqueName, description }, 'prod-ns', 'admin')).toBe(false);
  });

  it('is recognised when people have rewritten its description', () => {
    expect(isMadeFor({ uniqueName, description: 'For the backup team' }, 'prod', 'ns-admin')).toBe(true);
  });
});
