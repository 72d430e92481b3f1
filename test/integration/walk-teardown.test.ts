import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { load } from 'js-yaml';
import type { CastMember } from '../../sandbox/cast.ts';
import type { Entry } from '../../sandbox/entra/directory.ts';
import type { JsonObject } from '../../sandbox/kubernetes/json.ts';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { signIn } from '../../sandbox/tour/k10-visitor.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import {
  APPROVER,
  ASKER,
  DONE,
  everythingOf,
  OUTSIDER,
  REFUSED,
  SECOND,
  STOPPED,
  Walk,
} from '../support/walk.ts';
import { type SomebodysHelm, somebodysHelm } from '../support/walk-helm.ts';
import { ARGO, asSomebody, codeOf, merged } from '../support/walk-keepers.ts';
import {
  applicationOf,
  clusterState,
  clusterWrites,
  entraState,
  entraWrites,
  groupsNamed,
  secretData,
  secretsOf,
} from '../support/walk-state.ts';
import { asksToTearDown, EVERYTHING, sendsTeardown, TORN_DOWN, tearsDown } from '../support/walk-teardown.ts';

const SECRET = 'kastellan-k10-oidc';

describe('tearing down what a set-up made', () => {
  let walk: Walk;
  let before: { entra: unknown; cluster: unknown };
  beforeAll(async () => {
    walk = await Walk.start();
    before = states();
  });
  afterAll(() => walk?.close());

  function states() {
    return { entra: entraState(walk.sandbox), cluster: clusterState(walk.sandbox) };
  }

  it('says at the form that there is nothing to tear down before anything was set up', async () => {
    expect(await sendsTeardown(walk, {})).toEqual({
      cluster: 'Kastellan has set nothing up on prod-eu, or tore it down already.',
    });
  });

  it('says before the approval what goes, who loses what, and what cannot be undone', async () => {
    await walk.runs(DONE, { addMe: ['admin'] });
    const plan = await asksToTearDown(walk, /Waits for/, EVERYTHING);
    const all = everythingOf(plan);
    expect(all).toMatch(/- app kasten-service/);
    expect(all).toMatch(/- enterprise application of kasten-service/);
    expect(all).toMatch(/- group Kasten Users \(admin: Ada Asker\); they lose whatever it gives them/);
    expect(all).toMatch(/- ClusterRoleBinding kastellan-admin-k10-admin/);
    expect(all).toMatch(/- Secret kasten-io\/kastellan-k10-oidc/);
    expect(all).toMatch(/~ k10 7\.5\.10, stays at that version: auth \(\d+ values\), as before set-up/);
    expect(textOf(plan)).toMatch(/K10 signs people in as before set-up: tokenAuth\./);
    expect(textOf(plan)).toMatch(
      /1 member of Kasten Users.*can no longer sign in to K10 through Entra: Ada Asker\./,
    );
    expect(textOf(plan)).toMatch(/Entra keeps the app and the groups for 30 days/);
    expect(textOf(plan)).toMatch(/going back makes a new one/);
    expect(textOf(plan)).toMatch(/no way back but \/kasten setup/);
    await walk.withdraws(plan);
  });

  it('puts Entra, the cluster and the release back as they were before the set-up, and proves it', async () => {
    const card = await tearsDown(walk, TORN_DOWN, EVERYTHING);
    expect(textOf(card)).toMatch(
      /dashboard no longer redirects with this app · values as planned · admin group has no rights in K10 any more.*app is gone · admin group is gone/,
    );
    expect(states()).toEqual(before);
    const helm = await somebodysHelm(walk);
    expect(await helm.values()).toEqual(await helm.values(1));
    expect(await (await fetch(walk.sandbox.dashboard.url)).text()).toContain('Paste a token');
    expect((await signIn(walk.sandbox.dashboard, ASKER)).signedIn).toBe(false);
  });

  it('leaves a cluster that status calls not set up', async () => {
    const outsider = walk.user(OUTSIDER);
    await outsider.types('status');
    await outsider.readsPrivately('that it is not set up', /does not sign in through Entra.*not set up/);
    expect(await sendsTeardown(walk, {})).toHaveProperty('cluster');
  });

  it('can be set up again, and people sign in', async () => {
    await walk.runs(DONE, { addMe: ['admin'] });
    expect(await signIn(walk.sandbox.dashboard, ASKER)).toMatchObject({
      signedIn: true,
      who: { rights: { backup: true } },
    });
  });

  it('is not carried out where the cluster was set up differently after it was asked for', async () => {
    const plan = await asksToTearDown(walk, /Waits for/, EVERYTHING);
    await walk.runs(DONE, { addMe: ['admin'] }, '', SECOND);
    await walk.approves(plan);
    const stopped = await walk.becomes(plan, /stopped\. prod-eu was set up anew meanwhile/);
    expect(applicationOf(walk.sandbox)).toBeDefined();
    await walk.presses(stopped, 'roll-back', ASKER);
    await walk.becomes(plan, /was rolled back/);
  });

  it('goes on where somebody asked for a set-up after it, which had nothing to do', async () => {
    const plan = await asksToTearDown(walk, /Waits for/, EVERYTHING);
    await walk.gets(/Nothing to do/, { addMe: ['admin'] });
    await walk.approves(plan);
    await walk.becomes(plan, TORN_DOWN);
    await walk.runs(DONE, { addMe: ['admin'] });
  });

  it('comes back from half-way: what Entra had deleted, the bindings, a new secret, and sign-in', async () => {
    const [group, application] = [
      groupsNamed(walk.sandbox, 'Kasten Users')[0]?.id,
      applicationOf(walk.sandbox)?.id,
    ];
    const oldSecret = secretData(walk.sandbox, SECRET)['client-secret'];
    const plan = await asksToTearDown(walk, /Waits for/, EVERYTHING);
    const calm = walk.sandbox.kubernetes.faults.add({
      match: { path: '/subjectaccessreviews' },
      answer: { status: 403, body: forbidden },
    });
    await walk.approves(plan);
    const stopped = await walk.becomes(plan, STOPPED);
    calm();
    expect(textOf(stopped)).toMatch(/stopped at "Proof"/);
    expect(applicationOf(walk.sandbox)).toBeUndefined();
    await walk.presses(stopped, 'roll-back', ASKER);
    await walk.becomes(plan, /was rolled back/);
    expect(groupsNamed(walk.sandbox, 'Kasten Users')[0]?.id).toBe(group);
    expect(applicationOf(walk.sandbox)?.id).toBe(application);
    expect(secretsOf(applicationOf(walk.sandbox))).toHaveLength(1);
    expect(secretData(walk.sandbox, SECRET)['client-secret']).not.toBe(oldSecret);
    expect(await signIn(walk.sandbox.dashboard, ASKER)).toMatchObject({
      signedIn: true,
      who: { rights: { backup: true } },
    });
    await walk.gets(/Nothing to do/, { addMe: ['admin'] });
  });

  it('leaves what was not ticked, and removes the client secret of an app that stays', async () => {
    const card = await tearsDown(walk, TORN_DOWN, { remove: ['credential'] });
    expect(textOf(card)).toMatch(/Left: ClusterRoleBinding kastellan-admin-k10-admin.* stays/);
    expect(textOf(card)).toMatch(/Left: app kasten-service stays\./);
    expect(secretsOf(applicationOf(walk.sandbox))).toEqual([]);
    expect(secretData(walk.sandbox, SECRET)).toEqual({});
    expect(groupsNamed(walk.sandbox, 'Kasten Users')).toHaveLength(1);
    await walk.runs(DONE, { addMe: ['admin'] });
  });

  it('takes no tick that makes no sense without another', async () => {
    expect(await sendsTeardown(walk, { remove: ['application', 'groups'] })).toEqual({
      remove: expect.stringMatching(
        /Kubernetes Secret of an app that is gone.*Bindings of groups that are gone/,
      ),
    });
  });
});

