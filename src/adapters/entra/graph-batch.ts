import { type GraphCall, pauseBefore } from './graph-call.ts';
import { readProblem } from './graph-envelope.ts';
import { GraphRefusal } from './graph-problem.ts';
import type { Time } from './time.ts';

/** Graph takes no more requests in one (https://learn.microsoft.com/graph/json-batching). */
export const BATCH_LIMIT = 20;

interface BatchOptions {
  readonly time: Time;
  readonly throttleBudgetMs: number;
  request<T>(call: GraphCall): Promise<T | undefined>;
  /** What must not be read in an error. */
  secrets(): readonly string[];
}

interface Part {
  readonly call: GraphCall;
  readonly index: number;
}

interface PartAnswer {
  readonly id: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/**
 * Sends up to twenty calls that may be repeated and whose answers nobody needs as one. Each is refused or throttled by
 * itself, so each is tried again by itself, after the longest pause that was asked for.
 * @returns for each call what it was refused with; undefined where it was done
 */
export async function sendBatch(options: BatchOptions, calls: readonly GraphCall[]): Promise<unknown[]> {
  const [only, ...others] = calls;
  if (only !== undefined && others.length === 0) return [await refusedWith(options.request(only))];
  const results: unknown[] = calls.map(() => undefined);
  const end = options.time.now() + options.throttleBudgetMs;
  let pending: Part[] = calls.map((call, index) => ({ call, index }));
  for (let attempt = 1; pending.length > 0; attempt += 1) {
    const again: Part[] = [];
    let pause = 0;
    for (const { part, refusal } of await sendOnce(options, pending)) {
      results[part.index] = refusal;
      const wait = refusal === undefined ? undefined : pauseBefore(refusal, part.call, attempt);
      if (wait === undefined || options.time.now() + wait > end) continue;
      again.push(part);
      pause = Math.max(pause, wait);
    }
    pending = again;
    if (pending.length > 0) await options.time.sleep(pause);
  }
  return results;
}

function refusedWith(request: Promise<unknown>): Promise<unknown> {
  return request.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

async function sendOnce(
  options: BatchOptions,
  parts: readonly Part[],
): Promise<{ part: Part; refusal: GraphRefusal | undefined }[]> {
  const [first] = parts;
  if (first === undefined) return [];
  const answer = await options.request<{ responses?: readonly PartAnswer[] }>({
    operation: first.call.operation,
    method: 'POST',
    path: '/$batch',
    body: {
      requests: parts.map(({ call: { method, path }, index }) => ({ id: String(index), method, url: path })),
    },
    repeatable: true,
  });
  return parts.map((part) => {
    const own = answer?.responses?.find(({ id }) => id === String(part.index));
    return { part, refusal: refusalOf(options, part, own) };
  });
}

function refusalOf(
  { time, secrets }: BatchOptions,
  { call }: Part,
  answer: PartAnswer | undefined,
): GraphRefusal | undefined {
  if (answer !== undefined && answer.status < 400) return undefined;
  // A part without an answer was not done as far as anybody knows: the next attempt will tell.
  const { status = 503, headers = {}, body = {} } = answer ?? {};
  const whole = { status, headers: new Headers(headers), body: JSON.stringify(body) };
  return new GraphRefusal(call.operation, readProblem(whole, time.now()), secrets());
}
