import { randomBytes } from 'node:crypto';
import { type JobsOptions, Queue } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import type { WorkQueue } from '../ports/queue.ts';
import type { Log } from '../ports/telemetry.ts';
import { PREFIX, queueFailure } from './failures.ts';

export const REQUEST_QUEUE = 'requests';

/** A job carries the id of its request and nothing else: the store is the truth. */
export interface RequestJob {
  readonly requestId: string;
}

/** How full the queue is. */
export interface QueueWatch {
  /** Jobs by state: waiting for a worker, worked on, coming later, failed within the last week. */
  depth(): Promise<Record<'waiting' | 'active' | 'delayed' | 'failed', number>>;
}

// A long line of requests must not grow by one job for each of them every ten seconds.
const REMIND_EVERY_MS = 20_000;

// Failed jobs are kept for a week, so that operators can inspect them.
const KEEP_FAILED = { age: 7 * 24 * 3600, count: 1000 };

type OpenWorkQueue = WorkQueue & QueueWatch & { close(): Promise<void> };

/**
 * The queue of requests that have work to do.
 * @param connection made for `requests`: adding fails fast when Redis is away
 * @throws KastellanError `queue.unreachable`
 */
export async function createWorkQueue(options: {
  connection: Redis | Cluster;
  log: Log;
}): Promise<OpenWorkQueue> {
  const queue = new Queue<RequestJob>(REQUEST_QUEUE, {
    connection: options.connection,
    prefix: PREFIX,
    // A person waits for the answer: better an error now than a command that waits for Redis.
    skipWaitingForReady: true,
    defaultJobOptions: { removeOnComplete: true, removeOnFail: KEEP_FAILED },
  });
  queue.on('error', (error) => options.log.warn({ problem: error.message }, 'The queue has a problem'));
  // BullMQ asks Redis for its version, and never again: a queue whose question was lost would refuse every job for ever.
  await queue.waitUntilReady().catch((cause: unknown) => {
    throw queueFailure(cause);
  });
  const add = async (requestId: string, options: JobsOptions): Promise<void> => {
    // BullMQ ignores an id it still knows, even that of a finished job; which of two jobs works is decided by the lease.
    const jobId = `${requestId}-${randomBytes(6).toString('hex')}`;
    try {
      await queue.add('request', { requestId }, { jobId, ...options });
    } catch (cause) {
      throw queueFailure(cause);
    }
  };
  return {
    /** @throws KastellanError `queue.unreachable` */
    add: (requestId, delayMs = 0) => add(requestId, { delay: Math.max(0, Math.ceil(delayMs)) }),
    // It is forgotten after a while, because the job itself may be lost.
    remind: (requestId) => add(requestId, { deduplication: { id: requestId, ttl: REMIND_EVERY_MS } }),
    async depth() {
      const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
      const { waiting = 0, active = 0, delayed = 0, failed = 0 } = counts;
      return { waiting, active, delayed, failed };
    },
    close: () => queue.close(),
  };
}
