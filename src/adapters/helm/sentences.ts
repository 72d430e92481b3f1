import { type KastellanError, type KastellanErrorOptions, LATER, NEVER } from '../../domain/errors.ts';
import { type ChartSource, chartMissing, describeSource } from './chart.ts';

/** What was tried, for the sentences. */
export interface HelmAttempt {
  /** `upgrade`, `rollback`, `read the values of`: as in "Helm could not ... k10". */
  readonly action: string;
  readonly release: string;
  readonly namespace: string;
  readonly chart: ChartSource;
  readonly chartVersion?: string;
  readonly secrets: readonly string[];
  /** Who is asked: the cluster unless told. */
  readonly asked?: 'repository';
}

/** An error before its secrets are cut out. */
export type Described = Omit<KastellanErrorOptions, 'secrets' | 'cause'>;
/** Makes a sentence of what a pattern found; `problem` is all that Helm wrote. */
export type Describe = (
  match: RegExpExecArray,
  attempt: HelmAttempt,
  problem: string,
) => Described | KastellanError;

/** The release in a sentence: `k10 in kasten-io`. */
export function where(attempt: HelmAttempt): string {
  return `${attempt.release} in ${attempt.namespace}`;
}

export function locked(_match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.locked',
    message: `Another Helm operation on ${where(attempt)} is under way, or one was killed and left it locked.`,
    hint: `Look at "helm history ${attempt.release} -n ${attempt.namespace}": a pending revision that nobody works on any more is what locks it.`,
    retry: LATER,
  };
}

export function unauthorized(_match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'kubernetes.unauthorized',
    message: `The cluster of ${where(attempt)} does not accept Kastellan's credentials.`,
    hint: "Renew the token or certificate in the kubeconfig, or look at the pod's service account.",
  };
}

export function unknownContext(match: RegExpExecArray): Described {
  return {
    code: 'kubernetes.context-missing',
    message: `The kubeconfig has no context "${match[1]}".`,
    hint: 'Correct the context in the configuration: "kubectl config get-contexts" lists them.',
  };
}

export function repositoryUnreachable(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return repositorySilent(attempt, shorten(match[1] ?? match[0]));
}

export function repositorySilent(attempt: HelmAttempt, why: string): Described {
  return {
    code: 'helm.repository-unreachable',
    message: `The chart repository ${describeSource(attempt.chart)} cannot be reached: ${why}`,
    hint: 'Look at the address, the proxy and the certificates, or give the path of a packed chart (.tgz).',
    retry: LATER,
  };
}

export function missingChart(match: RegExpExecArray, attempt: HelmAttempt): KastellanError | Described {
  if (attempt.chartVersion !== undefined) return chartMissing(attempt.chart, attempt.chartVersion);
  return { code: 'helm.chart-missing', message: `Helm does not find the chart: ${shorten(match[0])}` };
}

export function clusterUnreachable(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'kubernetes.unreachable',
    message: `The cluster of ${where(attempt)} cannot be reached: ${shorten(match[1] ?? match[0])}`,
    hint: 'Look whether the Kubernetes API answers from where Kastellan runs.',
    retry: LATER,
  };
}

export function releaseMissing(_match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.release-missing',
    message: `There is no Helm release ${where(attempt)}.`,
    hint: `Correct the release and namespace in the configuration: "helm list -A" shows them.`,
  };
}

/**
 * Helm says the same of a release that is missing and of one without a revision that it could upgrade from: one whose
 * first install or whose uninstall did not come to its end.
 * @see https://github.com/helm/helm/blob/main/pkg/action/upgrade.go
 */
export function nothingDeployed(_match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.nothing-deployed',
    message: `The Helm release ${where(attempt)} has no deployed revision: an install or uninstall of it did not finish, or it is gone.`,
    hint: `Look at "helm history ${attempt.release} -n ${attempt.namespace}" and finish what was begun there.`,
  };
}

export function revisionMissing(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.revision-missing',
    message: `The Helm release ${where(attempt)} has no revision ${match[1]} any more.`,
  };
}

export function valuesRejected(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.values-rejected',
    message: `The chart does not accept the values for ${where(attempt)}: ${shorten(match[1] ?? '')}`,
    hint: 'Correct these values of the release.',
  };
}

export function templateRefused(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.values-rejected',
    message: `The chart does not accept the values for ${where(attempt)}: ${shorten(match[2] ?? '')}`,
    hint: `Look at ${match[1]} in the chart.`,
  };
}

export function kubernetesVersion(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.kubernetes-version',
    message: `The installed version of the chart needs Kubernetes ${match[1]}, but the cluster of ${where(attempt)} runs ${match[2]}.`,
    hint: 'Upgrade K10 to a version that supports this Kubernetes first.',
  };
}

export function hookFailed(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.hook-failed',
    message: `A ${match[1]} hook of ${where(attempt)} failed: ${shorten(match[2] ?? '')}`,
    hint: 'Look at the Job that the hook started and at the logs of its pod.',
  };
}

/** A call that got no answer. While Helm waits for pods, that is only how the time ran out. */
export function noAnswer(match: RegExpExecArray, attempt: HelmAttempt, problem: string): Described {
  if (attempt.asked === 'repository') return repositoryUnreachable(match, attempt);
  return notReadyResources(problem).length > 0
    ? notReady(match, attempt, problem)
    : clusterUnreachable(match, attempt);
}

export function notReady(_match: RegExpExecArray, attempt: HelmAttempt, problem: string): Described {
  const waiting = notReadyResources(problem);
  const what = waiting.length === 0 ? 'Something' : waiting.join(', ');
  return {
    code: 'helm.not-ready',
    message: `${what} of ${where(attempt)} did not become ready in time.`,
    hint: 'Look at the events and logs of its pods.',
  };
}

/**
 * The objects Helm was still waiting for when it gave up. Helm 4's watcher names them in its error; both versions'
 * polling names them, look by look, in the debug lines.
 */
function notReadyResources(problem: string): string[] {
  const named = [...problem.matchAll(/resource (\w+)\/[^/\s]+\/(\S+) not ready/g)];
  if (named.length > 0) return unique(named.map((match) => `${match[1]} ${match[2]}`));
  const polled = [
    ...problem.matchAll(/\b(\w+) (?:is not|does not have)[^\n]*?(?:: [^\s/]+\/| name=)([\w.-]*\w)/g),
  ].map((match) => `${match[1]} ${match[2]}`);
  return polled.slice(-1);
}

export function unknown(text: string, attempt: HelmAttempt): Described {
  return {
    code: 'helm.unknown',
    message: `Helm could not ${attempt.action} ${where(attempt)}: ${shorten(text.replace(/^Error: /, ''))}`,
    retry: NEVER,
  };
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

/** One line of what Helm wrote, not longer than a card can bear. */
export function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
