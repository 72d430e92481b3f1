import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { APPROVERS_HANDLE, CAST } from '../../sandbox/cast.ts';
import type { KubeObject } from '../../sandbox/kubernetes/objects.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { ASKER, DONE, everythingOf, OUTSIDER, REFUSED, Walk } from '../support/walk.ts';
import { applicationOf, clusterWrites, entraWrites, groupsNamed, secretsOf } from '../support/walk-state.ts';

const TEAM = 'bbbbbbbb-0000-4000-8000-000000000001';
const NEWS = 'bbbbbbbb-0000-4000-8000-000000000002';
const OPERATORS = 'bbbbbbbb-0000-4000-8000-000000000003';
const ON_CALL = 'bbbbbbbb-0000-4000-8000-000000000004';
const NOBODY = 'bbbbbbbb-0000-4000-8000-00000000ffff';

describe('what cannot be set up as asked', () => {
  let walk: Walk;
  beforeAll(async () => {
    walk = await Walk.start({
      adjust: {
        configuration: ({ approvals: { setup }, ...usual }) => ({
          ...usual,
          // The person who asks is in a group in this group.
          approvals: { setup: { ...setup, requesters: { entraGroups: [OPERATORS] } } },
        }),
        slack: (usual) => ({
          ...usual,
          people: [
            ...usual.people,
            { id: 'U0GIL', name: 'gil', realName: 'Gil Elsewhere', email: 'gil@elsewhere.example' },
            { id: 'U0FAY', name: 'fay', realName: 'Fay Twice', email: 'fay@contoso.example' },
          ],
        }),
        entra: (usual) => ({
          ...usual,
          people: [
            ...(usual.people ?? []),
            person('Fay One', 'fay.one@contoso.example', 'fay@contoso.example'),
            person('Fay Two', 'fay.two@contoso.example', 'fay@contoso.example'),
          ],
          groups: [
            {
              id: TEAM,
              displayName: 'Backup Team',
              members: ['dan@contoso.example'],
              owners: ['eve@contoso.example'],
            },
            { id: ON_CALL, displayName: 'On call', members: [ASKER.email] },
            { id: OPERATORS, displayName: 'Operators', members: [ON_CALL] },
            {
              id: NEWS,
              displayName: 'Newsletter',
              properties: { securityEnabled: false, mailEnabled: true, groupTypes: ['Unified'] },
            },
          ],
        }),
      },
    });
  });
  afterAll(() => walk?.close());
  afterEach(() => {
    walk.sandbox.kubernetes.faults.clear();
    walk.sandbox.entra.knobs.secretPolicy = {};
  });

  async function refusal(words: RegExp): Promise<void> {
    const card = await walk.gets(REFUSED);
    expect(textOf(card)).toMatch(words);
    expect(textOf(card)).toContain('Nothing was changed.');
    expect(walk.sandbox.slack.control.actionsOf(card)).toEqual([]);
    await walk.user(ASKER).readsPrivately('the refusal', REFUSED);
  }

  it('says before the form to a person who is in no group that may ask, and whom to ask', async () => {
    const outsider = walk.user(OUTSIDER);
    for (const [command, what] of [
      ['setup', 'set-up'],
      ['rotate', 'rotation'],
      ['teardown', 'tear-down'],
    ] as const) {
      await outsider.types(command);
      await outsider.readsPrivately(
        'the refusal',
        new RegExp(`You may not ask for a ${what}\\. Ask members of @${APPROVERS_HANDLE} instead`),
      );
    }
    expect(walk.sandbox.slack.control.modals(OUTSIDER.slackId)).toEqual([]);
  });

  it('says at its field that a group is not there, or is no security group', async () => {
    expect(await walk.asks({ 'group:admin': NOBODY })).toEqual({
      'group:admin': expect.stringMatching(/There is no group with the object ID .*Copy the object ID/),
    });
    expect(await walk.asks({ 'group:admin': NEWS })).toEqual({
      'group:admin': expect.stringMatching(/Newsletter is no security group.*Choose a security group/),
    });
  });

  it('says at its field that a person has no account in Entra, or two', async () => {
    expect(await walk.asks({ 'members:admin': ['U0GIL'] })).toEqual({
      'members:admin': expect.stringMatching(/gil has no account in Entra.*An operator can link/),
    });
    expect(await walk.asks({ 'members:admin': ['U0FAY'] })).toEqual({
      'members:admin': expect.stringMatching(/2 Entra accounts have the address/),
    });
  });

  it('says at its field what is wrong with the address of the dashboard', async () => {
    const { origin } = walk.sandbox.dashboard;
    expect(await walk.asks({ dashboardUrl: origin.replace('https', 'http') })).toEqual({
      dashboardUrl: expect.stringContaining('https://'),
    });
    expect(await walk.asks({ dashboardUrl: `${origin}/backup` })).toEqual({
      dashboardUrl: expect.stringContaining('release is called k10'),
    });
  });

  it('takes the address as people paste it and shows it back as origin and release', async () => {
    const { origin } = walk.sandbox.dashboard;
    for (const pasted of [`${origin}/k10`, `${origin}/k10/`, `${origin}/k10/#/dashboard`, `${origin}/`]) {
      const card = await walk.plan({ dashboardUrl: pasted });
      expect(everythingOf(card)).toContain(`for ${origin}, with`);
      expect(everythingOf(card)).toContain(`${origin}/k10/auth-svc/v0/oidc/redirect`);
      await walk.withdraws(card);
    }
  });

  it('refuses where the tenant forbids client secrets', async () => {
    walk.sandbox.entra.knobs.secretPolicy = { forbidden: true };
    await refusal(/forbids client secrets.*exemption/);
  });

  it('plans with a warning where Entra may exempt Kastellan from that, which Kastellan cannot read', async () => {
    const exempt = { id: 'Ops_Exempt', value: 'secrets' };
    walk.sandbox.entra.knobs.secretPolicy = { rules: [{ restrictionType: 'passwordAddition', exempt }] };
    const card = await walk.plan();
    expect(everythingOf(card)).toMatch(/forbids client secrets.*may not apply to Kastellan/);
    await walk.withdraws(card);
  });

  it('shows in the plan that the tenant lets secrets live less long', async () => {
    walk.sandbox.entra.knobs.secretPolicy = { maxLifetimeDays: 90 };
    const card = await walk.plan();
    expect(everythingOf(card)).toContain('client secret valid 90 days, the longest this tenant allows');
    await walk.withdraws(card);
  });

  it("refuses where one of K10's roles is missing", async () => {
    const back = takeAway(walk, 'roles.rbac.authorization.k8s.io', 'k10-ns-admin');
    await refusal(/K10's Role k10-ns-admin is not there in the namespace kasten-io.*kubectl get role/);
    back();
  });

  it('refuses where there is no such release', async () => {
    const back = takeAway(walk, 'secrets', 'sh.helm.release.v1.k10.v1');
    await refusal(/There is no Helm release k10 in the namespace kasten-io.*Install K10 first/);
    back();
  });

  it('refuses where the chart repository cannot be reached', async () => {
    await walk.sandbox.repository.goAway();
    await refusal(/chart repository .* cannot be reached.*Look at the address/);
    await walk.sandbox.repository.comeBack();
  });

  it('refuses where the cluster cannot be reached, and status says so', async () => {
    walk.sandbox.kubernetes.faults.away(60_000);
    const asker = walk.user(ASKER);
    await asker.types('status');
    await refusal(/cannot be reached|does not answer/);
    await asker.readsPrivately(
      'that it cannot be looked at',
      /prod-eu.*(cannot be reached|does not answer)/s,
    );
  });

  it('has changed nothing with all of this', () => {
    expect(entraWrites(walk.sandbox)).toEqual([]);
    expect(clusterWrites(walk.sandbox)).toEqual([]);
  });

  it('adopts an existing group by its object ID and leaves its people in it', async () => {
    const { entra } = walk.sandbox;
    walk.sandbox.slack.control.setUserGroup(APPROVERS_HANDLE, ['U0BEN']);
    const plan = await walk.plan({ 'group:admin': TEAM, addMe: ['admin'], secretLifetimeDays: '30' });
    expect(everythingOf(plan)).toContain('= group Backup Team (admin)');
    const said = everythingOf(plan);
    expect(said).toContain(`object ID ${TEAM}`);
    expect(said).toContain('1 member of Backup Team, there for good from now on: Dan Outsider');
    expect(said).toContain('Dan Outsider, who is in Backup Team now, will get in as admin for good');
    expect(said).toContain('Backup Team is owned by Eve Oncall, who can put people into it');
    expect(said).toMatch(/No Conditional Access policy names it/);
    await walk.approves(plan);
    await walk.becomes(plan, DONE);
    const members = [...(entra.directory.entries.get(TEAM)?.members ?? [])];
    const names = members.map((id) => entra.directory.entries.get(id)?.properties['displayName']);
    expect(names.toSorted()).toEqual(['Ada Asker', 'Dan Outsider']);
    expect(groupsNamed(walk.sandbox, 'Kasten Users')).toEqual([]);
    const [secret] = secretsOf(applicationOf(walk.sandbox));
    const days = (Date.parse(String(secret?.['endDateTime'])) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29);
    expect(days).toBeLessThan(31);
  });

  it('names all members of that group anew, also who was put there since and groups inside it, once nothing lets it in any more', async () => {
    const { entra, kubernetes } = walk.sandbox;
    const rbac = 'rbac.authorization.k8s.io';
    kubernetes.store.remove(`clusterrolebindings.${rbac}`, '', 'kastellan-admin-k10-admin');
    kubernetes.store.remove(`rolebindings.${rbac}`, 'kasten-io', 'kastellan-admin-k10-ns-admin');
    const eve = entra.directory.findBy('user', 'mail', CAST.onCall.email)?.id ?? '';
    const team = entra.directory.entries.get(TEAM)?.members;
    team?.add(eve);
    team?.add(ON_CALL);
    const plan = await walk.plan({ 'group:admin': TEAM });
    expect(everythingOf(plan)).toContain(
      '3 members of Backup Team, there for good from now on: Ada Asker, Dan Outsider, Eve Oncall; 1 member of the group On call inside it',
    );
    await walk.withdraws(plan);
  });
});

function person(displayName: string, userPrincipalName: string, mail: string) {
  return { displayName, userPrincipalName, mail, password: 'none', mfaCode: '000000' };
}

/** Takes an object of K10's namespace away; call what comes back to put it there again. */
function takeAway({ sandbox }: Walk, resource: string, name: string): () => void {
  const { store } = sandbox.kubernetes;
  const object = store.remove(resource, 'kasten-io', name) as KubeObject;
  return () => void store.put(resource, object);
}
