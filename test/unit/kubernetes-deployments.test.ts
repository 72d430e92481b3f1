import { describe, expect, it } from '@jest/globals';
import type { V1DeploymentStatus } from '@kubernetes/client-node';
import { belongsTo, describeDeployment } from '../../src/adapters/kubernetes/deployments.ts';
import { RIGHTS } from '../../src/adapters/kubernetes/rights.ts';

const COMPLETE = {
  observedGeneration: 2,
  replicas: 1,
  updatedReplicas: 1,
  readyReplicas: 1,
  availableReplicas: 1,
};

function stateOf(status: V1DeploymentStatus, replicas = 1): [boolean, string] {
  const selector = { matchLabels: { app: 'x' } };
  const spec = { replicas, selector, template: {} };
  const state = describeDeployment({ metadata: { name: 'auth-svc', generation: 2 }, spec, status });
  return [state.ready, state.status];
}

describe('a Deployment', () => {
  it('is ready when all its pods are of the newest kind and available', () => {
    expect(stateOf(COMPLETE)).toEqual([true, 'ready']);
    expect(stateOf({ observedGeneration: 2 }, 0)).toEqual([true, 'ready']);
  });

  it('is starting as long as nobody has looked at its newest form', () => {
    expect(stateOf({ ...COMPLETE, observedGeneration: 1 })).toEqual([false, 'starting']);
    expect(stateOf({})).toEqual([false, 'starting']);
  });

  it('counts the pods that are there', () => {
    expect(stateOf({ ...COMPLETE, replicas: 3, updatedReplicas: 2 }, 3)).toEqual([false, '1 of 3 pods']);
    expect(stateOf({ ...COMPLETE, updatedReplicas: 0 })).toEqual([false, 'starting']);
  });

  it('is not ready while pods of the old kind are left', () => {
    expect(stateOf({ ...COMPLETE, replicas: 2, availableReplicas: 2 })).toEqual([
      false,
      'old pods are stopping',
    ]);
  });

  it('says why it is stuck', () => {
    const stuck = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' };
    expect(stateOf({ ...COMPLETE, conditions: [stuck] })).toEqual([false, 'ProgressDeadlineExceeded']);
    const refused = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' };
    expect(stateOf({ observedGeneration: 2, conditions: [refused] })).toEqual([false, 'FailedCreate']);
  });
});

describe('whose Deployment it is', () => {
  const address = { release: 'k10', namespace: 'kasten-io' };
  const helm = (release: string, namespace: string) => ({
    'meta.helm.sh/release-name': release,
    'meta.helm.sh/release-namespace': namespace,
  });

  it.each([
    ['made by this release', { annotations: helm('k10', 'kasten-io') }, true],
    [
      'made by another release',
      { annotations: helm('other', 'kasten-io'), labels: { release: 'k10' } },
      false,
    ],
    ['made by a namesake elsewhere', { annotations: helm('k10', 'elsewhere') }, false],
    ['rendered by something else', { labels: { 'app.kubernetes.io/instance': 'k10' } }, true],
    ['nobody knows', {}, false],
  ])('one %s', (_what, metadata, expected) => {
    expect(belongsTo({ metadata }, address)).toBe(expected);
  });
});

describe('the table of rights', () => {
  it('lists each right once, with a reason', () => {
    const keys = RIGHTS.map(({ verb, group, resource, name, scope }) =>
      [verb, group, resource, name, scope].join(),
    );
    expect(new Set(keys).size).toBe(keys.length);
    expect(RIGHTS.every(({ why }) => why !== '')).toBe(true);
  });

  it('asks for no right to everything', () => {
    expect(JSON.stringify(RIGHTS)).not.toContain('*');
  });
});
