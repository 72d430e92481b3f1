import { KastellanError, LATER } from '../../domain/errors.ts';
import {
  admissionDenied,
  apiMissing,
  apiSilent,
  fieldConflict,
  forbidden,
  immutableField,
  namespaceTerminating,
  objectChanged,
  objectMissing,
  objectRejected,
  ownership,
  quotaExceeded,
  recordTooLarge,
  requestTooLarge,
  serverBusy,
  webhookSilent,
} from './refusals.ts';
import {
  clusterUnreachable,
  type Describe,
  type Described,
  type HelmAttempt,
  hookFailed,
  kubernetesVersion,
  locked,
  missingChart,
  noAnswer,
  nothingDeployed,
  notReady,
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
// From the specific to the general, and the first match counts: what a webhook or a policy says can quote anything, and a
// time-out has many causes before it is a pod that is not ready.
const RULES: readonly (readonly [RegExp, Describe])[] = [
  // What stands between Helm and the API server.
  [/failed calling webhook "([^"]*)"([^\n]*)/, webhookSilent],
  [/conversion webhook for ([^\n]*?) failed([^\n]*)/, webhookSilent],
  [/admission webhook "([^"]*)" denied the request:? ?([^\n]*)/, admissionDenied],
  [/(ValidatingAdmissionPolicy '[^']*')[^\n]*? denied request:? ?([^\n]*)/, admissionDenied],
  // What the API server refuses, and why.
  [/Operation cannot be fulfilled on (\S+) "([^"]*)"|the object has been modified/, objectChanged],
  [/another operation \(install\/upgrade\/rollback\) is in progress|release: already exists/, locked],
  [/Secret "(sh\.helm\.release\.v1\.[^"]*)" is invalid: data: Too long/, recordTooLarge],
  [
    /etcdserver: request is too large|Request entity too large|trying to send message larger than max/,
    requestTooLarge,
  ],
  [/server has asked for the client to provide credentials/, unauthorized],
  [/context "([^"]*)" does not exist/, unknownContext],
  [/exceeded quota: ([^\n]*)/, quotaExceeded],
  [/(?:in namespace (\S+) )?because it is being terminated/, namespaceTerminating],
  [/is forbidden: [^\n]*/, forbidden],
  [/conflicts? with "([^"]*)"[^:\n]*:\s*(?:-\s*)?(\.[^\s,]+)/, fieldConflict],
  [/Apply failed with \d+ conflicts?: ([^\n]*)/, fieldConflict],
  [/(\S+) "([^"]*)" in namespace "[^"]*" exists and cannot be imported[^\n]*/, ownership],
  [/(\S+) "([^"]*)" is invalid: ([^\n]*field is immutable)/, immutableField],
  [/no matches for kind "([^"]*)" in version "([^"]*)"/, apiMissing],
  [/unable to retrieve the complete list of server APIs: ([^\n]*)/, apiSilent],
  [/no (\w+) with the name "([^"]*)" found/, objectMissing],
  // What the chart makes of the values.
  [/values don't meet the specifications of the schema[^\n]*\n([\s\S]*)/, valuesRejected],
  [/execution error at \(([^)]*)\): ([^\n]*)/, templateRefused],
  [
    /[\s\S]*\s(\S+\.(?:yaml|tpl|txt):\d+(?::\d+)?):?\s+executing "[^"]*" at [^\n]*?>:\s*([^\n]*)/,
    templateRefused,
  ],
  [/YAML parse error on (\S+): ([^\n]*)/, templateRefused],
  [/failed to parse -: ([^\n]*)/, valuesRejected],
  [/chart requires kubeVersion: (.*?) which is incompatible with Kubernetes (\S+)/, kubernetesVersion],
  // Where the chart comes from.
  [/failed to download openapi: ([^\n]*)/, clusterUnreachable],
  [/cluster unreachable: ([^\n]*)/i, clusterUnreachable],
  [/is not a valid chart repository or cannot be reached: ([^\n]*)/, repositoryUnreachable],
  [
    /chart "[^"]*" (?:version|matching) "?\S+ not found|no chart version found|improper constraint/,
    missingChart,
  ],
  [/failed to (?:resolve|perform "FetchReference")[^\n]*: not found/, missingChart],
  [/path "[^"]*" not found|no such file or directory|file '[^']*' seems to be missing/, missingChart],
  [/(?:failed to (?:resolve|do request|perform|fetch)|failed to download)[^\n]*/, repositoryUnreachable],
  // What Helm knows of the release.
  [/has no deployed releases/, nothingDeployed],
  [/release: not found|Release not loaded/, releaseMissing],
  [/release has no (\d+) version/, revisionMissing],
  // The general.
  [/((?:pre|post)-\w+) hooks? failed: ([^\n]*)/, hookFailed],
  [/is invalid: ([^\n]*)/, objectRejected],
  [
    /etcdserver: [^\n]*|the server (?:is currently unable to handle the request|was unable to return a response in the time allotted|has received too many requests)[^\n]*|request did not complete within requested timeout/,
    serverBusy,
  ],
  [/\b(?:Get|Post|Put|Patch|Delete) "https?:[^"]*": ([^\n]*)/, noAnswer],
  [/not ready|timed out waiting|context deadline exceeded/, notReady],
  [
    /connection refused|no such host|i\/o timeout|TLS handshake timeout|connection reset|client connection lost|unexpected EOF/,
    clusterUnreachable,
  ],
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
