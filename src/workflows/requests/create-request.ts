import { asKastellanError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Request, RequestKind, RequestOf, RequestSpecs } from '../../domain/requests/request.ts';
import type { BreakGlassTaking } from '../../ports/stores.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { newRequest, requestIdOf } from './new-request.ts';
import { showRequest } from './show-request.ts';

type Ports = RequestPorts & Pick<World, 'telemetry'>;

/** What is asked for, and by whom. */
export interface Asked<Kind extends RequestKind> {
  readonly kind: Kind;
  /** Slack user id, or `kastellan` for the calendar. */
  readonly asker: string;
  readonly cluster: string;
  readonly spec: RequestSpecs[Kind];
  /** What the audit log says of it besides its kind. */
  readonly detail?: Readonly<Record<string, Json>>;
  /** What was sent: the form's ID in Slack, or a command's. The same sent again, to any process, is one request. */
  readonly submission?: string | undefined;
  /** What it changes of the person's break-glass. */
  readonly taking?: readonly BreakGlassTaking[] | undefined;
}

/**
 * Stores a request and wakes a worker for it.
 * @returns the stored request, or the one that the same submission has made before
 * @throws KastellanError `request.exists`, `redis.*`
 */
export async function createRequest<Kind extends RequestKind>(
  world: Ports,
  { kind, asker, cluster, spec, detail = {}, submission, taking }: Asked<Kind>,
): Promise<RequestOf<Kind>> {
  const request = newRequest(world, kind, asker, cluster, spec, submission) as RequestOf<Kind> & Request;
  try {
    const event = {
      action: 'request.created',
      actor: asker,
      requestId: request.id,
      cluster,
      detail: { kind, ...detail },
    };
    await world.requests.create(request, event, taking);
  } catch (thrown) {
    if (asKastellanError(thrown).code !== 'request.exists') throw thrown;
    const earlier = await findSubmitted(world, kind, asker, submission);
    if (earlier === undefined) throw thrown;
    return earlier;
  }
  await world.queue.add(request.id);
  await showRequest(world, request);
  return request;
}

/** The request that a submission has made already, if it has. */
export async function findSubmitted<Kind extends RequestKind>(
  { requests }: Pick<World, 'requests'>,
  kind: Kind,
  asker: string,
  submission: string | undefined,
): Promise<RequestOf<Kind> | undefined> {
  if (submission === undefined) return undefined;
  const request = await requests.find(requestIdOf(asker, submission));
  return request?.kind === kind ? (request as RequestOf<Kind>) : undefined;
}