describe('tearing down while somebody has access for a time', () => {
  let walk: Walk;
  let group: Entry;
  let access: SlackMessage;
  beforeAll(async () => {
    walk = await Walk.start();
    await walk.runs(DONE, { addMe: ['admin'] });
    const [made] = groupsNamed(walk.sandbox, 'Kasten Users');
    if (made === undefined) throw new Error('no group');
    group = made;
    // Besides the one whom set-up put there: somebody whom a person has put there.
    group.members.add(accountOf(SECOND));
    const before = (await walk.cards()).length;
    await walk.user(OUTSIDER).types('access admin 1h restore shop-db');
    access = await walk.newCard(before, /Waits for/);
    await walk.approves(access);
    await walk.becomes(access, /Granted until/);
  });
  afterAll(() => walk?.close());

  function accountOf({ email }: CastMember): string {
    return walk.sandbox.entra.directory.findBy('user', 'userPrincipalName', email)?.id ?? '';
  }

  it('names before the approval whose access ends, until when it would have lasted', async () => {
    const plan = await asksToTearDown(walk, /Waits for/);
    expect(textOf(plan)).toMatch(
      /Access for a time ends with it and does not come back: admin for Dan Outsider until [\d-]+ [\d:]+ UTC\./,
    );
    await walk.withdraws(plan);
  });

  it('ends it, looks in Entra that it did, and leaves whom Kastellan gave nothing for a time', async () => {
    const done = await tearsDown(walk, TORN_DOWN);
    expect(textOf(done)).toContain('Access for a time (1 ended)');
    expect([...group.members].toSorted()).toEqual([accountOf(ASKER), accountOf(SECOND)].toSorted());
    const calls = walk.sandbox.entra.requestLog.filter(({ url }) => url.includes(group.id));
    const removed = calls.findIndex(({ method, url }) => method === 'DELETE' && url.includes('/members/'));
    expect(removed).toBeGreaterThan(-1);
    expect(calls.slice(removed).map(({ method, url }) => `${method} ${url}`)).toContainEqual(
      expect.stringMatching(/^GET .*\/members/),
    );
  });

  it('says on its card that it ended, by whom and why', async () => {
    access = await walk.becomes(access, /Access ended/);
    expect(textOf(access)).toMatch(/<@U0ADA> took it back .*"Tear-down of prod-eu, request \w{8}"/);
    expect(textOf(access)).toMatch(/removed from Kasten Users and checked in Entra/);
  });

  it('tells who had it', async () => {
    const told = await walk.until('the message', async () =>
      (await walk.sandbox.slack.control.directMessages(OUTSIDER.slackId)).find((one) =>
        /Your access \*admin\* on prod-eu ended/.test(textOf(one)),
      ),
    );
    expect(textOf(told)).toContain('"Tear-down of prod-eu, request');
  });

  it('leaves it in the audit log, whose chain is whole', async () => {
    const operator = walk.user(APPROVER);
    await operator.types(`audit @${OUTSIDER.handle}`);
    const { control } = walk.sandbox.slack;
    const story = await control.until('the story', async () =>
      (await control.ephemerals(APPROVER.slackId)).find((one) => /1 request for access/.test(textOf(one))),
    );
    expect(everythingOf(story)).toMatch(/<@U0ADA> .*Tear-down of prod-eu, request \w{8}/);
    await operator.types('audit verify');
    await operator.readsPrivately('that it is whole', /intact|complete|unbroken/i);
  });
});
// As they are where nothing is configured, but for a group that clusters may share.
const LEVELS = [
  {
    name: 'admin',
    description: 'Everything in K10',
    roles: ['admin', 'ns-admin'],
    group: 'Kasten Users',
    sharedGroup: true,
  },
  { name: 'ns-admin', description: "K10's namespace", roles: ['ns-admin'], group: 'Kasten Operators' },
];

