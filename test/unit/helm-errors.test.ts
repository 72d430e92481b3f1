import { describe, expect, it } from '@jest/globals';
import { helmEnded, helmError } from '../../src/adapters/helm/errors.ts';
import type { HelmAttempt } from '../../src/adapters/helm/sentences.ts';

const attempt: HelmAttempt = {
  action: 'upgrade',
  release: 'k10',
  namespace: 'kasten-io',
  chart: { repository: 'https://charts.kasten.io', name: 'k10' },
  chartVersion: '7.5.10',
  secrets: ['hunter2-hunter2'],
};

// As the two versions write them.
const CASES: readonly (readonly [what: string, stderr: string, code: string, says: string])[] = [
  ['release missing on read', 'Error: release: not found\n', 'helm.release-missing', 'k10 in kasten-io'],
  [
    'release missing on upgrade',
    'Error: UPGRADE FAILED: "k10" has no deployed releases',
    'helm.release-missing',
    'k10',
  ],
  ['revision gone', 'Error: release has no 7 version', 'helm.revision-missing', 'revision 7'],
  [
    'lock',
    'Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress',
    'helm.locked',
    'under way',
  ],
  ['two at once', 'Error: UPGRADE FAILED: release: already exists', 'helm.locked', 'under way'],
  [
    'API refused by Helm 3',
    'Error: Kubernetes cluster unreachable: Get "https://127.0.0.1:1/version": dial tcp 127.0.0.1:1: connect: connection refused',
    'kubernetes.unreachable',
    'connection refused',
  ],
  [
    'API refused by Helm 4',
    'Error: kubernetes cluster unreachable: Get "https://127.0.0.1:1/version": connection refused',
    'kubernetes.unreachable',
    'connection refused',
  ],
  [
    '401',
    'Error: Kubernetes cluster unreachable: the server has asked for the client to provide credentials',
    'kubernetes.unauthorized',
    'credentials',
  ],
  [
    'wrong context',
    'Error: Kubernetes cluster unreachable: context "nope" does not exist',
    'kubernetes.context-missing',
    '"nope"',
  ],
  [
    '403 on a list',
    'Error: query: failed to query with labels: secrets is forbidden: User "bob" cannot list resource "secrets" in API group "" in the namespace "kasten-io"',
    'helm.forbidden',
    'list secrets',
  ],
  [
    '403 on an object',
    'Error: UPGRADE FAILED: cannot patch "gateway" with kind Deployment: deployments.apps "gateway" is forbidden: User "bob" cannot patch resource "deployments" in API group "apps" in the namespace "kasten-io"',
    'helm.forbidden',
    'patch deployments.apps',
  ],
  [
    'escalation',
    'Error: UPGRADE FAILED: clusterroles.rbac.authorization.k8s.io "k10-admin" is forbidden: user "bob" (groups=["x"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:["*"]}',
    'helm.forbidden',
    'grants rights',
  ],
  [
    'repository down',
    'Error: looks like "https://charts.kasten.io" is not a valid chart repository or cannot be reached: Get "https://charts.kasten.io/index.yaml": dial tcp: lookup charts.kasten.io: no such host',
    'helm.repository-unreachable',
    'no such host',
  ],
  [
    'version not in the repository',
    'Error: chart "k10" version "7.5.10" not found in https://charts.kasten.io repository',
    'helm.chart-missing',
    'k10 7.5.10',
  ],
  [
    'OCI tag missing in Helm 3',
    'Error: failed to resolve r.example/k10:7.5.10: r.example/k10:7.5.10: not found',
    'helm.chart-missing',
    'k10 7.5.10',
  ],
  [
    'OCI tag missing in Helm 4',
    'Error: failed to perform "FetchReference" on source: r.example/k10:7.5.10: not found',
    'helm.chart-missing',
    'k10 7.5.10',
  ],
  ['packed chart missing', 'Error: path "/charts/k10.tgz" not found', 'helm.chart-missing', 'k10 7.5.10'],
  [
    'not ready, as Helm 4 watches',
    'level=WARN msg="upgrade failed"\nError: UPGRADE FAILED: resource Deployment/kasten-io/gateway not ready. status: InProgress, message: Replicas: 0/1\ncontext deadline exceeded',
    'helm.not-ready',
    'Deployment gateway',
  ],
  [
    'not ready, as Helm 3 polls',
    'ready.go:303: 2026-01-01 00:00:00 [debug] Deployment is not ready: kasten-io/auth-svc. 0 out of 1 expected pods are ready\nError: UPGRADE FAILED: context deadline exceeded\nhelm.go:92: 2026 [debug] context deadline exceeded',
    'helm.not-ready',
    'Deployment auth-svc of',
  ],
  [
    'not ready, as Helm 4 polls',
    'level=DEBUG msg="Deployment does not have enough pods ready" namespace=kasten-io name=auth-svc readyPods=0 totalPods=1\nlevel=WARN msg="upgrade failed" name=k10 error="context deadline exceeded"\nError: UPGRADE FAILED: context deadline exceeded',
    'helm.not-ready',
    'Deployment auth-svc of',
  ],
  [
    'field of another manager',
    'Error: UPGRADE FAILED: conflict occurred while applying object kasten-io/gateway apps/v1, Kind=Deployment: Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas',
    'helm.field-conflict',
    '.spec.replicas of Deployment gateway was set by kubectl-edit',
  ],
  [
    'several fields of another manager',
    'Error: UPGRADE FAILED: conflict occurred while applying object kasten-io/gateway apps/v1, Kind=Deployment: Apply failed with 2 conflicts: conflicts with "kubectl-edit" using apps/v1:\n- .spec.replicas\n- .spec.paused',
    'helm.field-conflict',
    '.spec.replicas of Deployment gateway was set by kubectl-edit',
  ],
  [
    'ownership',
    'Error: UPGRADE FAILED: Unable to continue with update: Secret "k10-oidc-auth" in namespace "kasten-io" exists and cannot be imported into the current release: invalid ownership metadata',
    'helm.ownership',
    'Secret "k10-oidc-auth"',
  ],
  [
    'schema',
    "Error: UPGRADE FAILED: values don't meet the specifications of the schema(s) in the following chart(s):\nk10:\n- at '/auth/oidcAuth/clientSecret': 'hunter2-hunter2' does not match pattern '^x$'\n",
    'helm.values-rejected',
    '/auth/oidcAuth/clientSecret',
  ],
  [
    'template that gives up',
    'Error: UPGRADE FAILED: execution error at (k10/templates/secrets.yaml:9:5): auth.oidcAuth.providerURL field is required!',
    'helm.values-rejected',
    'providerURL field is required',
  ],
  ['no words known', 'Error: something new with hunter2-hunter2 in it', 'helm.unknown', 'something new'],
];

