import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { APPROVER, ASKER, DONE, everythingOf, STOPPED, Walk } from '../support/walk.ts';
import { somebodysHelm } from '../support/walk-helm.ts';
import { clusterState, clusterWrites, entraState, entraWrites } from '../support/walk-state.ts';

describe('rolling back', () => {
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

  /** Everything is carried out, but the cluster does not answer what the group may do. */
  async function stopsAtTheProof(): Promise<SlackMessage> {
    const calm = walk.sandbox.kubernetes.faults.add({
      match: { path: '/subjectaccessreviews' },
      answer: { status: 403, body: forbidden },
    });
    const card = await walk.runs(STOPPED, { addMe: ['admin'] });
    calm();
    expect(textOf(card)).toMatch(/stopped at "Proof"/);
    expect(textOf(card)).toMatch(/Done and kept:.*Helm upgrade, K10 pods/);
    return card;
  }

  it('puts Entra, the cluster and the release back as they were, newest first', async () => {
    const card = await stopsAtTheProof();
    expect(states()).not.toEqual(before);
    const [entraBegan, clusterBegan] = [entraWrites(walk.sandbox).length, clusterWrites(walk.sandbox).length];
    await walk.presses(card, 'roll-back', ASKER);
    const undone = await walk.becomes(card, /was rolled back/);
    expect(textOf(undone)).toMatch(/what was there before is as it was/);
    expect(states()).toEqual(before);

    const helm = await somebodysHelm(walk);
    expect(await helm.values()).toEqual(await helm.values(1));
    expect(await (await fetch(walk.sandbox.dashboard.url)).text()).toContain('Paste a token');
    const deletions = [
      ...clusterWrites(walk.sandbox)
        .slice(clusterBegan)
        .filter((write) => /kastellan/.test(write)),
      ...entraWrites(walk.sandbox).slice(entraBegan),
    ].filter((write) => /^DELETE|removePassword/.test(write));
    const order = deletions.map((write) =>
      write.replace(
        /^\w+ .*?(kastellan-k10-oidc|kastellan-ns-admin|kastellan-admin|servicePrincipals|applications|groups).*$/,
        '$1',
      ),
    );
    expect(order).toContain('kastellan-k10-oidc');
    expect(order.indexOf('servicePrincipals')).toBeLessThan(order.lastIndexOf('applications'));
    expect(order).toContain('groups');
    await walk
      .user(ASKER)
      .readsPrivately('that all is as before', /rolled back\. .*what was there before is as it was/);
  });

  it('lists exactly what is left behind when undoing fails, and can try again', async () => {
    const card = await stopsAtTheProof();
    walk.sandbox.entra.knobs.revokedPermissions = ['Application.ReadWrite.OwnedBy'];
    await walk.presses(card, 'roll-back', APPROVER);
    const stuck = await walk.becomes(card, /needs a person/);
    const left = everythingOf(stuck).match(/• ([^:]+):/g);
    expect(left).toEqual([
      '• Kubernetes Secret kastellan-k10-oidc:',
      '• Enterprise application:',
      '• App kasten-service:',
    ]);
    expect(textOf(stuck)).toMatch(/lacks the Graph permission Application\.ReadWrite\.OwnedBy/);
    await walk.user(ASKER).readsPrivately('that it did not get through', /did not get through/);

    walk.sandbox.entra.knobs.revokedPermissions = [];
    await walk.presses(stuck, 'roll-back', APPROVER);
    await walk.becomes(card, /was rolled back/);
    expect(states()).toEqual(before);
  });

  it('leaves nothing in the way of asking again', async () => {
    await walk.runs(DONE, { addMe: ['admin'] });
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
