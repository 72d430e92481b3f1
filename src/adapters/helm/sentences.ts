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

function where(attempt: HelmAttempt): string {
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

export function forbidden(match: RegExpExecArray, attempt: HelmAttempt): Described {
  const text = match[0];
  const right = /cannot (\w+) resource "([^"]+)" in API group "([^"]*)"/.exec(text);
  if (/attempting to grant RBAC permissions not currently held/.test(text)) {
    return {
      code: 'helm.forbidden',
      message: `Helm may not ${attempt.action} ${where(attempt)}: its chart grants rights that Kastellan does not hold.`,
      hint: 'Give Kastellan the verb "escalate" on roles and clusterroles, and "bind" on the roles the chart binds.',
    };
  }
  if (right === null) {
    return {
      code: 'helm.forbidden',
      message: `Helm may not ${attempt.action} ${where(attempt)}: ${shorten(text)}`,
      hint: 'Give Kastellan this right, or look at the admission policy that refused it.',
    };
  }
  const resource = right[3] === '' ? right[2] : `${right[2]}.${right[3]}`;
  return {
    code: 'helm.forbidden',
    message: `Helm may not ${attempt.action} ${where(attempt)}: Kastellan lacks the right to ${right[1]} ${resource}.`,
    hint: `Give Kastellan the verb "${right[1]}" on ${resource}${scopeOf(text)}.`,
  };
}

function scopeOf(text: string): string {
  const namespace = /in the namespace "([^"]+)"/.exec(text);
  return namespace === null ? ' in the whole cluster' : ` in the namespace ${namespace[1]}`;
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

export function revisionMissing(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.revision-missing',
    message: `The Helm release ${where(attempt)} has no revision ${match[1]} any more.`,
  };
}

export function fieldConflict(match: RegExpExecArray, attempt: HelmAttempt): Described {
  const manager = match[1] ?? 'somebody else';
  const [, name, kind] = /object (?:\S+\/)?(\S+) \S+, Kind=(\w+)/.exec(match.input) ?? [];
  const field = `${match[2] ?? 'a field'}${name === undefined ? '' : ` of ${kind} ${name}`}`;
  return {
    code: 'helm.field-conflict',
    message: `Helm may not ${attempt.action} ${where(attempt)}: ${field} was set by ${manager}.`,
    hint: `Let ${manager} give the field up, or put its value into the release's values.`,
  };
}

export function ownership(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.ownership',
    message: `${match[1]} "${match[2]}" exists already and does not belong to the release ${where(attempt)}.`,
    hint: 'Remove the object, or give it the labels and annotations of this release.',
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

export function objectRejected(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.values-rejected',
    message: `The cluster does not accept what the chart makes of the values for ${where(attempt)}: ${shorten(match[1] ?? '')}`,
  };
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

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
