import { KastellanError, LATER } from '../domain/errors.ts';

/**
 * Everything BullMQ keeps in Redis lies under this prefix, apart from the stores' keys; in one slot of a Redis Cluster by
 * its braces (https://docs.bullmq.io/patterns/redis-cluster).
 */
export const PREFIX = '{kastellan}:jobs';

/**
 * How long a job outlives a worker that went silent, and how often such jobs are looked for, in milliseconds: together less
 * than the half minute after which another one has to be at work.
 */
export const SILENCE = { lockMs: 15_000, lookEveryMs: 5_000 } as const;

/** What a command of the queue that failed means to a person: Redis is away, nothing was queued. */
export function queueFailure(cause: unknown): KastellanError {
  if (cause instanceof KastellanError) return cause;
  return new KastellanError({
    code: 'queue.unreachable',
    message: 'The queue does not answer at the moment.',
    hint: 'What was stored is not lost: the work is queued again as soon as Redis is back.',
    retry: LATER,
    cause,
  });
}

/**
 * Waits for work to end, but not longer than the deadline.
 * @param deadlineMs milliseconds
 * @returns whether it ended in time
 */
export async function endsWithin(work: Promise<unknown>, deadlineMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, deadlineMs), false);
  });
  const ended = work.then(
    () => true,
    () => true,
  );
  const inTime = await Promise.race([ended, late]);
  clearTimeout(timer);
  return inTime;
}
