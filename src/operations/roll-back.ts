import { runDetails } from '../domain/details.ts';
import { advance } from '../domain/request.ts';
import type { World } from '../ports.ts';
import { openEngine } from './carry-out.ts';
import { changeRequest, type Decided } from './change-request.ts';
import { showRequest } from './show-request.ts';
import { workflowOf } from './workflow-of.ts';

/** Undoes what a request did, newest first; what cannot be undone is listed and left to an operator. */
export async function rollBack(world: World, requestId: string, signal: AbortSignal): Promise<void> {
  const undoing = await world.requests.find(requestId);
  if (undoing?.state !== 'undoing' || undoing.kind === 'batch') return;
  const engine = await openEngine(world, undoing, signal);
  const failures = await engine.undoAll(workflowOf(world, undoing).steps());
  const leftovers = failures.map(({ step, error }) => `${step.title}: ${error.message}`);
  const outcome = await changeRequest(world, requestId, (request): Decided<'gone-on'> => {
    if (request.state !== 'undoing') return { stop: 'gone-on' };
    const at = world.clock.now().toISOString();
    if (leftovers.length === 0) {
      const next = advance(request, 'undone', at, { endedAt: at });
      return { next, event: { action: 'request.undone', actor: 'kastellan' } };
    }
    const next = advance(request, 'needs-operator', at, { leftovers, endedAt: at });
    return { next, event: { action: 'request.needs-operator', actor: 'kastellan', detail: { leftovers } } };
  });
  if (!outcome.changed) return;
  if (leftovers.length > 0) world.log.error({ leftovers }, 'a request could not be undone');
  await showRequest(world, outcome.request);
  await world.notifier.addDetail(requestId, runDetails(outcome.request, engine.journal));
}