describe('tearing down beside others', () => {
  let walk: Walk;
  beforeAll(async () => {
    walk = await Walk.start({
      clusters: ['prod-eu', 'prod-us'],
      adjust: { configuration: (usual) => ({ ...usual, accessLevels: LEVELS }) },
    });
  });
  afterAll(() => walk?.close());

  it('leaves a group that another cluster uses, an app that others put something into, and a binding made by hand', async () => {
    await walk.runs(DONE, { addMe: ['admin'] }, 'prod-eu');
    const group = groupsNamed(walk.sandbox, 'Kasten Users (prod-eu)')[0];
    if (group === undefined) throw new Error('no group');
    await walk.runs(DONE, { 'group:admin': group.id }, 'prod-us');
    const application = applicationOf(walk.sandbox);
    const web = application?.properties['web'] as { redirectUris: string[] };
    web.redirectUris.push('https://other.example.com/callback');
    const subject = `kasten_azure_${group.id}`;
    walk.sandbox.kubernetes.create('clusterrolebindings.rbac.authorization.k8s.io', {
      metadata: { name: 'by-hand' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'k10-admin' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: subject }],
    });

    const card = await tearsDown(walk, TORN_DOWN, EVERYTHING, 'prod-eu');
    expect(textOf(card)).toMatch(/Left: group Kasten Users \(prod-eu\).* stays: prod-us uses it, too\./);
    expect(textOf(card)).toMatch(
      /Left: ClusterRoleBinding by-hand -&gt; k10-admin is not Kastellan's: it stays\./,
    );
    expect(groupsNamed(walk.sandbox, 'Kasten Users (prod-eu)')).toHaveLength(1);
    expect(applicationOf(walk.sandbox)?.properties['web']).toMatchObject({
      redirectUris: ['https://other.example.com/callback'],
    });
    expect(secretsOf(applicationOf(walk.sandbox))).toEqual([]);
    const us = walk.sandbox.clusters[1];
    if (us === undefined) throw new Error('no second cluster');
    expect(await signIn(us.dashboard, ASKER)).toMatchObject({ signedIn: true });
  });

  it('leaves a group that was there before set-up', async () => {
    const card = await tearsDown(walk, TORN_DOWN, EVERYTHING, 'prod-us');
    expect(textOf(card)).toMatch(
      /Left: group Kasten Users \(prod-eu\) \(admin: Ada Asker\) stays: it was there before\./,
    );
    expect(groupsNamed(walk.sandbox, 'Kasten Users (prod-eu)')).toHaveLength(1);
    expect(applicationOf(walk.sandbox, 'prod-us')).toBeUndefined();
  });

  it('waits for a set-up that stopped half-way', async () => {
    const calm = walk.sandbox.kubernetes.faults.add({
      match: { path: '/subjectaccessreviews' },
      answer: { status: 403, body: forbidden },
    });
    const stopped = await walk.runs(STOPPED, {}, 'prod-eu');
    const refused = await asksToTearDown(walk, REFUSED, {}, 'prod-eu');
    expect(textOf(refused)).toMatch(
      /The request \w{8} on prod-eu is stopped and waiting for somebody\. Bring it to its end/,
    );
    calm();
    await walk.presses(stopped, 'roll-back', APPROVER);
    await walk.becomes(stopped, /was rolled back/);
  });
});

