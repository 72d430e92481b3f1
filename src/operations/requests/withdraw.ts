import { advance, type Request } from '../../domain/requests/request.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { changeRequest } from '../../workflows/requests/change-request.ts';
import { showRequest } from '../../workflows/requests/show-request.ts';

type Ports = RequestPorts & Pick<World, 'audit'>;

interface WithdrawRefusal {
  readonly why: 'not-asker' | 'too-late';
  readonly request: Request;
}

export type WithdrawResult =
  | { readonly withdrawn: true; readonly request: Request }
  | ({ readonly withdrawn: false } & WithdrawRefusal);

/** Withdraws a request without a decision; only its requester may. */
export async function withdraw(world: Ports, requestId: string, actor: string): Promise<WithdrawResult> {
  const outcome = await changeRequest<WithdrawRefusal>(world, requestId, (request) => {
    if (request.asker !== actor) return { stop: { why: 'not-asker', request } };
    if (request.state !== 'pending' && request.state !== 'planning')
      return { stop: { why: 'too-late', request } };
    const at = world.clock.now().toISOString();
    return {
      next: advance(request, 'withdrawn', at, { endedAt: at }),
      event: { action: 'request.withdrawn', actor },
    };
  });
  if (!outcome.changed) {
    const { why, request } = outcome.stop;
    await world.audit.append({
      action: 'click.refused',
      actor,
      requestId,
      detail: { verdict: 'withdraw', why },
    });
    return { withdrawn: false, why, request };
  }
  await showRequest(world, outcome.request);
  return { withdrawn: true, request: outcome.request };
}
