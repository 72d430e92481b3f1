import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { APPROVER, ASKER, DONE, everythingOf, STOPPED, Walk } from '../support/walk.ts';
import { groupsNamed } from '../support/walk-state.ts';
import { EVERYTHING, TORN_DOWN, tearsDown } from '../support/walk-teardown.ts';

const NAMES = ['Kasten Users', 'Kasten Operators'];

describe('a tenant in which Group.Create allows no upsert, and owners may not delete their groups', () => {
  let walk: Walk;
  beforeAll(async () => {
    walk = await Walk.start();
    walk.sandbox.entra.knobs.strictGroups = true;
  });
  afterAll(() => walk?.close());

  const groups = () => NAMES.flatMap((name) => groupsNamed(walk.sandbox, name));

  function somebodyDeletesThem(): void {
    for (const group of groups()) walk.sandbox.entra.directory.softDelete(group);
  }

  it('is set up, with one group for each level', async () => {
    await walk.runs(DONE, { addMe: ['admin'] });
    expect(groups()).toHaveLength(2);
  });

  it('stops the tear-down at the group, and says which permission deletes it and what is left', async () => {
    const card = await tearsDown(walk, STOPPED, EVERYTHING);
    expect(textOf(card)).toMatch(
      /may not delete the group Kasten \w+ \(.*Group\.ReadWrite\.All\. The group is left in Entra/,
    );
    expect(everythingOf(card)).toContain('delete the group by hand');
    expect(groups()).toHaveLength(2);
  });

  it('goes on with the tear-down once somebody has deleted the group by hand', async () => {
    const stopped = (await walk.cards()).at(-1);
    if (stopped === undefined) throw new Error('There is no card.');
    somebodyDeletesThem();
    await walk.presses(stopped, 'retry', ASKER);
    await walk.becomes(stopped, TORN_DOWN);
  });

  it('names the group among what roll back leaves behind', async () => {
    const calm = walk.sandbox.kubernetes.faults.add({
      match: { path: '/subjectaccessreviews' },
      answer: { status: 403, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 403 } },
    });
    const card = await walk.runs(STOPPED, { addMe: ['admin'] });
    calm();
    await walk.presses(card, 'roll-back', APPROVER);
    const stuck = await walk.becomes(card, /needs a person/);
    expect(everythingOf(stuck)).toMatch(/• Group Kasten Users: .*Group\.ReadWrite\.All/);
    somebodyDeletesThem();
    await walk.presses(stuck, 'roll-back', APPROVER);
    await walk.becomes(card, /was rolled back/);
  });
});