describe('what Helm says when it fails', () => {
  it.each(CASES)('%s becomes a sentence with a code', (_what, stderr, code, says) => {
    const error = helmError(stderr, attempt);
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
  });

  it.each(CASES)('%s repeats no secret, not even in the cause', (_what, stderr) => {
    const error = helmError(stderr, attempt);
    expect(JSON.stringify([error.message, error.hint, error.cause])).not.toContain('hunter2');
  });

  it('names the namespace of a missing right in the hint', () => {
    const error = helmError(CASES.find(([what]) => what === '403 on a list')?.[1] ?? '', attempt);
    expect(error.hint).toBe('Give Kastellan the verb "list" on secrets in the namespace kasten-io.');
  });

  it('points to catalogues that number charts their own way', () => {
    const error = helmError('Error: chart "k10" version "7.5.1001" not found in x repository', {
      ...attempt,
      chartVersion: '7.5.1001',
    });
    expect(error.hint).toContain('Rancher');
  });

  it('may be tried again where the fault can pass by itself, and not where somebody has to act', () => {
    const retry = (stderr: string) => helmError(stderr, attempt).retry.when;
    expect(retry('Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress')).toBe(
      'later',
    );
    expect(retry('Error: release: not found')).toBe('never');
    expect(helmEnded('aborted', '', attempt).retry.when).toBe('later');
  });

  it('calls a Helm that got no answer an unreachable cluster', () => {
    expect(helmEnded('timed-out', '', attempt).code).toBe('kubernetes.unreachable');
  });

  it('calls it the repository where that was asked for a chart, and not the cluster', () => {
    const error = helmEnded('timed-out', '', { ...attempt, asked: 'repository' });
    expect(error).toMatchObject({
      code: 'helm.repository-unreachable',
      message: expect.stringMatching(
        /^The chart repository \S+ cannot be reached: it did not answer in time\.$/,
      ),
      retry: { when: 'later' },
    });
  });
});
