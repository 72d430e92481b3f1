import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { loadAll } from 'js-yaml';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { rightsFor } from '../../src/adapters/kubernetes/rights.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { openAdmin } from '../cluster/support/admin.ts';
import { ADDRESS, takeRights } from '../cluster/support/without-right.ts';
import { ASKER, everythingOf, REFUSED, Walk } from '../support/walk.ts';
import { clusterWrites, entraWrites } from '../support/walk-state.ts';

const TAKEN = [
  ['patch', 'apiservices'],
  ['patch', 'networkpolicies'],
  ['delete', 'rolebindings'],
  ['list', 'deployments'],
];

describe('A Kastellan whose rights do not reach', () => {
  let walk: Walk;
  let rules = '';
  beforeAll(async () => {
    walk = await Walk.start();
    const rights = rightsFor(ADDRESS, 'both').filter(({ verb, resource }) =>
      TAKEN.some(([takenVerb, takenResource]) => verb === takenVerb && resource === takenResource),
    );
    await takeRights(openAdmin(walk.sandbox.clusters[0].kubeconfig), rights);
  });
  afterAll(() => walk?.close());

  it('refuses the plan and names everything that is missing at once, before anything was changed', async () => {
    // The roles were just changed by an administrator.
    const before = clusterWrites(walk.sandbox);
    const card = await walk.gets(REFUSED);
    const said = textOf(card);
    expect(said).toContain(
      'The service account kastellan in the namespace kastellan lacks rights in Kubernetes',
    );
    expect(said).toContain('patch apiservices.apiregistration.k8s.io "v1alpha1.actions.kio.kasten.io"');
    expect(said).toContain('patch networkpolicies.networking.k8s.io in the namespace kasten-io');
    expect(said).toMatch(/delete rolebindings\.rbac\.authorization\.k8s\.io "kastellan-admin-k10-ns-admin"/);
    expect(said).toContain('list deployments.apps in the namespace kasten-io');
    expect(said).toContain('Nothing was changed.');
    expect(entraWrites(walk.sandbox)).toEqual([]);
    expect(clusterWrites(walk.sandbox)).toEqual(before);
    const thread = await walk.until('the rules in the thread', async () => {
      const found = await walk.threadOf(card);
      return found.some(({ blocks }) => JSON.stringify(blocks).includes('apiVersion')) ? found : undefined;
    });
    rules = thread
      .flatMap(({ blocks = [] }) => blocks as { text?: { text: string } }[])
      .map(({ text }) => text?.text ?? '')
      .join('');
  });

  it('shows the same in the doctor, in Slack and in the shell', async () => {
    const missing = 'patch networkpolicies.networking.k8s.io in the namespace kasten-io';
    await walk.user(ASKER).types('doctor');
    const answer = await walk.until("the doctor's answer", async () => {
      const answers = await walk.sandbox.slack.control.ephemerals(ASKER.slackId);
      return answers.map(everythingOf).find((said) => said.includes(missing));
    });
    expect(answer).toContain('kastellan-added-');
    const { stdout } = await execa(process.execPath, ['--no-warnings', 'src/main.ts', 'doctor'], {
      env: walk.sandbox.environment,
      reject: false,
    });
    expect(stdout).toContain(missing);
    expect(stdout).toMatch(/^kind: ClusterRole$/m);
  });

  it('makes a plan once an administrator has applied these rules as they are', async () => {
    const admin = openAdmin(walk.sandbox.clusters[0].kubeconfig);
    for (const object of loadAll(rules) as JsonObject[]) await admin.create(object);
    await walk.withdraws(await walk.plan());
  });
});
