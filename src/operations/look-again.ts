import { asKastellanError } from '../domain/errors.ts';
import type { World } from '../ports.ts';
import { remindOfExpiry } from './remind-of-expiry.ts';

/**
 * Looks at secrets again after a request that put in another one, or took that back: its reminder says so at once and
 * not within the hour.
 */
export async function lookAgainAfter(world: World, requestId: string): Promise<void> {
  try {
    const request = await world.requests.find(requestId);
    const ended = request?.state === 'done' || request?.state === 'undone';
    if (!ended || request.plan?.changes.some(({ id }) => id === 'secret') !== true) return;
    await remindOfExpiry(world);
  } catch (thrown) {
    const { code, message } = asKastellanError(thrown);
    world.log.warn({ requestId, code }, message);
  }
}
