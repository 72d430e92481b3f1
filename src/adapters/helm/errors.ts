import { KastellanError, type KastellanErrorOptions, LATER, NEVER } from '../../domain/errors.ts';
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
}

type Described = Omit<KastellanErrorOptions, 'secrets' | 'cause'>;
type Describe = (match: RegExpExecArray, attempt: HelmAttempt, problem: string) => Described | KastellanError;

// Helm has no machine-readable errors and one exit code, so its words are read here and nowhere else.
// The order matters: a sentence can hold several of these, and the first one names the cause.
const RULES: readonly (readonly [RegExp, Describe])[] = [
  [/another operation \(install\/upgrade\/rollback\) is in progress|release: already exists/, locked],
  [/server has asked for the client to provide credentials/, unauthorized],
  [/context "([^"]*)" does not exist/, unknownContext],
  [/is forbidden: [^\n]*/, forbidden],
  [/failed to download openapi: ([^\n]*)/, clusterUnreachable],
  [/is not a valid chart repository or cannot be reached: ([^\n]*)/, repositoryUnreachable],
  [
    /chart "[^"]*" (?:version|matching) "?\S+ not found|no chart version found|improper constraint/,
    missingChart,
  ],
  [/failed to (?:resolve|perform "FetchReference")[^\n]*: not found/, missingChart],
  [/path "[^"]*" not found|no such file or directory|file '[^']*' seems to be missing/, missingChart],
  [/(?:failed to (?:resolve|do request|perform|fetch)|failed to download)[^\n]*/, repositoryUnreachable],
  [/cluster unreachable: ([^\n]*)/i, clusterUnreachable],
  [/has no deployed releases|release: not found|Release not loaded/, releaseMissing],
  [/release has no (\d+) version/, revisionMissing],
  [/conflicts?: conflict with "([^"]*)"[^\n]*?:\s*(\.[^\s,]+)/, fieldConflict],
  [/conflict with "([^"]*)"[^\n]*\n?\s*-?\s*(\.[^\s,]+)?/, fieldConflict],
  [/(\S+) "([^"]*)" in namespace "[^"]*" exists and cannot be imported[^\n]*/, ownership],
  [/values don't meet the specifications of the schema[^\n]*\n([\s\S]*)/, valuesRejected],
  [/execution error at \(([^)]*)\): ([^\n]*)/, templateRefused],
  [/failed to parse -: ([^\n]*)/, valuesRejected],
  [/is invalid: ([^\n]*)/, objectRejected],
  [/not ready|timed out waiting|context deadline exceeded/, notReady],
  [/connection refused|no such host|i\/o timeout|TLS handshake timeout|connection reset/, clusterUnreachable],
];

/** Translates what Helm wrote on stderr; the values given as `secrets` are cut out. */
export function helmError(problem: string, attempt: HelmAttempt): KastellanError {
  const errorText = errorPart(problem);
  for (const [pattern, describe] of RULES) {
    const match = pattern.exec(errorText);
    if (match !== null) return finish(describe(match, attempt, problem), errorText, attempt);
  }
  return finish(unknown(errorText, attempt), errorText, attempt);
}

/** The error of a Helm that Kastellan ended itself: on request, or because it took too long. */
export function helmEnded(
  ended: 'aborted' | 'timed-out',
  problem: string,
  attempt: HelmAttempt,
): KastellanError {
  if (ended === 'aborted') {
    const described = {
      code: 'helm.aborted',
      message: `Helm was stopped before it could ${attempt.action} ${attempt.release}.`,
      hint: 'Nothing is locked; the same can be tried again.',
      retry: LATER,
    };
    return finish(described, problem, attempt);
  }
  const described = {
    code: 'kubernetes.unreachable',
    message: `Helm got no answer in time when it tried to ${attempt.action} ${attempt.release}.`,
    hint: 'Look whether the Kubernetes API and the chart repository answer from where Kastellan runs.',
    retry: LATER,
  };
  return finish(described, problem, attempt);
}

function finish(
  described: Described | KastellanError,
  problem: string,
  attempt: HelmAttempt,
): KastellanError {
  if (described instanceof KastellanError) return described;
  return new KastellanError({
    ...described,
    secrets: attempt.secrets,
    cause: new Error(problem.slice(0, 2000)),
  });
}