describe('tearing down where Argo CD keeps the release', () => {
  let walk: Walk;
  let helm: SomebodysHelm;
  beforeAll(async () => {
    walk = await Walk.start();
    walk.sandbox.kubernetes.installCustomResources('argo');
    walk.sandbox.kubernetes.create('namespaces', { metadata: { name: 'argocd' } });
    await asSomebody(walk, 'POST', ARGO.path, ARGO.object);
    helm = await somebodysHelm(walk);
    const done = await walk.runs(/one commit is left for you/, { addMe: ['admin'] });
    await helm.upgrade(merged((await helm.values()) as JsonObject, load(codeOf(done)) as JsonObject));
    expect(await signIn(walk.sandbox.dashboard, ASKER)).toMatchObject({ signedIn: true });
  });
  afterAll(() => walk?.close());

  it('hands over what to take back, and changes nothing as long as K10 needs it', async () => {
    const [entra, cluster] = [entraWrites(walk.sandbox), clusterWrites(walk.sandbox)];
    const card = await asksToTearDown(walk, /has to let go first: one commit is left for you/, EVERYTHING);
    expect(textOf(card)).toMatch(
      /commit these values where Argo CD reads them, then run \/kasten teardown prod-eu again/,
    );
    expect([entraWrites(walk.sandbox), clusterWrites(walk.sandbox)]).toEqual([entra, cluster]);
    const code = codeOf(card);
    const values = structuredClone(await helm.values()) as { auth: { oidcAuth: Record<string, unknown> } };
    for (const [, path] of code.matchAll(/^# {3}auth\.oidcAuth\.(\w+)$/gm))
      delete values.auth.oidcAuth[String(path)];
    await helm.upgrade(merged(values as unknown as JsonObject, load(code) as JsonObject));
    expect(await (await fetch(walk.sandbox.dashboard.url)).text()).toContain('Paste a token');
  });

  it('removes the rest once the commit is there', async () => {
    const card = await tearsDown(walk, TORN_DOWN, EVERYTHING);
    expect(textOf(card)).toMatch(/dashboard no longer redirects with this app.*app is gone/);
    expect(applicationOf(walk.sandbox)).toBeUndefined();
    expect(secretData(walk.sandbox, SECRET)).toEqual({});
    expect((await helm.state()).revision).toBe('3');
  });
});

const forbidden = {
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  reason: 'Forbidden',
  code: 403,
  message: 'subjectaccessreviews.authorization.k8s.io is forbidden: User "admin" cannot create resource',
};
