import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { EndReason } from '../domain/access/grant.ts';
import type { CallOutcome, RemoteCall } from '../domain/remote-call.ts';
import type { RequestKind, RequestState, Verdict } from '../domain/requests/request.ts';
import type { CredentialKind, Purpose } from '../domain/secrets/credentials.ts';
import type { MemoryUse } from '../ports/store-memory.ts';
import type { Build } from './build.ts';

/** What only the store and the queue know, read anew for each scrape. */
export interface StoredFigures {
  readonly requests: readonly {
    readonly kind: RequestKind;
    readonly state: RequestState;
    readonly count: number;
    /** Seconds since the one that has been in this state for the longest came into it. */
    readonly oldestSeconds: number;
  }[];
  readonly grants: readonly {
    readonly cluster: string;
    readonly live: number;
    /** Seconds since the one that is late the most should have ended; 0 where none is late. */
    readonly overdueSeconds: number;
  }[];
  /** Undefined until Entra was read for the first time. */
  readonly credentials:
    | {
        /** How many are watched. */
        readonly count: Readonly<Record<Purpose['of'], number>>;
        /** Those that end first. */
        readonly soonest: readonly {
          readonly labels: CredentialLabels;
          /** How many days it is still good for; negative after its end. */
          readonly days: number;
        }[];
      }
    | undefined;
  /** Jobs of requests, by BullMQ's word for their state. */
  readonly jobs: Readonly<Record<string, number>>;
  readonly auditSinks: readonly {
    readonly sink: string;
    /** Seconds since the oldest entry that it has not taken; 0 if it has all. */
    readonly seconds: number;
  }[];
  /** Undefined where the store does not tell. */
  readonly memory: MemoryUse | undefined;
}

/** Which credential: Entra identifies it by these, and no person typed them. */
interface CredentialLabels {
  readonly purpose: Purpose['of'];
  /** Set where it signs people in to K10. */
  readonly cluster?: string;
  readonly kind: CredentialKind;
  readonly client_id: string;
  readonly key_id: string;
}

export interface Metrics {
  readonly contentType: string;
  /**
   * Everything there is, as Prometheus reads it.
   * @param readStored absent where another process tells it; where it fails, its figures are left out
   */
  text(readStored?: () => Promise<StoredFigures>): Promise<string>;
  requestCreated(kind: RequestKind): void;
  requestEnded(kind: RequestKind, state: RequestState): void;
  /** @param seconds from asking to the decision that counted */
  decided(kind: RequestKind, verdict: Verdict, seconds: number): void;
  /** @param seconds from the last approval to done */
  effected(kind: RequestKind, seconds: number): void;
  /** @param seconds from the moment access should have ended to the one in which Entra showed the member gone */
  revoked(why: EndReason, seconds: number): void;
  stepRetried(step: string, code: string): void;
  /** @param cause Entra's code, or Kastellan's word for what is no failure to Entra */
  signInFailed(cluster: string, cause: string): void;
  /** @param by whose limit it was; `unchecked`: Redis did not say in time */
  limited(by: 'person' | 'workspace' | 'unchecked'): void;
  called(call: RemoteCall, outcome: CallOutcome, seconds: number): void;
}

const MINUTE = 60;
const HOUR = 3_600;
const DECISION_BUCKETS = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR, 72 * HOUR];
const EFFECT_BUCKETS = [1, 3, 10, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE, HOUR];
const LAG_BUCKETS = [1, 5, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR];
const CALL_BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, MINUTE, 5 * MINUTE, 15 * MINUTE];

/**
 * Kastellan's metrics, with those of Node. Labels are words of the code, names of the configuration, and the IDs by which
 * Entra shows a credential: no person and no typed text.
 */
export function createMetrics(build: Build): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'kastellan_build_info',
    help: 'Always 1; which Kastellan this is.',
    labelNames: ['version', 'commit'],
    registers,
  }).set({ ...build }, 1);
  const stored = storedGauges(registry);
  return {
    contentType: registry.contentType,
    async text(readStored) {
      await stored(readStored);
      return registry.metrics();
    },
    ...requestMetrics(registry),
    ...workMetrics(registry),
  };
}

function requestMetrics(
  registry: Registry,
): Pick<Metrics, 'requestCreated' | 'requestEnded' | 'decided' | 'effected' | 'revoked'> {
  const registers = [registry];
  const created = new Counter({
    name: 'kastellan_requests_created_total',
    help: 'Requests that were asked for.',
    labelNames: ['kind'],
    registers,
  });
  const ended = new Counter({
    name: 'kastellan_requests_ended_total',
    help: 'Requests that came to an end, or to a stop, in this state.',
    labelNames: ['kind', 'state'],
    registers,
  });
  const decision = new Histogram({
    name: 'kastellan_request_decision_seconds',
    help: 'From asking to the decision that counted.',
    labelNames: ['kind', 'verdict'],
    buckets: DECISION_BUCKETS,
    registers,
  });
  const effect = new Histogram({
    name: 'kastellan_request_effect_seconds',
    help: 'From the last approval to done.',
    labelNames: ['kind'],
    buckets: EFFECT_BUCKETS,
    registers,
  });
  const lag = new Histogram({
    name: 'kastellan_revocation_lag_seconds',
    help: 'From the moment access should have ended to the one in which Entra showed the member gone.',
    labelNames: ['why'],
    buckets: LAG_BUCKETS,
    registers,
  });
  return {
    revoked: (why, seconds) => lag.observe({ why }, seconds),
    requestCreated: (kind) => created.inc({ kind }),
    requestEnded: (kind, state) => ended.inc({ kind, state }),
    decided: (kind, verdict, seconds) => decision.observe({ kind, verdict }, seconds),
    effected: (kind, seconds) => effect.observe({ kind }, seconds),
  };
}

