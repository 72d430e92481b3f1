import { type Job, Queue, Worker } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import type { Log } from '../ports/telemetry.ts';
import { endsWithin, PREFIX, SILENCE } from './failures.ts';

const QUEUE = 'schedules';
const WATCH_EVERY_MS = 60_000;

/** Something that is done again and again; it has to be safe to run twice. */
export interface Schedule {
  /** Milliseconds between two runs. */
  readonly everyMs: number;
  /** Whether it also runs once when a process starts, beside the runs that all processes share. */
  readonly atStart?: true;
  run(): Promise<void>;
}

/** How often each of Kastellan's regular operations runs, in milliseconds. */
export const EVERY_MS = {
  /** Well within the time that processes with an earlier key have in a rolling update. */
  auditKey: 300_000,
  sweep: 10_000,
  auditIndex: 10_000,
  history: 300_000,
  memory: 60_000,
  /** How soon the audit log is sent on. */
  deliver: 1_000,
  expire: 60_000,
  grants: 60_000,
  /** One read of Entra for each account that was deleted while it had access. */
  deletedAccounts: 300_000,
  reviews: 60_000,
  /** People are reminded daily; the hours between find what was replaced, and make up for what could not be read. */
  expiry: 3_600_000,
  remind: 60_000,
  discover: 300_000,
  signIns: 300_000,
  calendar: 300_000,
} as const;

/** What runs now, and whether it came due again meanwhile. */
type Running = Map<string, 'once' | 'again'>;

export interface RunningSchedules {
  /** @param deadlineMs milliseconds that a running operation gets */
  close(deadlineMs: number): Promise<void>;
}

/**
 * Runs named operations on their schedules. Any number of processes may do this with the same map: each run happens in
 * one of them. A failed run is logged; the next one comes anyway.
 * @param options.connection made for `jobs`
 * @throws whatever Redis throws while the schedules are written
 */
export async function startSchedules(options: {
  readonly connection: Redis | Cluster;
  readonly log: Log;
  readonly schedules: Readonly<Record<string, Schedule>>;
}): Promise<RunningSchedules> {
  const { connection, log, schedules } = options;
  const queue = new Queue(QUEUE, { connection, prefix: PREFIX });
  queue.on('error', (error) => log.warn({ problem: error.message }, 'The schedules have a problem'));
  await removeUnknown(queue, schedules);
  await keep(queue, schedules);

  const running: Running = new Map();
  const worker = new Worker(QUEUE, (job: Job) => runAlone(job.name, schedules, running, log), {
    connection,
    prefix: PREFIX,
    // Several look at every cluster in the same minute; what wakes workers must not stand in line behind them. The one place
    // more is for what comes due again while all of them run.
    concurrency: Object.keys(schedules).length + 1,
    // A run that was taken by a process that was killed holds up all runs after it where the next was not queued yet.
    lockDuration: SILENCE.lockMs,
    stalledInterval: SILENCE.lookEveryMs,
  });
  worker.on('error', (error) => log.warn({ problem: error.message }, 'The schedules have a problem'));

  const first = Object.keys(schedules).filter((name) => schedules[name]?.atStart);
  const begun = Promise.all(first.map((name) => runAlone(name, schedules, running, log)));
  // A schedule lives in its next job; if Redis loses that, nothing would ever run again.
  const watch = setInterval(() => {
    keep(queue, schedules).catch((error: unknown) =>
      log.warn({ problem: String(error) }, 'Schedules unknown'),
    );
  }, WATCH_EVERY_MS).unref();
  return {
    async close(deadlineMs) {
      clearInterval(watch);
      for (const name of running.keys()) running.set(name, 'once');
      await endsWithin(Promise.all([begun, worker.close(), queue.close()]), deadlineMs);
    },
  };
}

async function keep(queue: Queue, schedules: Readonly<Record<string, Schedule>>): Promise<void> {
  for (const [name, { everyMs }] of Object.entries(schedules)) {
    const known = await queue.getJobScheduler(name);
    if (known?.every === everyMs && isSoon(known.next, everyMs) && (await hasNextJob(queue, name))) continue;
    // BullMQ counts on from the next run it knows; where the clock was set back, that is hours ahead.
    if (known !== undefined) await queue.removeJobScheduler(name);
    await queue.upsertJobScheduler(
      name,
      { every: everyMs },
      { name, opts: { removeOnComplete: true, removeOnFail: true } },
    );
  }
}

function isSoon(next: number | undefined, everyMs: number): boolean {
  return next !== undefined && Math.abs(next - Date.now()) <= 2 * everyMs;
}

async function hasNextJob(queue: Queue, name: string): Promise<boolean> {
  const jobs = await queue.getJobs(['delayed', 'waiting', 'active']);
  return jobs.some((job) => job?.name === name);
}

// Operations that an older version had would be called for ever.
async function removeUnknown(queue: Queue, schedules: Readonly<Record<string, Schedule>>): Promise<void> {
  for (const scheduler of await queue.getJobSchedulers()) {
    if (!(scheduler.name in schedules)) await queue.removeJobScheduler(scheduler.key);
  }
}

async function runAlone(
  name: string,
  schedules: Readonly<Record<string, Schedule>>,
  running: Running,
  log: Log,
): Promise<void> {
  const schedule = schedules[name];
  if (schedule === undefined) {
    log.warn({ schedule: name }, 'A schedule names an operation that this version does not know');
    return;
  }
  // A run that takes longer than its interval must not run beside itself, and what came due meanwhile must not wait.
  if (running.has(name)) return void running.set(name, 'again');
  do {
    running.set(name, 'once');
    await runOnce(name, schedule, log);
  } while (running.get(name) === 'again');
  running.delete(name);
}

async function runOnce(name: string, schedule: Schedule, log: Log): Promise<void> {
  try {
    await schedule.run();
  } catch (error) {
    log.error({ schedule: name }, 'A scheduled operation failed; it runs again at its next time', error);
  }
}
