import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { ASKER, DONE, everythingOf, STOPPED, Walk } from '../support/walk.ts';

const MANY = 60;

describe('a set-up that ends with what a member gets', () => {
  let walk: Walk;
  beforeAll(async () => {
    walk = await Walk.start({
      adjust: {
        entra: (usual) => ({
          ...usual,
          groups: Array.from({ length: MANY }, (_, index) => ({
            displayName: `Team ${index}`,
            members: [ASKER.email],
          })),
        }),
      },
    });
  });
  afterAll(() => walk?.close());

  function leavesTheTeams(): void {
    for (const group of walk.sandbox.entra.directory.all('group')) {
      if (/^Team \d/.test(String(group.properties['displayName']))) group.members.clear();
    }
  }

  it('warns in the plan, and is not done, if the only member has more groups than a session of K10 holds', async () => {
    const plan = await walk.plan({ addMe: ['admin'] });
    expect(textOf(plan)).toMatch(
      /Of the members looked at for admin, Ada Asker could not get in to K10: K10 drops a session/,
    );
    await walk.approves(plan);
    const stopped = await walk.becomes(plan, STOPPED);
    expect(textOf(stopped)).toMatch(/stopped at "Proof".*61 groups need at least \d+ bytes/);
  });

  it('is done once a member gets in, and says that without a name', async () => {
    leavesTheTeams();
    const [card] = await walk.cards();
    if (card === undefined) throw new Error('There is no card.');
    await walk.presses(card, 'retry', ASKER);
    const done = await walk.becomes(card, DONE);
    expect(textOf(done)).toContain(
      'a member for admin gets in: the groups in their token pass K10 and give the rights',
    );
    expect(everythingOf(done)).not.toContain(ASKER.email);
  });
});
