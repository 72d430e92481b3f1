import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits so long for Redis and no longer: what people do in Slack must not hang because it is away. A failure counts as no
 * answer.
 * @param ms milliseconds
 * @param otherwise what is taken where there is no answer
 */
export async function answerWithin<T, const Otherwise>(
  ms: number,
  answer: Promise<T>,
  otherwise: Otherwise,
): Promise<T | Otherwise> {
  const timer = new AbortController();
  const late = sleep(ms, otherwise, { signal: timer.signal }).catch(() => otherwise);
  return Promise.race([answer.catch(() => otherwise), late]).finally(() => timer.abort());
}