function workMetrics(
  registry: Registry,
): Pick<Metrics, 'stepRetried' | 'signInFailed' | 'limited' | 'called'> {
  const registers = [registry];
  const retries = new Counter({
    name: 'kastellan_step_retries_total',
    help: 'Tries of a step that failed and were followed by another.',
    labelNames: ['step', 'code'],
    registers,
  });
  const failures = new Counter({
    name: 'kastellan_sign_in_failures_total',
    help: "Sign-ins to K10 that failed, as Entra's log has them.",
    labelNames: ['cluster', 'cause'],
    registers,
  });
  const limited = new Counter({
    name: 'kastellan_slack_limited_total',
    help: 'What people did in Slack and was over a limit; unchecked: Redis did not say in time, and it was done.',
    labelNames: ['by'],
    registers,
  });
  const calls = new Counter({
    name: 'kastellan_remote_calls_total',
    help: 'Calls to remote systems, each try counted.',
    labelNames: ['system', 'cluster', 'outcome'],
    registers,
  });
  const duration = new Histogram({
    name: 'kastellan_remote_call_seconds',
    help: 'How long calls to remote systems took, whatever came of them.',
    labelNames: ['system'],
    buckets: CALL_BUCKETS,
    registers,
  });
  return {
    // A step's name goes on with the access level it is for.
    stepRetried: (step, code) => retries.inc({ step: step.split(':')[0] ?? '', code }),
    signInFailed: (cluster, cause) => failures.inc({ cluster, cause }),
    limited: (by) => limited.inc({ by }),
    called({ system, cluster }, outcome, seconds) {
      calls.inc({ system, outcome, ...(cluster !== undefined && { cluster }) });
      duration.observe({ system }, seconds);
    },
  };
}

const REPORTED_BY = 'reported by processes with the role scheduler.';

function storedGauges(
  registry: Registry,
): (read: (() => Promise<StoredFigures>) | undefined) => Promise<void> {
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Gauge({ name, help: `${help}; ${REPORTED_BY}`, labelNames, registers: [registry] });
  const open = gauge('kastellan_requests_open', 'Requests that are not over', ['kind', 'state']);
  const oldest = gauge('kastellan_requests_oldest_seconds', 'How long the longest has been in this state', [
    'kind',
    'state',
  ]);
  const live = gauge('kastellan_grants_live', 'Access that was given and has not ended', ['cluster']);
  const overdue = gauge('kastellan_grants_overdue_seconds', 'How late access is that should have ended', [
    'cluster',
  ]);
  const watched = gauge('kastellan_credentials_watched', 'Secrets and certificates that are watched', [
    'purpose',
  ]);
  const end = gauge(
    'kastellan_credential_days_to_expiry',
    'Days until it ends; the thousand watched ones that end first',
    ['purpose', 'cluster', 'kind', 'client_id', 'key_id'],
  );
  const jobs = gauge('kastellan_queue_jobs', 'Jobs in the queue of requests', ['state']);
  const sinkLag = gauge(
    'kastellan_audit_sink_lag_seconds',
    'How long the oldest entry of the audit log waits that the sink has not taken',
    ['sink'],
  );
  const memory = gauge('kastellan_redis_memory_bytes', 'Memory that Redis uses, and that it may use', ['of']);
  const tellMemory = ({ usedBytes, limitBytes }: MemoryUse) => {
    memory.set({ of: 'used' }, usedBytes);
    if (limitBytes !== undefined) memory.set({ of: 'limit' }, limitBytes);
  };
  const tellCredentials = ({ count, soonest }: NonNullable<StoredFigures['credentials']>) => {
    for (const [purpose, many] of Object.entries(count)) watched.set({ purpose }, many);
    for (const { labels, days } of soonest) end.set({ ...labels }, days);
  };
  const tell = (figures: StoredFigures) => {
    for (const { kind, state, count, oldestSeconds } of figures.requests) {
      open.set({ kind, state }, count);
      oldest.set({ kind, state }, oldestSeconds);
    }
    for (const grants of figures.grants) {
      live.set({ cluster: grants.cluster }, grants.live);
      overdue.set({ cluster: grants.cluster }, grants.overdueSeconds);
    }
    if (figures.credentials !== undefined) tellCredentials(figures.credentials);
    for (const [state, count] of Object.entries(figures.jobs)) jobs.set({ state }, count);
    for (const { sink, seconds } of figures.auditSinks) sinkLag.set({ sink }, seconds);
    if (figures.memory !== undefined) tellMemory(figures.memory);
  };
  return async (read) => {
    // What cannot be read now is no figure: neither the last one nor a nought.
    const figures = await read?.().catch(() => undefined);
    for (const each of [open, oldest, live, overdue, watched, end, jobs, sinkLag, memory]) each.reset();
    if (figures !== undefined) tell(figures);
  };
}
