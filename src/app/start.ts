import { createAnchorFailures } from '../adapters/redis/anchor-failures.ts';
import { listenToChanges } from '../adapters/redis/changes.ts';
import { checkRedis, pingRedis } from '../adapters/redis/facts.ts';
import { createHistory } from '../adapters/redis/history.ts';
import { createStoreMemory } from '../adapters/redis/memory.ts';
import { createSinkPositions } from '../adapters/redis/sink-positions.ts';
import type { Role } from '../config/environment.ts';
import type { Settings } from '../config/load.ts';
import { KastellanError, LATER } from '../domain/errors.ts';
import { type RunningDeliveries, startDeliveries } from '../jobs/deliveries.ts';
import { answerInquiries, createInquiries } from '../jobs/inquiries.ts';
import { EVERY_MS, startSchedules } from '../jobs/schedules.ts';
import { startWorker } from '../jobs/worker.ts';
import { chaseReviews } from '../operations/access/chase-reviews.ts';
import { sweepGrants } from '../operations/access/sweep-grants.ts';
import { watchDeletedAccounts } from '../operations/access/watch-deleted-accounts.ts';
import { anchorLog, type WrittenAnchors } from '../operations/audit/anchor-log.ts';
import { auditFindings, beginAuditKey, requireAuditKey } from '../operations/audit/audit-key.ts';
import {
  type DeliverWorld,
  deliverLog,
  readSinkLags,
  sinkFindings,
} from '../operations/audit/deliver-log.ts';
import { verifyLog } from '../operations/audit/verify-log.ts';
import { expireAndRemind } from '../operations/requests/expire.ts';
import { forgetHistory } from '../operations/requests/forget-history.ts';
import { clusterLock } from '../operations/requests/locks.ts';
import { processRequest } from '../operations/requests/process-request.ts';
import { sweep } from '../operations/requests/sweep.ts';
import { WorkerSlots } from '../operations/requests/worker-slots.ts';
import { keepCalendar } from '../operations/secrets/keep-calendar.ts';
import { listCredentials } from '../operations/secrets/list-credentials.ts';
import { remindOfExpiry } from '../operations/secrets/remind-of-expiry.ts';
import { discoverDashboards } from '../operations/setup/discover-dashboards.ts';
import { listAdmins } from '../operations/status/list-admins.ts';
import { checkAgainAfter } from '../operations/status/look-again.ts';
import { runHealthChecks } from '../operations/status/run-health-checks.ts';
import { showStatus } from '../operations/status/show-status.ts';
import { memoryFindings, watchMemory } from '../operations/status/watch-memory.ts';
import { watchSignIns } from '../operations/status/watch-sign-ins.ts';
import { type Build, buildFinding } from '../ops/build.ts';
import { type HealthServer, type Probe, startHealthServer } from '../ops/health.ts';
import { withRequestId } from '../ops/log.ts';
import { readFigures } from '../ops/stored-figures.ts';
import type { Tracer } from '../ops/tracer.ts';
import type { AnchorPlace } from '../ports/audit-anchors.ts';
import type { AuditSink } from '../ports/audit-sinks.ts';
import type { Question } from '../ports/question.ts';
import type { StoreMemory } from '../ports/store-memory.ts';
import type { Log } from '../ports/telemetry.ts';
import { createSlackFront } from '../slack/app.ts';
import { findSlackScopes } from '../slack/status/findings.ts';
import { AwayClusters } from './away-clusters.ts';
import { openAnchors } from './open-anchors.ts';
import { reachesClusters } from './open-clusters.ts';
import { type Instruments, openInstruments } from './open-instruments.ts';
import { openRedis, type RedisConnections } from './open-redis.ts';
import { openSinks } from './open-sinks.ts';
import { openWorld } from './open-world.ts';

export interface Kastellan {
  /** Resolves when Kastellan cannot go on, with the reason. */
  readonly died: Promise<KastellanError>;
  /**
   * Takes nothing new, hands running work over to other processes, and ends.
   * @param deadlineMs milliseconds for work under way
   */
  stop(deadlineMs: number): Promise<void>;
}

// How many requests a process works on at once, and how many at the same cluster or person: one that works, one that plans.
const CONCURRENCY = 8;
const MAX_PER_CLUSTER = 2;

