import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { APPROVERS_HANDLE } from '../../sandbox/cast.ts';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { signIn } from '../../sandbox/tour/k10-visitor.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { APPROVER, ASKER, DONE, everythingOf, OUTSIDER, SECOND, Walk } from '../support/walk.ts';
import { acceptSecrets, NEVER_ACCEPTED_MS } from '../support/walk-secrets.ts';
import { applicationOf, groupsNamed, secretData, secretsOf } from '../support/walk-state.ts';

describe('two clusters, and several requests at once', () => {
  let walk: Walk;
  let [first, second, other]: (SlackMessage | undefined)[] = [];
  beforeAll(async () => {
    // Long enough that requests which may overlap do.
    walk = await Walk.start({ clusters: ['prod-eu', 'prod-us'], secretAcceptedAfterMs: NEVER_ACCEPTED_MS });
    walk.sandbox.slack.control.setUserGroup(APPROVERS_HANDLE, [APPROVER.slackId, SECOND.slackId]);
  });
  afterAll(() => walk?.close());

  it('puts the name of the cluster into what people read', async () => {
    first = await walk.plan({ addMe: ['admin'] }, ASKER, 'prod-eu');
    second = await walk.plan({ addMe: ['admin'] }, ASKER, 'prod-us');
    expect(everythingOf(first)).toMatch(/group Kasten Users \(prod-eu\).*app kasten-service \(prod-eu\)/s);
    expect(everythingOf(second)).toMatch(/group Kasten Users \(prod-us\).*app kasten-service \(prod-us\)/s);
  });

  it('says so to somebody who asks for the same twice', async () => {
    const errors = await walk.asks({ addMe: ['admin'] }, ASKER, 'prod-eu');
    expect(errors['cluster']).toMatch(
      /You have asked for this already: request \w+ is waiting for a decision\./,
    );
  });

  it('changes two clusters side by side, and one cluster for one request at a time', async () => {
    if (first === undefined || second === undefined) throw new Error('no plans');
    other = await walk.plan({ addMe: ['admin'] }, OUTSIDER, 'prod-eu');
    await Promise.all([walk.approves(first), walk.approves(second)]);
    await Promise.all([
      walk.becomes(first, /Entra does not accept it yet/),
      walk.becomes(second, /Entra does not accept it yet/),
    ]);
    await walk.approves(other, SECOND);
    const waiting = await walk.becomes(other, /Waits until this is over/);
    const id = /Request (\w{8})|card:(\w{8}):/.exec(everythingOf(first))?.slice(1).find(Boolean);
    expect(textOf(waiting)).toContain(`Waits until this is over: ${id}`);
    acceptSecrets(walk.sandbox);
    await Promise.all([walk.becomes(first, DONE), walk.becomes(second, DONE)]);
  });

  it('plans the waiting request anew, because the world has changed', async () => {
    if (other === undefined) throw new Error('no plan');
    // What is left of it is to add the second asker to the group.
    const anew = await walk.becomes(other, /earlier plan.*no longer counts.*Waits for/);
    expect(everythingOf(anew)).toContain('+ 1 member in Kasten Users (prod-eu)');
    expect(everythingOf(anew)).not.toContain('kasten-service');
    await walk.approves(anew, SECOND);
    await walk.becomes(other, DONE);
    const [group] = groupsNamed(walk.sandbox, 'Kasten Users (prod-eu)');
    expect(group?.members.size).toBe(2);
  });

  it('gives each cluster its own application, secret and sign-in', async () => {
    const [eu, us] = walk.sandbox.clusters;
    if (eu === undefined || us === undefined) throw new Error('no clusters');
    for (const cluster of [eu, us]) {
      const application = applicationOf(walk.sandbox, cluster.name);
      expect(secretsOf(application)).toHaveLength(1);
      const data = secretData(cluster, 'kastellan-k10-oidc');
      expect(data['client-id']).toBe(application?.properties['appId']);
      expect(await signIn(cluster.dashboard, ASKER)).toMatchObject({ signedIn: true });
    }
    expect(secretData(eu, 'kastellan-k10-oidc')).not.toEqual(secretData(us, 'kastellan-k10-oidc'));
  });
});
