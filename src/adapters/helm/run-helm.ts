import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { LimitFunction } from 'p-limit';
import { KastellanError } from '../../domain/errors.ts';
import type { CallOutcome } from '../../domain/remote-call.ts';
import type { WatchCall } from '../../ports/telemetry.ts';
import { forgetRunning, noteRunning } from './orphan.ts';

/** How Helm reaches the cluster. */
export type HelmAccess =
  | { readonly kubeconfigPath: string; readonly context?: string }
  /** The API server as Kubernetes tells it to pods; Helm reads the pod's token file by itself. */
  | { readonly inCluster: { readonly host: string; readonly port: string } };

export interface HelmRunnerOptions {
  /** Path of the binary, or its name when `environment` holds a PATH. */
  readonly helm: string;
  readonly access: HelmAccess;
  readonly namespace: string;
  /** A folder of Kastellan's own, for Helm's chart and repository files. */
  readonly cacheDir: string;
  /**
   * What Helm needs besides, and nothing secret: PATH for a kubeconfig's credential plugin, HTTPS_PROXY, NO_PROXY,
   * SSL_CERT_FILE.
   */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface HelmCall {
  /** Sent on stdin: the only way by which values reach Helm. */
  readonly input?: string;
  /** Milliseconds after which Helm is ended. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Set for a call that changes the release: the next Kastellan must find this Helm if this one is killed. */
  readonly changes?: boolean;
  /** Set where the output holds values that nobody needs. */
  readonly dropOutput?: boolean;
}

export interface HelmResult {
  readonly ended: 'good' | 'failed' | 'aborted' | 'timed-out';
  readonly output: string;
  /** The end of what Helm wrote to stderr. */
  readonly problem: string;
}

/** Runs one Helm command and gives what came of it; only a binary that cannot be started is an error. */
export type RunHelm = (args: readonly string[], call: HelmCall) => Promise<HelmResult>;

const OUTCOMES: Readonly<Record<HelmResult['ended'], CallOutcome>> = {
  good: 'ok',
  failed: 'failed',
  aborted: 'aborted',
  'timed-out': 'unreachable',
};

/**
 * The same runs, each told to `watch` by Helm's verb alone: its other arguments name releases and charts.
 * @param cluster the cluster's name in the configuration
 */
export function watchedHelm(runHelm: RunHelm, watch: WatchCall, cluster: string | undefined): RunHelm {
  return (args, call) =>
    watch(
      { system: 'helm', operation: operationOf(args), ...(cluster !== undefined && { cluster }) },
      () => runHelm(args, call),
      ({ ended }) => OUTCOMES[ended],
    );
}

/**
 * The same runs, but those that change nothing have to share the slots of `limit`: each Helm takes some 60 MB, and a tenth of
 * a second to two seconds of processor. One that changes a release belongs to an approved request and does not wait.
 */
export function limitedHelm(runHelm: RunHelm, limit: LimitFunction): RunHelm {
  return (args, call) => (call.changes === true ? runHelm(args, call) : limit(runHelm, args, call));
}

// A rendering changes nothing: it is no upgrade in traces and metrics.
function operationOf(args: readonly string[]): string {
  const isDryRun = args.some((argument) => argument.startsWith('--dry-run'));
  return isDryRun ? 'render' : (args[0] ?? '');
}

// A release is at most a megabyte packed; this is room for one unpacked.
const OUTPUT_LIMIT = 64 * 1024 * 1024;
const PROBLEM_LIMIT = 64 * 1024;
// A killed upgrade leaves the release locked, so Helm gets long enough to write down that it was cancelled.
const FORCE_KILL_AFTER_MS = 30_000;

/**
 * Prepares the only child process Kastellan has: no shell, an argument list, a private home for Helm, an empty working
 * folder (Helm 3 prefers a folder named like the chart to the repository), and no variable of Kastellan's own environment.
 * @throws KastellanError `helm.binary-missing`; `kubernetes.kubeconfig-missing`, because Helm would silently ask localhost
 */
export function createRunHelm(options: HelmRunnerOptions): RunHelm {
  const home = {
    HOME: join(options.cacheDir, 'home'),
    HELM_CACHE_HOME: join(options.cacheDir, 'cache'),
    HELM_CONFIG_HOME: join(options.cacheDir, 'config'),
    HELM_DATA_HOME: join(options.cacheDir, 'data'),
  };
  const cwd = join(options.cacheDir, 'empty');
  const { args: accessArgs, env: accessEnv } = describeAccess(options.access);
  const env = { ...options.environment, ...home, ...accessEnv };

  return async (args, call) => {
    checkKubeconfig(options.access);
    for (const folder of [...Object.values(home), cwd]) mkdirSync(folder, { recursive: true, mode: 0o700 });
    const subprocess = execa(options.helm, [...args, '--namespace', options.namespace, ...accessArgs], {
      ...STRICTLY,
      cwd,
      env,
      ...callOptions(call),
    });
    if (call.changes === true && subprocess.pid !== undefined) noteRunning(options.cacheDir, subprocess.pid);
    // Not execa's buffer: one that is full would end Helm in the middle of an upgrade.
    let problem = '';
    subprocess.stderr.setEncoding('utf8').on('data', (text: string) => {
      problem = (problem + text).slice(-PROBLEM_LIMIT);
    });
    const result = await subprocess;
    if (call.changes === true) forgetRunning(options.cacheDir);
    if (result.code === 'ENOENT' || result.code === 'EACCES') throw binaryMissing(options.helm);
    return { ended: howItEnded(result), output: result.stdout ?? '', problem };
  };
}

// Nothing of Kastellan's own environment, and a Helm that fails is an answer and no exception.
const STRICTLY = {
  extendEnv: false,
  reject: false,
  buffer: { stderr: false },
  maxBuffer: { stdout: OUTPUT_LIMIT },
  stripFinalNewline: false,
  killSignal: 'SIGTERM',
  forceKillAfterDelay: FORCE_KILL_AFTER_MS,
} as const;

function callOptions({ input = '', timeoutMs, signal, dropOutput = false }: HelmCall) {
  const stdout = dropOutput ? ('ignore' as const) : ('pipe' as const);
  return { input, stdout, timeout: timeoutMs, ...(signal === undefined ? {} : { cancelSignal: signal }) };
}

function describeAccess(access: HelmAccess): { args: string[]; env: Record<string, string> } {
  if ('inCluster' in access) {
    const { host, port } = access.inCluster;
    return { args: [], env: { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } };
  }
  const context = access.context === undefined ? [] : ['--kube-context', access.context];
  return { args: ['--kubeconfig', access.kubeconfigPath, ...context], env: {} };
}

function checkKubeconfig(access: HelmAccess): void {
  if ('inCluster' in access) return;
  try {
    accessSync(access.kubeconfigPath, constants.R_OK);
  } catch (cause) {
    throw new KastellanError({
      code: 'kubernetes.kubeconfig-missing',
      message: `The kubeconfig ${access.kubeconfigPath} cannot be read.`,
      hint: 'Correct the path in the configuration, or mount the file.',
      cause,
    });
  }
}

function binaryMissing(helm: string): KastellanError {
  return new KastellanError({
    code: 'helm.binary-missing',
    message: `Helm cannot be started: there is no program ${helm}.`,
    hint: 'Install Helm 3.14 or later, or Helm 4, and name it in the configuration.',
  });
}

function howItEnded(result: {
  failed: boolean;
  isCanceled: boolean;
  timedOut: boolean;
}): HelmResult['ended'] {
  if (result.isCanceled) return 'aborted';
  if (result.timedOut) return 'timed-out';
  return result.failed ? 'failed' : 'good';
}
