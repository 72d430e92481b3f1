import { advance, CALENDAR, ofKind, type Request, UNBEGUN_STATES } from '../../domain/requests/request.ts';
import type { RequestPorts } from '../../ports/world.ts';
import { changeRequest, type Decided } from '../requests/change-request.ts';
import { showRequest, viewRequest } from '../requests/show-request.ts';

type Ports = RequestPorts;

/**
 * Calls off every rotation of a cluster that has not begun: once it is torn down there is nothing to rotate.
 * @param by the tear-down's request id
 * @returns how many it has called off, also when it was cut short before
 */
export async function callOffRotations(world: Ports, cluster: string, by: string): Promise<number> {
  const waiting = await world.requests.list({ cluster, kind: 'rotation', states: UNBEGUN_STATES });
  for (const { id } of waiting) await callOff(world, id, by);
  const over = await world.requests.list({ cluster, kind: 'rotation', states: ['withdrawn'] });
  return over.filter(ofKind('rotation')).filter(({ spec }) => spec.calledOffBy === by).length;
}

async function callOff(world: Ports, id: string, by: string): Promise<void> {
  const outcome = await changeRequest(world, id, (request): Decided<'gone-on'> => {
    if (request.kind !== 'rotation' || !UNBEGUN_STATES.includes(request.state)) return { stop: 'gone-on' };
    const at = world.clock.now().toISOString();
    const spec = { ...request.spec, calledOffBy: by };
    const next = advance<Request>(request, 'withdrawn', at, { spec, endedAt: at });
    return { next, event: { action: 'rotation.called-off', actor: CALENDAR, detail: { teardown: by } } };
  });
  if (!outcome.changed) return;
  const { request } = outcome;
  await showRequest(world, request);
  // No other message tells the requester.
  if (request.asker !== CALENDAR)
    await world.notifier.tell(
      request.asker,
      `withdrawn-${request.version}`,
      await viewRequest(world, request),
    );
}