// A second's work: of 800,000 entries that an earlier version wrote, all are indexed after seven minutes.
const INDEXED_AT_ONCE = 20_000;
// A second's work: of 60,000 requests that are too old, all are gone after five hours.
const FORGOTTEN_AT_ONCE = 1_000;

// What a collector does not accept by then is lost: the end of the process does not wait for it.
const LAST_TRACES_MS = 2_000;
// What is ended when the time is over gets this much all the same: what it has to say was said before.
const LAST_GRACE_MS = 1_000;

/** Something that was started and has to be ended, in the reverse order. */
type Ending = (deadlineMs: number) => Promise<void>;

/** A role that runs. */
interface Started {
  readonly end: Ending;
  /** What this role cannot do without, besides Redis. */
  readonly probes?: Readonly<Record<string, Probe>>;
}

/**
 * Starts every role the environment asks for.
 * @throws KastellanError where Redis, Slack or the configuration does not allow it; what was started is ended again
 */
export async function startKastellan(
  settings: Settings,
  { build, tracer, log }: { readonly build: Build; readonly tracer: Tracer; readonly log: Log },
): Promise<Kastellan> {
  const instruments = openInstruments(build, tracer);
  const endings: Ending[] = [(deadlineMs) => tracer.close(Math.min(deadlineMs, LAST_TRACES_MS))];
  const stop = async (deadlineMs: number): Promise<void> => {
    const until = Date.now() + deadlineMs;
    for (const end of endings.toReversed()) await end(Math.max(LAST_GRACE_MS, until - Date.now()));
  };
  try {
    const redis = await openRedis(settings, log, instruments.telemetry.watchCall);
    endings.push(() => redis.close());
    await requireGoodRedis(redis, log);
    const away = new AwayClusters();
    const world = await openWorld(settings, redis, instruments, log, (cluster, isAway) =>
      away.tell(cluster, isAway),
    );
    endings.push((deadlineMs) => world.notifier.drain(deadlineMs));
    await requireAuditKey(world.audit);
    const anchors = reachesClusters(settings) ? await openAnchors(settings) : [];
    const sinks = openSinks(settings);
    const delivering = { ...world, positions: createSinkPositions(redis.requests) };
    const memory = createStoreMemory(redis.requests);
    const start = {
      settings,
      build,
      world,
      redis,
      memory,
      instruments,
      anchors,
      sinks,
      delivering,
      away,
      log,
    };
    const probes: Record<string, Probe> = { redis: () => pingRedis(redis.requests) };
    const anchoring = startAnchoring(start);
    endings.push((deadlineMs) => anchoring.close(deadlineMs));
    const roles: Started[] = [];
    // All at once: while a worker lets its work end, Slack's commands are for other processes already.
    endings.push(async (deadlineMs) => void (await Promise.all(roles.map(({ end }) => end(deadlineMs)))));
    for (const role of settings.environment.KASTELLAN_ROLES) roles.push(await ROLE_STARTS[role](start));
    for (const role of roles) Object.assign(probes, role.probes);
    const health = await startHealth(start, probes);
    endings.push(() => health.close());
    log.info({ roles: [...settings.environment.KASTELLAN_ROLES], health: health.port }, 'Kastellan is ready');
    return { stop, died: redis.died };
  } catch (thrown) {
    await stop(1_000);
    throw thrown;
  }
}

interface Start {
  readonly settings: Settings;
  readonly build: Build;
  readonly world: Awaited<ReturnType<typeof openWorld>>;
  readonly redis: RedisConnections;
  readonly memory: StoreMemory;
  readonly instruments: Instruments;
  /** None in a process that only speaks with Slack. */
  readonly anchors: readonly AnchorPlace[];
  readonly sinks: readonly AuditSink[];
  readonly delivering: DeliverWorld;
  readonly away: AwayClusters;
  readonly log: Log;
}

// From a timer of each process, and not from the schedules in Redis: a person who writes into Redis could stop those.
function startAnchoring({ settings, world, redis, anchors, log }: Start): RunningDeliveries {
  const written: WrittenAnchors = new Map();
  const anchoring = { ...world, failures: createAnchorFailures(redis.requests) };
  const run = () => anchorLog(anchoring, anchors, written);
  const deliveries = anchors.length > 0 ? [{ name: 'anchors', run }] : [];
  return startDeliveries(deliveries, settings.configuration.audit.anchors.every, log);
}

