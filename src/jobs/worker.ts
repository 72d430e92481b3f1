import { DelayedError, type Job, Worker } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import { asKastellanError, KastellanError } from '../domain/errors.ts';
import type { Log } from '../ports/telemetry.ts';
import { endsWithin, PREFIX, SILENCE } from './failures.ts';
import { REQUEST_QUEUE, type RequestJob } from './queue.ts';

export interface WorkerOptions {
  /** Made for `jobs`: blocking reads wait for Redis to come back. */
  readonly connection: Redis | Cluster;
  readonly log: Log;
  /** How many jobs this process takes at once. Default: 8. */
  readonly concurrency?: number;
  /** How long a job outlives a worker that went silent, in milliseconds. Default: 15 000. */
  readonly lockMs?: number;
  /** How often jobs of silent workers are looked for, in milliseconds. Default: 5 000. */
  readonly stalledEveryMs?: number;
  /**
   * Does what there is to do for one request; the same request may come twice, also at the same time.
   * An error that says `later` brings the job back after the delay it names; any other ends the job.
   * @param signal aborts when the job was given to somebody else, or when the process ends
   */
  process(requestId: string, signal: AbortSignal): Promise<{ readonly againAfterMs: number } | undefined>;
}

export interface RunningWorker {
  /**
   * Takes no more jobs, lets the running ones end, aborts those that are not done by the deadline and gives them back.
   * @param deadlineMs milliseconds
   */
  close(deadlineMs: number): Promise<void>;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const LAST_GRACE_MS = 1_000;
const HANDED_ON_MS = 1_000;

/** Starts to work on queued requests. */
export function startWorker(options: WorkerOptions): RunningWorker {
  const { log } = options;
  const running = new Set<Promise<unknown>>();
  const ending = new AbortController();
  let takesMore = true;
  const worker = new Worker<RequestJob>(
    REQUEST_QUEUE,
    // Three parameters on purpose: BullMQ gives a signal only to a function that takes it.
    (job, token, signal) => {
      // BullMQ hands out one more where its read was under way when the worker was paused: another one has to find it first.
      if (!takesMore) return comeAgain(job, token, HANDED_ON_MS);
      const stop = AbortSignal.any([ending.signal, ...(signal === undefined ? [] : [signal])]);
      const work = processJob(options, job, token, stop);
      running.add(work);
      return work.finally(() => running.delete(work));
    },
    {
      connection: options.connection,
      prefix: PREFIX,
      concurrency: options.concurrency ?? 8,
      lockDuration: options.lockMs ?? SILENCE.lockMs,
      stalledInterval: options.stalledEveryMs ?? SILENCE.lookEveryMs,
    },
  );
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const jobId of jobIds) worker.cancelJob(jobId, 'the job was given to another worker');
  });
  worker.on('error', (error) => log.warn({ problem: error.message }, 'The worker has a problem'));
  worker.on('failed', (job, error) => {
    log.error({ request: job?.data.requestId ?? null, job: job?.id ?? null }, 'A job failed', error);
  });
  return {
    async close(deadlineMs) {
      takesMore = false;
      await worker.pause(true);
      const idle = await endsWithin(Promise.allSettled(running), deadlineMs);
      if (!idle) {
        log.warn({ jobs: running.size }, 'Stopping jobs that are still running; another worker goes on');
        ending.abort(new Error('the process ends'));
      }
      const gone = idle || (await endsWithin(Promise.allSettled(running), LAST_GRACE_MS));
      const closed = worker.close(!gone);
      await endsWithin(closed, LAST_GRACE_MS);
    },
  };
}

async function processJob(
  options: WorkerOptions,
  job: Job<RequestJob>,
  token: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { requestId } = job.data;
  const againAfterMs = await runOnce(options, job, signal);
  if (againAfterMs === undefined) return;
  options.log.info({ request: requestId, afterMs: againAfterMs }, 'The request comes again later');
  return comeAgain(job, token, againAfterMs);
}

async function comeAgain(job: Job<RequestJob>, token: string | undefined, afterMs: number): Promise<never> {
  await job.moveToDelayed(Date.now() + afterMs, token);
  throw new DelayedError();
}

// Gives the delay after which the job has to come again, or undefined when it is done.
async function runOnce(
  options: WorkerOptions,
  job: Job<RequestJob>,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    const result = await options.process(job.data.requestId, signal);
    return result === undefined ? undefined : Math.max(0, Math.ceil(result.againAfterMs));
  } catch (thrown) {
    // Work that was stopped from outside goes on elsewhere, whatever it says about being stopped.
    if (signal.aborted) return 0;
    if (!(thrown instanceof KastellanError)) throw asKastellanError(thrown);
    if (thrown.retry.when === 'never') throw thrown;
    options.log.warn({ request: job.data.requestId, code: thrown.code }, thrown.message);
    return thrown.retry.afterMs ?? pauseAfter(job.attemptsStarted);
  }
}

// Doubles with each try and is spread by a quarter, so that requests that failed together do not come back together.
function pauseAfter(tries: number): number {
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, tries - 1));
  return Math.round(pause * (0.75 + Math.random() * 0.5));
}
