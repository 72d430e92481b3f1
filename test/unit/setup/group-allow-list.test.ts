import { describe, expect, it } from '@jest/globals';
import { groupNames, groupsThatPass } from '../../../src/domain/setup/group-allow-list.ts';

const OURS = 'kasten_azure_22222222-2222-4222-8222-222222222222';

describe("K10's list of allowed groups", () => {
  it.each([
    ['there is no list', {}],
    ['the list is empty', { groupAllowList: [] }],
    ['Helm was told to take the default away', { groupAllowList: null }],
    ['the list holds nothing but empty names', { groupAllowList: ['', null] }],
  ])('lets every group pass if %s', (_when, auth) => {
    expect(groupsThatPass(auth, [OURS, 'other'])).toEqual([OURS, 'other']);
  });

  it('drops every group that is not on it', () => {
    expect(groupsThatPass({ groupAllowList: ['okta-admins'] }, [OURS])).toEqual([]);
    expect(groupsThatPass({ groupAllowList: ['okta-admins', OURS] }, ['other', OURS])).toEqual([OURS]);
  });

  it('knows a group by its name with the prefix only', () => {
    expect(groupsThatPass({ groupAllowList: [OURS.replace('kasten_azure_', '')] }, [OURS])).toEqual([]);
  });

  it('reads names and nothing else', () => {
    expect(groupNames(['a', 7, null, '', 'b'])).toEqual(['a', 'b']);
    expect(groupNames('a')).toEqual([]);
    expect(groupNames(undefined)).toEqual([]);
  });
});
