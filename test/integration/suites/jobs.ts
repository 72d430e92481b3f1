import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue, QueueEvents, Worker } from 'bullmq';
import type { RedisClient } from '../../../src/adapters/redis/clients.ts';
import { connectRedis } from '../../../src/adapters/redis/connection.ts';
import { createLeases } from '../../../src/adapters/redis/leases.ts';
import { KastellanError } from '../../../src/domain/errors.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { PREFIX } from '../../../src/jobs/failures.ts';
import { answerInquiries, createInquiries } from '../../../src/jobs/inquiries.ts';
import { createWorkQueue } from '../../../src/jobs/queue.ts';
import { startSchedules } from '../../../src/jobs/schedules.ts';
import { startWorker, type WorkerOptions } from '../../../src/jobs/worker.ts';
import { QUIET, startRedisChild, type TestStore } from '../../support/redis.ts';
import { isBack, primariesOf } from '../../support/redis-cluster.ts';

/**
 * Everything jobs promise.
 * @param start gives a Redis of the kind that is looked at
 */
export function describeJobs(kind: string, start: () => Promise<TestStore>): void {
  describe(kind, () => {
    let server: TestStore;
    let requests: RedisClient;
    let jobs: RedisClient;
    const closers: (() => Promise<unknown>)[] = [];

    beforeAll(async () => {
      server = await start();
      requests = await connectRedis(new Secret(server.url), 'requests', QUIET);
      jobs = await connectRedis(new Secret(server.url), 'jobs', QUIET);
    });
    afterAll(async () => {
      requests?.disconnect();
      jobs?.disconnect();
      await server?.stop();
    });
    beforeEach(async () => {
      await Promise.all(primariesOf(requests).map((primary) => primary.flushall()));
    });
    afterEach(async () => {
      for (const close of closers.splice(0).toReversed()) await close();
    });

    async function queue() {
      const made = await createWorkQueue({ connection: requests, log: QUIET });
      closers.push(() => made.close());
      return made;
    }

    async function keysLike(pattern: string): Promise<string[]> {
      return (await Promise.all(primariesOf(requests).map((primary) => primary.keys(pattern)))).flat();
    }

    function work(process: WorkerOptions['process'], more: Partial<WorkerOptions> = {}) {
      const worker = startWorker({ connection: jobs, log: QUIET, process, ...more });
      closers.push(() => worker.close(1_000));
      return worker;
    }

    /** Collects what happens, so that a test can wait for the nth happening. */
    function diary() {
      const events = new EventEmitter();
      const seen: string[] = [];
      return {
        seen,
        add(what: string): void {
          seen.push(what);
          events.emit('more');
        },
        async until(count: number): Promise<string[]> {
          while (seen.length < count) await once(events, 'more');
          return seen;
        },
      };
    }

    describe('a queued request', () => {
      it('reaches a worker with its id and nothing else, and leaves nothing behind', async () => {
        const raw = new Queue('requests', { connection: jobs, prefix: PREFIX });
        closers.push(() => raw.close());
        await (await queue()).add('7kq2mx9d');
        const [job] = await raw.getWaiting();
        expect(job?.data).toEqual({ requestId: '7kq2mx9d' });
        expect(job?.id).toMatch(/^7kq2mx9d-[0-9a-f]{12}$/);
        const { add, until } = diary();
        const worker = work(async (id) => {
          add(id);
          return undefined;
        });
        expect(await until(1)).toEqual(['7kq2mx9d']);
        await worker.close(1_000);
        expect(await raw.getJobCounts()).toMatchObject({ completed: 0, failed: 0, waiting: 0, active: 0 });
      });

      it('can be queued again while an earlier job of it is still known', async () => {
        const { add, until } = diary();
        const { add: enqueue } = await queue();
        await enqueue('same');
        await enqueue('same', 5);
        work(async (id) => {
          add(id);
          return undefined;
        });
        expect(await until(2)).toEqual(['same', 'same']);
      });

      it('that is delivered twice at once is worked on by one, and comes back for the other', async () => {
        const leases = createLeases(requests);
        const { add, until } = diary();
        const both = await queue();
        await both.add('twice');
        await both.add('twice');
        let open = (): void => undefined;
        const gate = new Promise<void>((resolve) => {
          open = resolve;
        });
        work(async (id) => {
          const lease = await leases.acquire(id, randomUUID());
          if (lease === undefined) {
            add('busy');
            open();
            return { againAfterMs: 20 };
          }
          add('works');
          await gate;
          await lease.release();
          add('done');
          return undefined;
        });
        const seen = await until(5);
        expect(seen.filter((word) => word === 'works')).toHaveLength(2);
        let holders = 0;
        for (const word of seen) {
          if (word === 'works') holders += 1;
          if (word === 'done') holders -= 1;
          expect(holders).toBeLessThanOrEqual(1);
        }
      });

      it('comes back after the delay that an error asks for', async () => {
        const { add, until } = diary();
        await (await queue()).add('again');
        const tries: number[] = [];
        work(async () => {
          tries.push(Date.now());
          add('try');
          if (tries.length === 1) {
            const retry = { when: 'later', afterMs: 300 } as const;
            throw new KastellanError({ code: 'entra.throttled', message: 'Slow down.', retry });
          }
          return undefined;
        });
        await until(2);
        expect((tries[1] ?? 0) - (tries[0] ?? 0)).toBeGreaterThanOrEqual(295);
      });

      it('does not come back after an error that is final', async () => {
        const failed = diary();
        const log = {
          ...QUIET,
          error: (fields: { request?: unknown }) => failed.add(String(fields.request)),
        };
        await (await queue()).add('final');
        const { seen, add } = diary();
        work(
          async () => {
            add('try');
            throw new KastellanError({ code: 'helm.refused', message: 'No.' });
          },
          { log },
        );
        expect(await failed.until(1)).toEqual(['final']);
        expect(seen).toEqual(['try']);
      });

      it('goes on elsewhere when its worker is killed', async () => {
        const child = startRedisChild('work', server.url);
        await (await queue()).add('crashed');
        expect(await child.line()).toBe('crashed');
        await child.kill();
        const { add, until } = diary();
        work(
          async (id) => {
            add(id);
            return undefined;
          },
          { stalledEveryMs: 200 },
        );
        expect(await until(1)).toEqual(['crashed']);
      });

      it('goes on elsewhere when its worker ends before it is done', async () => {
        const { add, until } = diary();
        await (await queue()).add('long');
        const first = work(
          (_, signal) =>
            new Promise((_resolve, reject) => {
              add('begun');
              signal.addEventListener('abort', () => reject(new Error('stopped')));
            }),
        );
        await until(1);
        await first.close(10);
        work(async () => {
          add('taken over');
          return undefined;
        });
        expect(await until(2)).toEqual(['begun', 'taken over']);
      });

      it('goes elsewhere when it comes while a worker ends', async () => {
        const { add, until } = diary();
        const { add: enqueue } = await queue();
        await enqueue('long');
        const ended = diary();
        const first = work(async (id) => {
          add(`first ${id}`);
          await ended.until(1);
          return undefined;
        });
        await until(1);
        const closed = first.close(10_000);
        await enqueue('late');
        work(async (id) => {
          add(`second ${id}`);
          return undefined;
        });
        expect(await until(2)).toEqual(['first long', 'second late']);
        ended.add('long');
        await closed;
      });

      it('that was given to somebody else is told so', async () => {
        const { add, until } = diary();
        await (await queue()).add('stolen');
        work(
          (_, signal) =>
            new Promise((resolve) => {
              add('begun');
              signal.addEventListener('abort', () => {
                add('aborted');
                resolve(undefined);
              });
            }),
          { lockMs: 400, stalledEveryMs: 60_000 },
        );
        await until(1);
        for (const key of await keysLike('{kastellan}:jobs:requests:*:lock'))
          await requests.set(key, 'other');
        expect(await until(2)).toEqual(['begun', 'aborted']);
      });

      it('that Redis lost can be queued again: nothing in the queue remembers it', async () => {
        const { add, until } = diary();
        const { add: enqueue } = await queue();
        await enqueue('lost');
        for (const key of await keysLike('{kastellan}:jobs:*')) await requests.del(key);
        work(async (id) => {
          add(id);
          return undefined;
        });
        await enqueue('lost');
        expect(await until(1)).toEqual(['lost']);
      });

      it('cannot be queued by one that could not ask Redis when it began, and that is said at once', async () => {
        await server.kill();
        await expect(queue()).rejects.toMatchObject({ code: 'queue.unreachable' });
        await server.restart();
        await isBack(requests);
      });

      it('is taken by a worker that started while Redis was away', async () => {
        const { add: enqueue } = await queue();
        await enqueue('first');
        await server.kill();
        const { add, until } = diary();
        const problem = diary();
        const log = {
          ...QUIET,
          warn: (fields: { problem?: unknown }) => problem.add(String(fields.problem)),
        };
        work(
          async (id) => {
            add(id);
            return undefined;
          },
          { log },
        );
        // Its own connections have been refused by then.
        await problem.until(2);
        await server.restart();
        await isBack(requests);
        expect(await until(1)).toEqual(['first']);
        // What comes now, it is woken for.
        await enqueue('second');
        expect(await until(2)).toEqual(['first', 'second']);
      });

      it('cannot be queued while Redis is away, and the error says so at once', async () => {
        const { add } = await queue();
        await add('before');
        await server.kill();
        await expect(add('now')).rejects.toMatchObject({
          code: 'queue.unreachable',
          retry: { when: 'later' },
        });
        await server.restart();
        await isBack(requests);
        await add('after');
      });
    });

    describe('schedules', () => {
      it('call each operation again and again, also when one fails, and name the failure', async () => {
        const { add, until, seen } = diary();
        const failures = diary();
        const log = {
          ...QUIET,
          error: (fields: { schedule?: unknown }) => failures.add(String(fields.schedule)),
        };
        const schedules = {
          sweep: { everyMs: 50, run: async () => add('sweep') },
          expire: {
            everyMs: 50,
            run: async () => {
              add('expire');
              throw new Error('no luck');
            },
          },
        };
        const running = await startSchedules({ connection: jobs, log, schedules });
        closers.push(() => running.close(1_000));
        while (new Set(seen).size < 2 || seen.length < 6) await until(seen.length + 1);
        expect((await failures.until(1))[0]).toBe('expire');
      });

      it('run once per interval, however many processes keep them', async () => {
        const { add, until, seen } = diary();
        const schedules = { sweep: { everyMs: 200, run: async () => add('sweep') } };
        const began = Date.now();
        for (let copy = 0; copy < 3; copy += 1) {
          const running = await startSchedules({ connection: jobs, log: QUIET, schedules });
          closers.push(() => running.close(1_000));
        }
        await until(5);
        expect(seen.length).toBeLessThanOrEqual(Math.ceil((Date.now() - began) / 200) + 2);
      });

      it('make up for what came due while the operation still ran', async () => {
        const { add, until, seen } = diary();
        let finish: () => void = () => undefined;
        const finished = new Promise<void>((resolve) => {
          finish = resolve;
        });
        const look = async () => {
          add('look');
          await finished;
        };
        const schedules = { look: { everyMs: 3_600_000, run: look } };
        const running = await startSchedules({ connection: jobs, log: QUIET, schedules });
        const raw = new Queue('schedules', { connection: jobs, prefix: PREFIX });
        closers.push(() => Promise.all([running.close(1_000), raw.close()]));
        await until(1);
        for (let times = 0; times < 2; times += 1) {
          const job = await raw.add('look', {});
          // BullMQ's events begin with those that come after it listens, which nothing tells.
          while (!(await job.isCompleted())) await setImmediate();
        }
        expect(seen).toHaveLength(1);
        finish();
        await until(2);
        await raw.add('look', {});
        await until(3);
      });

      it('wait for none of the others, however many of them take long', async () => {
        const { add, until } = diary();
        const held = Promise.withResolvers<void>();
        const slow = Array.from({ length: 8 }, (_, at) => {
          const name = `slow ${at}`;
          const run = () => {
            add(name);
            return held.promise;
          };
          return [name, { everyMs: 3_600_000, run }] as const;
        });
        const sweeping = diary();
        const schedules = {
          ...Object.fromEntries(slow),
          sweep: { everyMs: 200, run: async () => sweeping.add('sweep') },
        };
        const running = await startSchedules({ connection: jobs, log: QUIET, schedules });
        closers.push(() => running.close(1_000));
        closers.push(async () => held.resolve());
        await until(slow.length);
        await sweeping.until(2);
      });

      it('go on soon where a process that was killed had taken a run, and had not queued the next one', async () => {
        const { add, until } = diary();
        const raw = new Queue('schedules', { connection: jobs, prefix: PREFIX });
        await raw.upsertJobScheduler('sweep', { every: 3_600_000 }, { name: 'sweep' });
        const killed = new Worker('schedules', null, { connection: jobs, prefix: PREFIX, lockDuration: 100 });
        closers.push(() => Promise.all([killed.close(true), raw.close()]));
        expect(await killed.getNextJob('killed', { block: false })).toMatchObject({ name: 'sweep' });
        // It queues the next run right after it took one; between the two it was killed.
        for (const key of await keysLike('{kastellan}:jobs:schedules:delayed')) await requests.del(key);
        const schedules = { sweep: { everyMs: 3_600_000, run: async () => add('sweep') } };
        const running = await startSchedules({ connection: jobs, log: QUIET, schedules });
        closers.push(() => running.close(1_000));
        await until(1);
      });

      it('go on at their interval after the clock was set back, instead of when it is that time again', async () => {
        const { add, until } = diary();
        const raw = new Queue('schedules', { connection: jobs, prefix: PREFIX });
        closers.push(() => raw.close());
        await raw.upsertJobScheduler(
          'sweep',
          { every: 200, startDate: Date.now() + 3 * 3_600_000 },
          { name: 'sweep' },
        );
        const schedules = { sweep: { everyMs: 200, run: async () => add('sweep') } };
        const running = await startSchedules({ connection: jobs, log: QUIET, schedules });
        closers.push(() => running.close(1_000));
        await until(3);
      });

      it('forget operations that this version no longer has', async () => {
        const raw = new Queue('schedules', { connection: jobs, prefix: PREFIX });
        closers.push(() => raw.close());
        await raw.upsertJobScheduler('old', { every: 60_000 }, { name: 'old' });
        const schedules = { sweep: { everyMs: 60_000, run: async () => undefined } };
        const running = await startSchedules({ connection: jobs, log: QUIET, schedules });
        closers.push(() => running.close(1_000));
        expect((await raw.getJobSchedulers()).map((scheduler) => scheduler.name)).toEqual(['sweep']);
      });
    });

    describe('a question to the workers', () => {
      async function ask() {
        const inquiries = await createInquiries({ connection: jobs, log: QUIET });
        closers.push(() => inquiries.close());
        return inquiries.ask;
      }

      it('is answered, with the trace in which it was asked', async () => {
        const side = answerInquiries({
          connection: jobs,
          log: QUIET,
          answer: async (question, trace) => ({ asked: { ...question }, trace: trace ?? null }),
        });
        closers.push(() => side.close(1_000));
        const put = await ask();
        const answers = await Promise.all([
          put({ kind: 'status', cluster: 'lab' }, 10_000),
          put({ kind: 'doctor' }, 10_000, { traceparent: '00-trace' }),
        ]);
        expect(answers).toEqual([
          { asked: { kind: 'status', cluster: 'lab' }, trace: null },
          { asked: { kind: 'doctor' }, trace: '00-trace' },
        ]);
      });

      it('is answered once for all who ask it at the same moment, of whatever process', async () => {
        const { add, seen, until } = diary();
        const gate = Promise.withResolvers<void>();
        const side = answerInquiries({
          connection: jobs,
          log: QUIET,
          answer: async (question) => {
            add('begun');
            await gate.promise;
            return { ...question };
          },
        });
        closers.push(() => side.close(1_000));
        const events = new QueueEvents('inquiries', { connection: jobs, prefix: PREFIX });
        closers.push(() => events.close());
        events.on('duplicated', () => add('joined'));
        await events.waitUntilReady();
        const [one, other] = [await ask(), await ask()];
        const status = { kind: 'status', cluster: 'lab' } as const;
        const all = { kind: 'status' } as const;
        const asked = [
          one(all, 60_000),
          ...Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : other)(status, 60_000)),
        ];
        await until(asked.length);
        gate.resolve();
        expect(await Promise.all(asked)).toEqual([all, ...Array.from({ length: 20 }, () => status)]);
        const begun = seen.filter((what) => what === 'begun').length;
        // One for each question; two where they came just before and just after it stopped being shared.
        expect(begun).toBeLessThanOrEqual(4);

        expect(await other(status, 60_000)).toEqual(status);
        expect(seen.filter((what) => what === 'begun')).toHaveLength(begun + 1);
      });

      it('is answered once also where it is asked again while the answer takes long', async () => {
        const { add, seen, until } = diary();
        const gate = Promise.withResolvers<void>();
        const side = answerInquiries({
          connection: jobs,
          log: QUIET,
          answer: async ({ kind }) => {
            add(kind);
            if (kind === 'status') await gate.promise;
            return kind;
          },
        });
        closers.push(() => side.close(1_000));
        const put = await ask();
        const queue = new Queue('inquiries', { connection: jobs, prefix: PREFIX });
        const events = new QueueEvents('inquiries', { connection: jobs, prefix: PREFIX });
        closers.push(() => events.close());
        closers.push(() => queue.close());
        await events.waitUntilReady();
        const first = put({ kind: 'status' }, 60_000);
        await until(1);
        // Ten seconds later it would be another job.
        const data = { question: { kind: 'status' }, until: Date.now() + 60_000 };
        const later = await queue.add('inquiry', data, { jobId: 'asked-later' });
        await put({ kind: 'doctor' }, 60_000);
        gate.resolve();
        expect(await first).toBe('status');
        expect(await later.waitUntilFinished(events)).toEqual({ ok: true, answer: 'status' });
        expect(seen).toEqual(['status', 'doctor']);
      });

      it('of one person waits while two others of theirs are answered, and keeps nobody else waiting', async () => {
        const { add, seen, until } = diary();
        const gate = Promise.withResolvers<void>();
        const side = answerInquiries({
          connection: jobs,
          log: QUIET,
          answer: async (question) => {
            add('cluster' in question ? `${question.cluster}` : question.kind);
            await gate.promise;
            return null;
          },
        });
        closers.push(() => side.close(1_000));
        const put = await ask();
        const many = ['a', 'b', 'c', 'd', 'e'].map((cluster) =>
          put({ kind: 'status', cluster }, 60_000, { asker: 'U0MANY' }),
        );
        const one = put({ kind: 'doctor' }, 60_000, { asker: 'U0ONE' });
        await until(3);
        expect(seen).toEqual(['a', 'b', 'doctor']);
        gate.resolve();
        await Promise.all([...many, one]);
        expect(seen.slice(3)).toEqual(['c', 'd', 'e']);
      });

      it('about everything is answered for others, too, though the one who asked first has more at work', async () => {
        const gate = Promise.withResolvers<void>();
        const { add, seen, until } = diary();
        const side = answerInquiries({
          connection: jobs,
          log: QUIET,
          answer: async (question) => {
            if (!('cluster' in question)) return 'all';
            add(`${question.cluster}`);
            await gate.promise;
            return null;
          },
        });
        closers.push(() => side.close(1_000));
        const put = await ask();
        const many = ['a', 'b', 'c'].map((cluster) =>
          put({ kind: 'who', cluster }, 60_000, { asker: 'U0MANY' }),
        );
        await until(2);
        const shared = [
          put({ kind: 'status' }, 60_000, { asker: 'U0MANY' }),
          put({ kind: 'status' }, 60_000, { asker: 'U0ONE' }),
        ];
        expect(await Promise.all(shared)).toEqual(['all', 'all']);
        expect(seen).toEqual(['a', 'b']);
        gate.resolve();
        await Promise.all(many);
      });

      it('brings the error of a worker back with its code, sentence and hint', async () => {
        const side = answerInquiries({
          connection: jobs,
          log: QUIET,
          answer: async () => {
            throw new KastellanError({
              code: 'kubernetes.unreachable',
              message: 'The cluster does not answer.',
              hint: 'Check the network.',
              retry: { when: 'later', afterMs: 5_000 },
            });
          },
        });
        closers.push(() => side.close(1_000));
        await expect((await ask())({ kind: 'doctor' }, 10_000)).rejects.toMatchObject({
          code: 'kubernetes.unreachable',
          message: 'The cluster does not answer.',
          hint: 'Check the network.',
          retry: { when: 'later', afterMs: 5_000 },
        });
      });

      it('that nobody answers ends with a hint, and is not looked at later', async () => {
        const put = await ask();
        await expect(put({ kind: 'status' }, 100)).rejects.toMatchObject({ code: 'inquiry.unanswered' });
        const { add, seen } = diary();
        const side = answerInquiries({
          connection: jobs,
          log: QUIET,
          answer: async ({ kind }) => {
            add(kind);
            return null;
          },
        });
        closers.push(() => side.close(1_000));
        expect(await put({ kind: 'doctor' }, 10_000)).toBeNull();
        expect(seen).toEqual(['doctor']);
      });
    });
  });
}
