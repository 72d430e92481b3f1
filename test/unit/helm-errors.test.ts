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
    'nothing to upgrade from: no release, or one without a deployed revision',
    'Error: UPGRADE FAILED: "k10" has no deployed releases',
    'helm.nothing-deployed',
    'an install or uninstall of it did not finish, or it is gone',
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
  [
    'a webhook that does not answer in time',
    'Error: UPGRADE FAILED: cannot patch "auth-svc" with kind Deployment: Internal error occurred: failed calling webhook "mutate.linkerd.io": failed to call webhook: Post "https://linkerd-proxy-injector.linkerd.svc:443/?timeout=10s": context deadline exceeded',
    'helm.webhook-silent',
    'its webhook mutate.linkerd.io about k10 in kasten-io: context deadline exceeded',
  ],
  [
    'a webhook whose Service has no pods',
    'Error: UPGRADE FAILED: failed to create resource: Internal error occurred: failed calling webhook "validation.gatekeeper.sh": failed to call webhook: Post "https://gatekeeper-webhook-service.gatekeeper-system.svc:443/v1/admit?timeout=3s": no endpoints available for service "gatekeeper-webhook-service"',
    'helm.webhook-silent',
    'no endpoints available for service',
  ],
  [
    'a webhook whose certificate is not trusted',
    'Error: UPGRADE FAILED: Internal error occurred: failed calling webhook "validate.kyverno.svc-fail": failed to call webhook: Post "https://kyverno-svc.kyverno.svc:443/validate/fail?timeout=10s": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'helm.webhook-silent',
    'certificate signed by unknown authority',
  ],
  [
    'a conversion webhook that is gone',
    'Error: UPGRADE FAILED: conversion webhook for cr.kanister.io/v1alpha1, Kind=Profile failed: Post "https://kanister.kasten-io.svc:443/convert?timeout=30s": service "kanister" not found',
    'helm.webhook-silent',
    'cr.kanister.io/v1alpha1, Kind=Profile',
  ],
  [
    'a webhook that says no, in words that others use',
    'Error: UPGRADE FAILED: cannot patch "gateway" with kind Deployment: admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Deployment/kasten-io/gateway was blocked: the image is forbidden: use the mirror',
    'helm.admission-denied',
    'validate.kyverno.svc-fail does not admit',
  ],
  [
    'a webhook that says no without a word',
    'Error: UPGRADE FAILED: admission webhook "deny.example.com" denied the request without explanation',
    'helm.admission-denied',
    'without explanation',
  ],
  [
    'a policy of the cluster that says no',
    `Error: UPGRADE FAILED: deployments.apps "gateway" is forbidden: ValidatingAdmissionPolicy 'replicas.example.com' with binding 'all' denied request: at least two replicas`,
    'helm.admission-denied',
    "ValidatingAdmissionPolicy 'replicas.example.com' does not admit what the chart makes for k10 in kasten-io: at least two replicas",
  ],
  [
    'another writer at the same moment',
    'Error: UPGRADE FAILED: cannot patch "gateway" with kind Deployment: Operation cannot be fulfilled on deployments.apps "gateway": the object has been modified; please apply your changes to the latest version and try again',
    'helm.object-changed',
    'deployments.apps "gateway" of k10 in kasten-io was changed by another writer',
  ],
  [
    'an object replaced by another of its name',
    'Error: UPGRADE FAILED: Operation cannot be fulfilled on roles.rbac.authorization.k8s.io "k10-ns-admin": StorageError: invalid object, Code: 4, Key: /registry/roles/kasten-io/k10-ns-admin, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: a, UID in object meta: b',
    'helm.object-changed',
    'k10-ns-admin',
  ],
  [
    'a record too large for a Secret, since Kubernetes 1.32',
    'Error: UPGRADE FAILED: create: failed to create: Secret "sh.helm.release.v1.k10.v7" is invalid: data: Too long: may not be more than 1048576 bytes',
    'helm.record-too-large',
    'sh.helm.release.v1.k10.v7',
  ],
  [
    'a record too large for a Secret, before that',
    'Error: UPGRADE FAILED: create: failed to create: Secret "sh.helm.release.v1.k10.v7" is invalid: data: Too long: must have at most 1048576 bytes',
    'helm.record-too-large',
    '1 MiB',
  ],
  [
    "a record too large for the cluster's store",
    'Error: UPGRADE FAILED: create: failed to create: etcdserver: request is too large',
    'helm.record-too-large',
    'request is too large',
  ],
  [
    'a Secret of the chart that is too large, which is no record',
    'Error: UPGRADE FAILED: failed to create resource: Secret "k10-logos" is invalid: data: Too long: may not be more than 1048576 bytes',
    'helm.values-rejected',
    'Too long',
  ],
  [
    'a quota',
    'Error: UPGRADE FAILED: create: failed to create: secrets "sh.helm.release.v1.k10.v7" is forbidden: exceeded quota: objects, requested: secrets=1, used: secrets=40, limited: secrets=40',
    'helm.quota-exceeded',
    'used: secrets=40',
  ],
  [
    'a namespace that is being deleted',
    'Error: UPGRADE FAILED: create: failed to create: secrets "sh.helm.release.v1.k10.v7" is forbidden: unable to create new content in namespace kasten-io because it is being terminated',
    'helm.namespace-terminating',
    'The namespace kasten-io is being deleted',
  ],
  [
    'a conflict that names no field',
    'Error: UPGRADE FAILED: conflict occurred while applying object kasten-io/gateway apps/v1, Kind=Deployment: Apply failed with 1 conflict: conflict with "argocd-controller"',
    'helm.field-conflict',
    'Deployment gateway',
  ],
  [
    'a conflict below a list and a subresource',
    'Error: UPGRADE FAILED: conflict occurred while applying object kasten-io/gateway apps/v1, Kind=Deployment: Apply failed with 1 conflict: conflict with "vpa-updater" with subresource "resize" using apps/v1: .spec.template.spec.containers[name="gateway"].resources.limits.memory',
    'helm.field-conflict',
    '.limits.memory of Deployment gateway was set by vpa-updater',
  ],
  [
    'a field that cannot be changed',
    'Error: UPGRADE FAILED: cannot patch "gateway" with kind Deployment: Deployment.apps "gateway" is invalid: spec.selector: Invalid value: v1.LabelSelector{}: field is immutable',
    'helm.immutable-field',
    'Deployment.apps "gateway"',
  ],
  [
    'an API that Kubernetes has removed',
    'Error: UPGRADE FAILED: unable to build kubernetes objects from current release manifest: resource mapping not found for name: "k10" namespace: "" from "": no matches for kind "PodSecurityPolicy" in version "policy/v1beta1"\nensure CRDs are installed first',
    'helm.api-missing',
    'PodSecurityPolicy in policy/v1beta1',
  ],
  [
    'an aggregated API without a server',
    'Error: UPGRADE FAILED: could not get apiVersions from Kubernetes: unable to retrieve the complete list of server APIs: actions.kio.kasten.io/v1alpha1: the server is currently unable to handle the request',
    'kubernetes.api-silent',
    'actions.kio.kasten.io/v1alpha1',
  ],
  [
    'an object that was deleted by hand',
    'Error: UPGRADE FAILED: no Deployment with the name "gateway" found',
    'helm.object-missing',
    'Deployment "gateway"',
  ],
  [
    'a template that stumbles in Helm 3',
    'Error: UPGRADE FAILED: template: k10/templates/auth.yaml:1:3: executing "k10/templates/auth.yaml" at <include "auth" .>: error calling include: template: k10/templates/_helpers.tpl:9:20: executing "auth" at <.Values.auth.x.y>: nil pointer evaluating interface {}.y',
    'helm.values-rejected',
    'nil pointer evaluating interface {}.y',
  ],
  [
    'a template that stumbles in Helm 4',
    'Error: UPGRADE FAILED: k10/templates/auth.yaml:7:35\n  executing "k10/templates/auth.yaml" at <.Values.auth.x.y>:\n    nil pointer evaluating interface {}.x\n',
    'helm.values-rejected',
    'nil pointer evaluating interface {}.x',
  ],
  [
    'a value that breaks the YAML of a template',
    'Error: UPGRADE FAILED: YAML parse error on k10/templates/a.yaml: error converting YAML to JSON: yaml: line 5: mapping values are not allowed in this context',
    'helm.values-rejected',
    'mapping values are not allowed',
  ],
  [
    'a Kubernetes that the chart does not support',
    'Error: UPGRADE FAILED: chart requires kubeVersion: >= 1.17.0-0 < 1.30.0-0 which is incompatible with Kubernetes v1.35.4',
    'helm.kubernetes-version',
    'needs Kubernetes >= 1.17.0-0 < 1.30.0-0, but the cluster of k10 in kasten-io runs v1.35.4',
  ],
  [
    'a hook that does not end',
    'Error: UPGRADE FAILED: pre-upgrade hooks failed: timed out waiting for the condition',
    'helm.hook-failed',
    'A pre-upgrade hook of k10 in kasten-io failed: timed out',
  ],
  [
    'a control plane that is overloaded',
    'Error: UPGRADE FAILED: cannot patch "gateway" with kind Deployment: etcdserver: request timed out',
    'kubernetes.unavailable',
    'etcdserver: request timed out',
  ],
  [
    'an API server that asks for patience',
    'Error: UPGRADE FAILED: the server has received too many requests and has asked us to try again later (patch deployments.apps gateway)',
    'kubernetes.unavailable',
    'too many requests',
  ],
  [
    'a call that gets no answer while Helm waits for nothing',
    'Error: UPGRADE FAILED: Patch "https://10.0.0.1:443/apis/apps/v1/namespaces/kasten-io/deployments/gateway": context deadline exceeded',
    'kubernetes.unreachable',
    'context deadline exceeded',
  ],
  [
    'time that ran out in a call of the wait',
    'ready.go:303: 2026-01-01 00:00:00 [debug] Deployment is not ready: kasten-io/auth-svc. 0 out of 1 expected pods are ready\nError: UPGRADE FAILED: Get "https://10.0.0.1:443/apis/apps/v1/namespaces/kasten-io/deployments/auth-svc": context deadline exceeded',
    'helm.not-ready',
    'Deployment auth-svc of',
  ],
  [
    'a login helper of the kubeconfig that is not installed',
    'Error: Kubernetes cluster unreachable: Get "https://10.0.0.1:443/version": getting credentials: exec: fork/exec /usr/bin/kubelogin: no such file or directory',
    'kubernetes.unreachable',
    'kubelogin',
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
    const passing = [
      'the object has been modified',
      'failed calling webhook "a"',
      'etcdserver: leader changed',
    ];
    expect(passing.map(retry)).toEqual(['later', 'later', 'later']);
    const lasting = ['admission webhook "a" denied the request: no', 'etcdserver: request is too large'];
    expect(lasting.map(retry)).toEqual(['never', 'never']);
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
