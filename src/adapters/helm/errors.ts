import { KastellanError, LATER } from '../../domain/errors.ts';
import {
  clusterUnreachable,
  type Describe,
  type Described,
  fieldConflict,
  forbidden,
  type HelmAttempt,
  locked,
  missingChart,
  notReady,
  objectRejected,
  ownership,
  releaseMissing,
  repositorySilent,
  repositoryUnreachable,
  revisionMissing,
  templateRefused,
  unauthorized,
  unknown,
  unknownContext,
  valuesRejected,
} from './sentences.ts';

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
  [/conflicts? with "([^"]*)"[^:\n]*:\s*(?:-\s*)?(\.[^\s,]+)/, fieldConflict],
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
      hint: 'The same can be tried again.',
      retry: LATER,
    };
    return finish(described, problem, attempt);
  }
  if (attempt.asked === 'repository')
    return finish(repositorySilent(attempt, 'it did not answer in time.'), problem, attempt);
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