const ROLE_STARTS: Readonly<Record<Role, (start: Start) => Promise<Started>>> = {
  slack: startSlack,
  worker: startWork,
  scheduler: startCalendar,
};

function startHealth(
  { settings, build, world, memory, instruments, sinks, delivering }: Start,
  probes: Readonly<Record<string, Probe>>,
): Promise<HealthServer> {
  const { KASTELLAN_HOST: host, KASTELLAN_HEALTH_PORT: port, KASTELLAN_ROLES: roles } = settings.environment;
  const { metrics, degradation } = instruments;
  const readStored = async () => ({
    ...(await readFigures(world)),
    jobs: await world.queue.depth(),
    auditSinks: await readSinkLags(delivering, sinks),
    memory: await memory.read(),
  });
  return startHealthServer({
    host,
    port,
    build,
    probes,
    degraded: degradation.names,
    metrics: {
      contentType: metrics.contentType,
      // Every process reads the same store; one kind of them is enough to tell.
      text: () => metrics.text(roles.includes('scheduler') ? readStored : undefined),
    },
  });
}

async function startSlack({ settings, world, redis, instruments, log }: Start): Promise<Started> {
  const { environment, configuration } = settings;
  const inquiries = await createInquiries({ connection: redis.jobs, log });
  let listenNoMore = (): void => undefined;
  const front = await createSlackFront({
    world,
    onChange: (listener) => {
      listenNoMore = listenToChanges(redis.jobs, log, listener);
    },
    ask: (question, asker) => {
      const traceparent = world.telemetry.traceparent();
      return inquiries.ask(question, 60_000, {
        ...(asker !== undefined && { asker }),
        ...(traceparent !== undefined && { traceparent }),
      });
    },
    credentials: {
      botToken: environment.SLACK_BOT_TOKEN,
      ...(environment.SLACK_APP_TOKEN !== undefined && { appToken: environment.SLACK_APP_TOKEN }),
      ...(environment.SLACK_SIGNING_SECRET !== undefined && {
        signingSecret: environment.SLACK_SIGNING_SECRET,
      }),
    },
    approvalsChannel: configuration.slack.approvalsChannel,
    apiUrl: configuration.slack.apiUrl,
    fetch: instruments.slackFetch,
    host: environment.KASTELLAN_HOST,
    httpPort: environment.KASTELLAN_HTTP_PORT,
    log,
  });
  await front.start();
  return {
    async end() {
      listenNoMore();
      await front.stop();
      await inquiries.close();
    },
    probes: { slack: async () => requireConnection(front.connected()) },
  };
}

function requireConnection(connected: boolean): void {
  if (connected) return;
  throw new KastellanError({
    code: 'slack.not-connected',
    message: 'Slack cannot reach this process now.',
    retry: LATER,
  });
}

async function startWork(start: Start): Promise<Started> {
  const { world, redis, log } = start;
  const places = new WorkerSlots({ total: CONCURRENCY, each: MAX_PER_CLUSTER });
  start.away.listen((cluster, away) => places.setAway(clusterLock(cluster), away));
  const worker = startWorker({
    connection: redis.jobs,
    log,
    // Those that wait for clusters which do not answer come on top.
    concurrency: CONCURRENCY + MAX_PER_CLUSTER * world.rules.clusters.length,
    process: (requestId, signal) =>
      withRequestId(requestId, async () => {
        const again = await processRequest(world, requestId, signal, places);
        if (again === undefined) await checkAgainAfter(world, requestId);
        return again;
      }),
  });
  const answers = answerInquiries({
    connection: redis.jobs,
    log,
    answer: async (question, traceparent) => {
      const work = { name: `answer ${question.kind}`, traceparent: async () => traceparent };
      const found = await world.telemetry.traced(work, () => answer(start, question));
      return JSON.parse(JSON.stringify(found));
    },
  });
  // Grants that expired while no process ran are revoked first; the schedule checks again.
  await sweepGrants(world).catch((thrown: unknown) =>
    log.error({}, 'Overdue access was not looked for', thrown),
  );
  return {
    async end(deadlineMs) {
      await Promise.all([worker.close(deadlineMs), answers.close(deadlineMs)]);
    },
  };
}

