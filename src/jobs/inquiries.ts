import { randomUUID } from 'node:crypto';
import { type Job, Queue, QueueEvents, Worker } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import { z } from 'zod';
import { asKastellanError, KastellanError, later, NEVER } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { Question } from '../ports/question.ts';
import type { Log } from '../ports/telemetry.ts';
import { endsWithin, PREFIX, queueFailure } from './failures.ts';

const QUEUE = 'inquiries';
const KEEP_FOR_S = 60;
const CONCURRENCY = 4;

interface InquiryJob {
  readonly question: Question;
  /** Epoch milliseconds after which no caller waits for the answer. */
  readonly until: number;
  /** The trace in which it was asked. */
  readonly traceparent?: string;
}

export interface Inquiries {
  /**
   * Asks and waits for the answer.
   * @param timeoutMs milliseconds
   * @param traceparent the trace that the answer goes on with
   * @throws KastellanError the worker's own, with its code, sentence and hint; `inquiry.unanswered` after the time;
   *   `queue.unreachable`
   */
  ask(question: Question, timeoutMs: number, traceparent?: string): Promise<Json>;
  close(): Promise<void>;
}

const json: z.ZodType<Json> = z.json();
const replySchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), answer: json }),
  z.object({
    ok: z.literal(false),
    error: z.object({
      code: z.string(),
      message: z.string(),
      hint: z.string().optional(),
      retryAfterMs: z.number().nullable().optional(),
    }),
  }),
]);
type Reply = z.infer<typeof replySchema>;

/**
 * The asking side.
 * What it returns throws KastellanError `inquiry.unanswered`.
 * @param options.connection made for `jobs`: it listens for answers
 */
export async function createInquiries(options: {
  connection: Redis | Cluster;
  log: Log;
}): Promise<Inquiries> {
  const { connection, log } = options;
  const waiting = new Map<string, (reply: Reply) => void>();
  const queue = new Queue<InquiryJob, Reply>(QUEUE, { connection, prefix: PREFIX });
  // BullMQ would begin with what comes after its first read, which nothing tells: an answer could come before that.
  const lastEventId = await aMinuteAgo(connection);
  const events = new QueueEvents(QUEUE, { connection, prefix: PREFIX, lastEventId });
  const complain = (error: Error): void => log.warn({ problem: error.message }, 'Inquiries have a problem');
  queue.on('error', complain);
  events.on('error', complain);
  events.on('completed', ({ jobId, returnvalue }) => {
    const reply = replySchema.safeParse(returnvalue);
    waiting.get(jobId)?.(reply.success ? reply.data : failureReply(new Error('unreadable answer')));
  });
  events.on('failed', ({ jobId, failedReason }) => {
    waiting.get(jobId)?.(failureReply(new Error(failedReason)));
  });
  await events.waitUntilReady();

  return {
    async ask(question, timeoutMs, traceparent) {
      const jobId = randomUUID();
      // Waiting begins before the job exists, so that no answer can be too fast.
      const reply = waitFor(waiting, jobId, timeoutMs);
      const until = Date.now() + timeoutMs;
      const data = { question, until, ...(traceparent !== undefined && { traceparent }) };
      const added = queue.add('inquiry', data, jobOptions(jobId));
      added.catch((cause: unknown) => waiting.get(jobId)?.(failureReply(queueFailure(cause))));
      return answerOf(await reply, timeoutMs);
    },
    async close() {
      await Promise.allSettled([events.close(), queue.close()]);
    },
  };
}

/** The id of an entry in a stream that would be a minute old, by the clock of Redis. */
async function aMinuteAgo(connection: Redis | Cluster): Promise<string> {
  const [seconds] = await connection.time();
  return `${Math.max(0, Number(seconds) - 60) * 1_000}-0`;
}

function jobOptions(jobId: string) {
  return { jobId, removeOnComplete: { age: KEEP_FOR_S }, removeOnFail: { age: KEEP_FOR_S } };
}

function waitFor(
  waiting: Map<string, (reply: Reply) => void>,
  jobId: string,
  timeoutMs: number,
): Promise<Reply | undefined> {
  return new Promise((resolve) => {
    const end = (reply: Reply | undefined): void => {
      clearTimeout(timer);
      waiting.delete(jobId);
      resolve(reply);
    };
    const timer = setTimeout(end, timeoutMs, undefined);
    waiting.set(jobId, end);
  });
}

function answerOf(reply: Reply | undefined, timeoutMs: number): Json {
  if (reply === undefined) throw unanswered(timeoutMs);
  if (reply.ok) return reply.answer;
  const { code, message, hint, retryAfterMs } = reply.error;
  throw new KastellanError({
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    retry: retryFrom(retryAfterMs),
  });
}

function retryFrom(afterMs: number | null | undefined): KastellanError['retry'] {
  return afterMs === undefined ? NEVER : later(afterMs ?? undefined);
}

/**
 * The answering side: lets this process answer questions.
 * @param options.connection made for `jobs`
 * @param options.answer gives the answer as JSON without secrets, or raises a KastellanError, which reaches the asker
 */
export function answerInquiries(options: {
  readonly connection: Redis | Cluster;
  readonly log: Log;
  answer(question: Question, traceparent: string | undefined): Promise<Json>;
}): { close(deadlineMs: number): Promise<void> } {
  const { connection, log } = options;
  const answer = async (job: Job<InquiryJob, Reply>): Promise<Reply> => {
    const { question, until, traceparent } = job.data;
    // No caller waits any more: an answer would only put load on the remote systems.
    if (Date.now() > until) return failureReply(unanswered(0));
    try {
      return { ok: true, answer: await options.answer(question, traceparent) };
    } catch (error) {
      log.warn({ inquiry: question.kind, problem: asKastellanError(error).code }, 'An inquiry failed');
      return failureReply(error);
    }
  };
  const worker = new Worker<InquiryJob, Reply>(QUEUE, answer, {
    connection,
    prefix: PREFIX,
    concurrency: CONCURRENCY,
    maxStalledCount: 0,
  });
  worker.on('error', (error) => log.warn({ problem: error.message }, 'Inquiries have a problem'));
  return {
    async close(deadlineMs) {
      await endsWithin(worker.close(), deadlineMs);
    },
  };
}

function failureReply(thrown: unknown): Reply {
  const { code, message, hint, retry } = asKastellanError(thrown);
  const retryAfterMs = retry.when === 'never' ? undefined : (retry.afterMs ?? null);
  return {
    ok: false,
    error: {
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  };
}

function unanswered(timeoutMs: number): KastellanError {
  return new KastellanError({
    code: 'inquiry.unanswered',
    message: `No worker answered within ${Math.round(timeoutMs / 1000)} seconds.`,
    hint: 'Check that a process with the role worker runs; it may also just be busy: ask again in a minute.',
    retry: { when: 'later' },
  });
}
