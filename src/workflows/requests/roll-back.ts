import { asKastellanError } from '../../domain/errors.ts';
import { runDetails } from '../../domain/requests/details.ts';
import { advance, type WorkRequest } from '../../domain/requests/request.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { openEngine } from './carry-out.ts';
import { changeRequest, type Decided } from './change-request.ts';
import type { Engine } from './engine.ts';
import { showRequest } from './show-request.ts';
import type { Step } from './step.ts';
import { workflowOf } from './workflow-of.ts';

type Ports = RequestPorts &
  Pick<World, 'directory' | 'signIn' | 'openCluster' | 'links' | 'rosters' | 'audit' | 'log' | 'telemetry'>;

/** Undoes what a request did, newest first; what cannot be undone is listed and left to an operator. */
export async function rollBack(world: Ports, requestId: string, signal: AbortSignal): Promise<void> {
  const undoing = await world.requests.find(requestId);
  if (undoing?.state !== 'undoing' || undoing.kind === 'batch') return;
  const engine = await openEngine(world, undoing, signal);
  const leftovers = await undo(world, undoing, engine);
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

/** @returns what is left behind, in words */
async function undo(world: Ports, request: WorkRequest, engine: Engine): Promise<string[]> {
  let steps: Step[];
  try {
    steps = workflowOf(world, request).steps();
  } catch (thrown) {
    // Its cluster may have been removed from the configuration.
    return [asKastellanError(thrown).message];
  }
  const failures = await engine.undoAll(steps);
  return failures.map(({ step, error }) =>
    [`${step.title}: ${error.message}`, error.hint].filter((part) => part !== undefined).join(' '),
  );
}
