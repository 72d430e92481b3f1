import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { livedInValues } from '../../sandbox/k10/install.ts';
import { ASKER, DONE, everythingOf, STOPPED, Walk } from '../support/walk.ts';
import { applicationOf } from '../support/walk-state.ts';

const NOWHERE = 'https://127.0.0.1:9';

describe('a dashboard that is somewhere else', () => {
  let walk: Walk;
  beforeAll(async () => {
    walk = await Walk.start();
  });
  afterAll(() => walk?.close());

  it('is refused at the field where K10 answers under another path', async () => {
    const { origin } = walk.sandbox.dashboard;
    expect(await walk.asks({ dashboardUrl: `${origin}/backup` })).toEqual({
      dashboardUrl: expect.stringMatching(/K10 answers at .*\/k10\/ and not at .*\/backup\//),
    });
  });

  it('is warned about first where nothing answers; failed, it offers the way back and another address', async () => {
    const plan = await walk.plan({ addMe: ['admin'], dashboardUrl: NOWHERE });
    expect(plan.text).toMatch(/127\.0\.0\.1:9 does not answer .*could not be checked/);
    expect(JSON.stringify(plan.blocks?.[1])).toContain(
      `Differs from the configuration: dashboard address ${NOWHERE}/k10/ instead of ${walk.sandbox.dashboard.origin}/k10/`,
    );
    await walk.approves(plan);
    const failed = await walk.becomes(plan, STOPPED);
    expect(walk.sandbox.slack.control.actionsOf(failed)).toEqual([
      'request.roll-back',
      'setup.ask-again',
      'request.retry',
    ]);

    const asker = walk.user(ASKER);
    await asker.presses(failed, 'setup.ask-again');
    const { control } = walk.sandbox.slack;
    const form = await control.until('the form', () => control.modals(ASKER.slackId).at(-1));
    expect(JSON.stringify(form)).toContain(`${NOWHERE}/k10/`);
    expect(JSON.stringify(form)).toContain(ASKER.slackId);
    const before = (await walk.cards()).length;
    expect(await asker.submits(form, { dashboardUrl: walk.sandbox.dashboard.origin })).toEqual({});
    const second = await walk.newCard(before, /Waits for/);
    await walk.approves(second);
    const done = await walk.becomes(second, DONE);
    expect(everythingOf(done)).toContain('Sign in to Kasten');
  });
});

describe('a K10 with a path of its own', () => {
  let walk: Walk;
  beforeAll(async () => {
    walk = await Walk.start({ k10: { values: { ...livedInValues, ingress: { urlPath: 'backup' } } } });
  });
  afterAll(() => walk?.close());

  it('is set up with it; no button leads there until the configuration has the path', async () => {
    const { origin } = walk.sandbox.dashboard;
    const plan = await walk.plan({ addMe: ['admin'], dashboardUrl: `${origin}/backup` });
    expect(plan.text).toContain('K10 is served at the path /backup/');
    expect(everythingOf(plan)).toContain(`${origin}/backup/auth-svc/v0/oidc/redirect`);
    await walk.approves(plan);
    const done = await walk.becomes(plan, DONE);
    expect(done.text).toContain(`was set up with ${origin}/backup/, but kastellan.yaml has ${origin}/k10/`);
    expect(everythingOf(done)).not.toContain('Sign in to Kasten');
    const web = applicationOf(walk.sandbox)?.properties['web'];
    expect(JSON.stringify(web)).toContain(`${origin}/backup/auth-svc/v0/oidc/redirect`);
  });
});