async function answer(
  { settings, build, world, redis, memory, anchors, sinks, delivering }: Start,
  question: Question,
): Promise<unknown> {
  if (question.kind === 'status') return showStatus(world, question.cluster);
  if (question.kind === 'who') return listAdmins(world, question.cluster);
  if (question.kind === 'secrets') return listCredentials(world);
  if (question.kind === 'audit') return verifyLog(world.audit, anchors);
  return runHealthChecks(world, [
    { title: 'Kastellan', check: async () => [buildFinding(build)] },
    {
      title: 'Slack',
      check: () => {
        const { apiUrl, ...channels } = settings.configuration.slack;
        return findSlackScopes(settings.environment.SLACK_BOT_TOKEN, apiUrl, channels);
      },
    },
    {
      title: 'Redis',
      check: async () => [...(await checkRedis(redis.requests)), ...(await memoryFindings(memory))],
    },
    { title: 'Audit log', check: () => auditFindings(world.audit.keyId, anchors) },
    ...(sinks.length > 0 ? [{ title: 'Audit sinks', check: () => sinkFindings(delivering, sinks) }] : []),
  ]);
}

async function startCalendar({
  settings,
  world,
  redis,
  memory,
  sinks,
  delivering,
  log,
}: Start): Promise<Started> {
  const { configuration } = settings;
  const history = createHistory(redis.requests);
  const schedules = await startSchedules({
    connection: redis.jobs,
    log,
    schedules: {
      auditKey: { everyMs: EVERY_MS.auditKey, atStart: true, run: () => beginAuditKey(world.audit) },
      auditIndex: {
        everyMs: EVERY_MS.auditIndex,
        atStart: true,
        run: () => world.audit.index(INDEXED_AT_ONCE),
      },
      sweep: { everyMs: EVERY_MS.sweep, run: () => sweep(world) },
      expire: { everyMs: EVERY_MS.expire, run: () => expireAndRemind(world) },
      grants: { everyMs: EVERY_MS.grants, run: () => sweepGrants(world) },
      deletedAccounts: {
        everyMs: EVERY_MS.deletedAccounts,
        atStart: true,
        run: () => watchDeletedAccounts(world),
      },
      reviews: { everyMs: EVERY_MS.reviews, run: () => chaseReviews(world) },
      memory: { everyMs: EVERY_MS.memory, atStart: true, run: () => watchMemory(world, memory) },
      history: {
        everyMs: EVERY_MS.history,
        run: () => forgetHistory({ ...world, history }, configuration.history.keep, FORGOTTEN_AT_ONCE),
      },
      calendar: { everyMs: EVERY_MS.calendar, run: () => keepCalendar(world) },
      expiry: { everyMs: EVERY_MS.expiry, atStart: true, run: () => remindOfExpiry(world) },
      discover: { everyMs: EVERY_MS.discover, run: () => discoverDashboards(world) },
      signIns: { everyMs: EVERY_MS.signIns, atStart: true, run: () => watchSignIns(world) },
    },
  });
  const deliveries = startDeliveries(
    sinks.map((sink) => ({
      name: `sink ${sink.name}`,
      run: (signal: AbortSignal) => deliverLog(delivering, sink, signal),
    })),
    EVERY_MS.deliver,
    log,
  );
  return {
    async end(deadlineMs) {
      await Promise.all([schedules.close(deadlineMs), deliveries.close(deadlineMs)]);
    },
  };
}

// A Redis that may drop keys, or forgets them with the next restart, would lose decisions that people made.
async function requireGoodRedis(redis: RedisConnections, log: Log): Promise<void> {
  const findings = await checkRedis(redis.requests);
  for (const { subject, verdict, detail, fix } of findings) {
    if (verdict !== 'good')
      log.warn({ subject, detail, ...(fix !== undefined && { fix }) }, 'Redis is not as it should be');
  }
  const bad = findings.filter(({ verdict }) => verdict === 'bad');
  if (bad.length === 0) return;
  throw new KastellanError({
    code: 'redis.unfit',
    message: `Redis cannot keep Kastellan's data safely: ${bad.map(({ subject, detail }) => `${subject}: ${detail}`).join('; ')}.`,
    hint: bad.flatMap(({ fix }) => fix ?? []).join(' '),
  });
}
