import { describe, expect, it } from '@jest/globals';
import { type ReleaseState, unfinishedRelease, unlockHint } from '../../../src/domain/setup/release-state.ts';

const deployed: ReleaseState = {
  release: 'k10',
  namespace: 'kasten-io',
  revision: 1,
  status: 'deployed',
  everDeployed: true,
};

describe('a release that set-up has nothing to upgrade from', () => {
  it.each([
    ['pending-install', true, /being installed for the first time/, /helm uninstall k10 -n kasten-io/],
    ['uninstalling', true, /being uninstalled/, /helm uninstall k10 -n kasten-io/],
    ['uninstalled', true, /was uninstalled/, /Install K10 again/],
    ['failed', false, /its install failed \(revision 1, failed\)/, /helm history k10 -n kasten-io/],
  ])('is refused with what to do: %s', (status, everDeployed, says, todo) => {
    const obstacle = unfinishedRelease({ ...deployed, status, everDeployed });
    expect(obstacle?.code).toBe('setup.release-unfinished');
    expect(obstacle?.message).toMatch(says);
    expect(obstacle?.hint).toMatch(todo);
  });

  it.each(['deployed', 'failed', 'pending-upgrade', 'pending-rollback'])(
    'is not one that was deployed once and is %s now',
    (status) => {
      expect(unfinishedRelease({ ...deployed, revision: 4, status })).toBeUndefined();
    },
  );
});

it('never tells anybody to roll back to a revision 0', () => {
  const hints = ['pending-install', 'pending-upgrade', 'pending-rollback'].flatMap((status) =>
    [1, 2, 5].map((revision) => unlockHint({ ...deployed, status, revision })),
  );
  expect(hints.filter((hint) => / 0 /.test(hint))).toEqual([]);
  expect(unlockHint({ ...deployed, status: 'pending-upgrade', revision: 5 })).toBe(
    'If nobody is at work there: helm rollback k10 4 -n kasten-io',
  );
});
