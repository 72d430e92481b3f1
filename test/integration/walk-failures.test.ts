import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { APPROVER, ASKER, DONE, OUTSIDER, STOPPED, Walk } from '../support/walk.ts';
import { somebodysHelm } from '../support/walk-helm.ts';
import { applicationOf, entraWrites, groupsNamed, secretsOf } from '../support/walk-state.ts';

describe('a set-up that stops on its way, and goes on', () => {
  let walk: Walk;
  let card: SlackMessage;
  beforeAll(async () => {
    walk = await Walk.start({
      k10TrustsEntra: false,
      adjust: {
        configuration: (usual) => ({ ...usual, setup: { upgradeTimeout: '12s' } }),
      },
    });
  });
  afterAll(() => walk?.close());

  it('names the step and the Graph permission that is missing, and what has been done', async () => {
    card = await walk.plan({ addMe: ['admin'] });
    walk.sandbox.entra.knobs.revokedPermissions = ['Group.Create'];
    await walk.approves(card);
    const stopped = textOf(await walk.becomes(card, STOPPED));
    expect(stopped).toMatch(/stopped at "Group Kasten Users"/);
    expect(stopped).toMatch(/lacks the Graph permission Group\.Create/);
    expect(stopped).toMatch(/Grant the application permission Group\.Create with admin consent/);
    expect(stopped).toMatch(/Done and kept:.*App kasten-service/);
    expect(stopped).toMatch(/Not begun:.*Helm upgrade/);
    await walk.user(ASKER).readsPrivately('where it stopped', /stopped and waits for somebody/);
  });

  it('lets only the asker, approvers and operators go on', async () => {
    const stranger = await walk.presses(card, 'retry', OUTSIDER);
    await stranger.readsPrivately('why not', /Only <@U0ADA>.*can do this/);
  });

  it('takes an upgrade back that does not come up, and gives the reason in words of K10', async () => {
    walk.sandbox.entra.knobs.revokedPermissions = [];
    await walk.presses(card, 'retry', ASKER);
    const stopped = textOf(await walk.becomes(card, /stopped at "Helm upgrade"/));
    expect(stopped).toMatch(/auth-svc did not become ready/);
    expect(stopped).toMatch(/certificate signed by unknown authority/);
    expect(stopped).toMatch(/Helm is back at revision 1; the dashboard works as before/);
    expect(stopped).toMatch(/cacertconfigmap/);
    const dashboard = await fetch(walk.sandbox.dashboard.url);
    expect(await dashboard.text()).toContain('Paste a token');
    const helm = await somebodysHelm(walk);
    expect((await helm.values())['auth']).toEqual({ tokenAuth: { enabled: true }, ldap: { bindPW: '' } });
  });

  it('goes on from there once somebody mended it, and makes nothing twice', async () => {
    const { kubernetes, authority } = walk.sandbox;
    kubernetes.create('configmaps', {
      metadata: { name: 'company-ca', namespace: 'kasten-io' },
      data: { 'custom-ca-bundle.pem': authority.certificate },
    });
    const helm = await somebodysHelm(walk);
    await helm.upgrade({ ...(await helm.values()), cacertconfigmap: { name: 'company-ca' } });
    await walk.presses(card, 'retry', APPROVER);
    await walk.becomes(card, DONE);
    expect(groupsNamed(walk.sandbox, 'Kasten Users')).toHaveLength(1);
    expect(secretsOf(applicationOf(walk.sandbox))).toHaveLength(1);
    const made = entraWrites(walk.sandbox).filter((write) => / 201$/.test(write));
    const kinds = made.map((write) => write.replace(/^\w+ \/v1\.0\/(\w+).*$/, '$1'));
    expect(kinds.toSorted()).toEqual(['applications', 'groups', 'groups', 'servicePrincipals']);
    expect((await helm.values())['cacertconfigmap']).toEqual({ name: 'company-ca' });
  });
});
