import type { AuditEvent } from '../../domain/audit/audit.ts';
import { KastellanError, LATER } from '../../domain/errors.ts';
import type { Request } from '../../domain/requests/request.ts';
import type { World } from '../../ports/world.ts';

const MAX_RACES = 20;

/** What becomes of a request, or why nothing does. */
export type Decided<Stop> =
  | { readonly next: Request; readonly event: Omit<AuditEvent, 'requestId' | 'cluster'> }
  | { readonly stop: Stop };

/**
 * Reads a request, lets `decide` say what becomes of it, and writes that as a compare-and-set; when somebody else was
 * faster, the question is asked again of the request as it is then.
 * @returns the stored request, or what `decide` stopped with
 * @throws KastellanError `request.busy`, `request.unknown`
 */
export async function changeRequest<Stop>(
  world: Pick<World, 'requests'>,
  requestId: string,
  decide: (request: Request) => Decided<Stop> | Promise<Decided<Stop>>,
): Promise<{ changed: true; request: Request } | { changed: false; stop: Stop }> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const request = await findRequest(world, requestId);
    const decision = await decide(request);
    if ('stop' in decision) return { changed: false, stop: decision.stop };
    const event: AuditEvent = { ...decision.event, requestId, cluster: request.cluster };
    const outcome = await world.requests.replace(decision.next, request.version, event);
    if (outcome === 'replaced') return { changed: true, request: decision.next };
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
