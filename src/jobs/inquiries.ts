import { type Job, Queue, QueueEvents, Worker } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import { z } from 'zod';
import { asKastellanError, KastellanError, later, NEVER } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { Question } from '../ports/question.ts';
import type { Log } from '../ports/telemetry.ts';
import { endsWithin, PREFIX, queueFailure } from './failures.ts';
import { FairSlots } from './fair-slots.ts';

const QUEUE = 'inquiries';
// How many different questions about one cluster a process answers at once, and how many of one person.
const CONCURRENCY = 4;
const MAX_PER_PERSON = 2;
// More than people may ask at once: a question that waits behind those of others is known here, so that it has its turn.
const MOST_TAKEN = 100;
// Whoever asks the same within this time shares one answer. No longer, or a question that died with its worker would keep
// those who ask after it waiting, too.
const SHARED_FOR_MS = 10_000;

interface InquiryJob {
  readonly question: Question;
  /** Epoch milliseconds after which no caller waits for the answer. */
  readonly until: number;
  /** The trace in which it was asked. */
  readonly traceparent?: string;
  /** Slack user id of the person who asked first; absent: the home tab, which is for all. */
  readonly asker?: string;
}

/** On whose behalf a question is asked, and the trace that the answer goes on with. */
type AskedBy = Pick<InquiryJob, 'asker' | 'traceparent'>;

export interface Inquiries {
  /**
   * Asks and waits for the answer; the same question, asked by anybody at the same time, is answered once for all.
   * @param timeoutMs milliseconds
   * @throws KastellanError the worker's own, with its code, sentence and hint; `inquiry.unanswered` after the time;
   *   `queue.unreachable`
   */
  ask(question: Question, timeoutMs: number, by?: AskedBy): Promise<Json>;
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
  const waiting: Waiting = new Map();
  const queue = new Queue<InquiryJob, Reply>(QUEUE, { connection, prefix: PREFIX });
  // BullMQ would begin with what comes after its first read, which nothing tells: an answer could come before that.
  const lastEventId = await aMinuteAgo(connection);
  const events = new QueueEvents(QUEUE, { connection, prefix: PREFIX, lastEventId });
  const complain = (error: Error): void => log.warn({ problem: error.message }, 'Inquiries have a problem');
  queue.on('error', complain);
  events.on('error', complain);
  events.on('completed', ({ jobId, returnvalue }) => {
    const reply = replySchema.safeParse(returnvalue);
    tell(waiting, jobId, reply.success ? reply.data : failureReply(new Error('unreadable answer')));
  });
  events.on('failed', ({ jobId, failedReason }) => {
    tell(waiting, jobId, failureReply(new Error(failedReason)));
  });
  await events.waitUntilReady();

  return {
    async ask(question, timeoutMs, by = {}) {
      const jobId = sharedId(question, Date.now());
      // Waiting begins before the job exists, so that no answer can be too fast.
      const reply = waitFor(waiting, jobId, timeoutMs);
      const data = { question, until: Date.now() + timeoutMs, ...by };
      // Where there is a job of this ID already, its answer is this one's, too. It is removed as soon as it has one.
      const added = queue.add('inquiry', data, { jobId, removeOnComplete: true, removeOnFail: true });
      added.catch((cause: unknown) => tell(waiting, jobId, failureReply(queueFailure(cause))));
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

function sharedId(question: Question, now: number): string {
  return `${subjectOf(question)}-${Math.floor(now / SHARED_FOR_MS)}`;
}

/** The same for questions that have the same answer, whoever asks: what one person may see of it, all may. */
function subjectOf(question: Question): string {
  return [question.kind, ...clustersOf(question)].join('-');
}

function isAboutEverything(question: Question): boolean {
  return clustersOf(question).length === 0;
}

function clustersOf(question: Question): string[] {
  return 'cluster' in question && question.cluster !== undefined ? [question.cluster] : [];
}

/** Those who wait, by the job that answers them. */
type Waiting = Map<string, Set<(reply: Reply) => void>>;

function tell(waiting: Waiting, jobId: string, reply: Reply): void {
  for (const end of waiting.get(jobId) ?? []) end(reply);
}

function waitFor(waiting: Waiting, jobId: string, timeoutMs: number): Promise<Reply | undefined> {
  return new Promise((resolve) => {
    const all = waiting.get(jobId) ?? new Set();
    const end = (reply: Reply | undefined): void => {
      clearTimeout(timer);
      all.delete(end);
      if (all.size === 0) waiting.delete(jobId);
      resolve(reply);
    };
    const timer = setTimeout(end, timeoutMs, undefined);
    waiting.set(jobId, all.add(end));
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
  const slots = new FairSlots({ total: CONCURRENCY, each: MAX_PER_PERSON });
  // By subject: what is asked again while it is answered gets the same answer.
  const answering = new Map<string, { until: number; readonly reply: Promise<Reply> }>();

  async function answer({ question, traceparent }: InquiryJob, isWaitedFor: () => boolean): Promise<Reply> {
    // No caller waits any more: an answer would only put load on the remote systems.
    if (!isWaitedFor()) return failureReply(unanswered(0));
    try {
      return { ok: true, answer: await options.answer(question, traceparent) };
    } catch (error) {
      log.warn({ inquiry: question.kind, problem: asKastellanError(error).code }, 'An inquiry failed');
      return failureReply(error);
    }
  }

  function answerOnce(job: InquiryJob): Promise<Reply> {
    const { question, until, asker = '' } = job;
    const subject = subjectOf(question);
    const same = answering.get(subject);
    if (same !== undefined) {
      same.until = Math.max(same.until, until);
      return same.reply;
    }
    const isWaitedFor = (): boolean => Date.now() <= (answering.get(subject)?.until ?? until);
    const begin = () => answer(job, isWaitedFor);
    // One about everything is answered once at a time for all: it must not wait behind what its first asker asked before.
    const started = isAboutEverything(question) ? begin() : slots.run(asker, begin);
    const reply = started.finally(() => answering.delete(subject));
    answering.set(subject, { until, reply });
    return reply;
  }

  const take = async ({ data }: Job<InquiryJob, Reply>): Promise<Reply> => answerOnce(data);
  const worker = new Worker<InquiryJob, Reply>(QUEUE, take, {
    connection,
    prefix: PREFIX,
    concurrency: MOST_TAKEN,
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
