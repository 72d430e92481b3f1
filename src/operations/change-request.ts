import type { AuditEvent } from '../domain/audit.ts';
import { KastellanError, LATER } from '../domain/errors.ts';
import type { Request } from '../domain/request.ts';
import type { World } from '../ports.ts';

const MAX_RACES = 20;

export type ChangeOf<R, Other> =
  | { readonly next: Request; readonly event: Omit<AuditEvent, 'requestId' | 'cluster'>; readonly result: R }
  | { readonly stop: Other };

/**
 * Reads a request, lets `decide` say what becomes of it, and writes that as a compare-and-set; when somebody else was
 * faster, the question is asked again of the request as it is then.
 * @returns the stored request and `decide`'s result, or what it stopped with
 * @throws KastellanError `request.unknown`
 */
export async function changeRequest<R, Other>(
  world: Pick<World, 'requests'>,
  requestId: string,
  decide: (request: Request) => ChangeOf<R, Other> | Promise<ChangeOf<R, Other>>,
): Promise<{ changed: true; request: Request; result: R } | { changed: false; stop: Other }> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const request = await findRequest(world, requestId);
    const decision = await decide(request);
    if ('stop' in decision) return { changed: false, stop: decision.stop };
    const event: AuditEvent = { ...decision.event, requestId, cluster: request.cluster };
    const outcome = await world.requests.replace(decision.next, request.version, event);
    if (outcome === 'replaced') return { changed: true, request: decision.next, result: decision.result };
  }
  throw new KastellanError({
    code: 'request.busy',
    message: 'Too many people are changing this request at once.',
    hint: 'Try again in a moment.',
    retry: LATER,
  });
}

/** @throws KastellanError `request.unknown` */
export async function findRequest(world: Pick<World, 'requests'>, requestId: string): Promise<Request> {
  const request = await world.requests.find(requestId);
  if (request !== undefined) return request;
  throw new KastellanError({
    code: 'request.unknown',
    message: 'Kastellan does not know this request any more.',
    hint: 'Ask for it anew with /kasten.',
  });
}