// Warnings and debug lines come before the error; template errors and schema lists go on after its first line.
function errorPart(problem: string): string {
  const start = problem.search(/^Error: /m);
  const text = start === -1 ? problem : problem.slice(start);
  const end = text.search(/\n(?:helm\.go|[a-z_]+\.go):\d+:|\nlevel=/);
  return (end === -1 ? text : text.slice(0, end)).trim();
}

function where(attempt: HelmAttempt): string {
  return `${attempt.release} in ${attempt.namespace}`;
}

function locked(_match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.locked',
    message: `Another Helm operation on ${where(attempt)} is under way, or one was killed and left it locked.`,
    hint: `Look at "helm history ${attempt.release} -n ${attempt.namespace}": a pending revision that nobody works on any more is what locks it.`,
    retry: LATER,
  };
}

function unauthorized(_match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'kubernetes.unauthorized',
    message: `The cluster of ${where(attempt)} does not accept Kastellan's credentials.`,
    hint: "Renew the token or certificate in the kubeconfig, or look at the pod's service account.",
  };
}

function unknownContext(match: RegExpExecArray): Described {
  return {
    code: 'kubernetes.context-missing',
    message: `The kubeconfig has no context "${match[1]}".`,
    hint: 'Correct the context in the configuration: "kubectl config get-contexts" lists them.',
  };
}

function forbidden(match: RegExpExecArray, attempt: HelmAttempt): Described {
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

function repositoryUnreachable(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.repository-unreachable',
    message: `The chart repository ${describeSource(attempt.chart)} cannot be reached: ${shorten(match[1] ?? match[0])}`,
    hint: 'Look at the address, the proxy and the certificates, or give the path of a packed chart (.tgz).',
    retry: LATER,
  };
}

function missingChart(match: RegExpExecArray, attempt: HelmAttempt): KastellanError | Described {
  if (attempt.chartVersion !== undefined) return chartMissing(attempt.chart, attempt.chartVersion);
  return { code: 'helm.chart-missing', message: `Helm does not find the chart: ${shorten(match[0])}` };
}

function clusterUnreachable(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'kubernetes.unreachable',
    message: `The cluster of ${where(attempt)} cannot be reached: ${shorten(match[1] ?? match[0])}`,
    hint: 'Look whether the Kubernetes API answers from where Kastellan runs.',
    retry: LATER,
  };
}

function releaseMissing(_match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.release-missing',
    message: `There is no Helm release ${where(attempt)}.`,
    hint: `Correct the release and namespace in the configuration: "helm list -A" shows them.`,
  };
}

function revisionMissing(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.revision-missing',
    message: `The Helm release ${where(attempt)} has no revision ${match[1]} any more.`,
  };
}

function fieldConflict(match: RegExpExecArray, attempt: HelmAttempt): Described {
  const manager = match[1] ?? 'somebody else';
  const field = match[2] ?? 'a field';
  return {
    code: 'helm.field-conflict',
    message: `Helm may not ${attempt.action} ${where(attempt)}: ${field} was set by ${manager}.`,
    hint: `Let ${manager} give the field up, or put its value into the release's values.`,
  };
}

function ownership(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.ownership',
    message: `${match[1]} "${match[2]}" exists already and does not belong to the release ${where(attempt)}.`,
    hint: 'Remove the object, or give it the labels and annotations of this release.',
  };
}

function valuesRejected(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.values-rejected',
    message: `The chart does not accept the values for ${where(attempt)}: ${shorten(match[1] ?? '')}`,
    hint: 'Correct these values of the release.',
  };
}

function templateRefused(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.values-rejected',
    message: `The chart does not accept the values for ${where(attempt)}: ${shorten(match[2] ?? '')}`,
    hint: `Look at ${match[1]} in the chart.`,
  };
}

function objectRejected(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.values-rejected',
    message: `The cluster does not accept what the chart makes of the values for ${where(attempt)}: ${shorten(match[1] ?? '')}`,
  };
}

function notReady(_match: RegExpExecArray, attempt: HelmAttempt, problem: string): Described {
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

function unknown(text: string, attempt: HelmAttempt): Described {
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
