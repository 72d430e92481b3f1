import { asKastellanError } from '../../domain/errors.ts';
import { approvalExpired, isPastDeadline, wasInterrupted } from '../../domain/requests/deadline.ts';
import { runDetails } from '../../domain/requests/details.ts';
import type { Journal } from '../../domain/requests/journal.ts';
import { isCoveredBy, isRestOf, type Plan, planDigest } from '../../domain/requests/plan.ts';
import { advance, type Outcome, type Request, type WorkRequest } from '../../domain/requests/request.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { changeRequest, type Decided } from './change-request.ts';
import { Engine, type StepFailure } from './engine.ts';
import { failureOf, observeAndPlan } from './plan-request.ts';
import { showRequest, viewRequest } from './show-request.ts';
import type { Workflow } from './workflow.ts';
import { workflowOf } from './workflow-of.ts';

type Ports = RequestPorts &
  Pick<World, 'directory' | 'signIn' | 'openCluster' | 'links' | 'rosters' | 'audit' | 'log' | 'telemetry'>;

// Patient beyond a minute: an API server that restarts is no reason to bother people.
const LOOKS = 7;

/**
 * Carries an approved request out, or goes on with one that was interrupted. The world is observed again first: when
 * the plan is no longer the one that was approved, nothing is done and approval is asked anew. After the request's deadline
 * nothing is begun or tried again: only a step that was interrupted comes to its end.
 */
export async function carryOut(world: Ports, requestId: string, signal: AbortSignal): Promise<void> {
  const begun = await begin(world, requestId);
  if (begun === undefined || begun.kind === 'batch') return;
  if (begun.state === 'expired') return showRequest(world, begun);
  const engine = await openEngine(world, begun, signal);
  const now = world.clock.now();
  const expired = isPastDeadline(begun, now) ? { error: approvalExpired(begun, now) } : undefined;
  if (expired !== undefined && !wasInterrupted(engine.journal))
    return fail(world, begun, engine.journal, expired);
  let workflow: Workflow;
  let plan: Plan;
  try {
    // Its cluster may have been removed from the configuration.
    workflow = workflowOf(world, begun);
    ({ plan } = await observeAndPlan(world, workflow, signal, LOOKS));
  } catch (thrown) {
    signal.throwIfAborted();
    return fail(world, begun, engine.journal, { error: asKastellanError(thrown) });
  }
  if (!isApproved(begun, plan, engine.journal)) return askAnew(world, begun);
  const failure = await apply(engine, workflow, expired);
  if (failure !== undefined) return fail(world, begun, engine.journal, failure);
  await complete(world, begun, engine.journal, workflow);
}

async function apply(
  engine: Engine,
  workflow: Workflow,
  expired: RunFailure | undefined,
): Promise<RunFailure | undefined> {
  const steps = workflow.steps();
  if (expired === undefined) return engine.applyAll(steps);
  return (await engine.applyInterrupted(steps)) ?? (engine.isDone(steps) ? undefined : expired);
}

async function begin(
  world: Pick<World, 'requests' | 'clock'>,
  requestId: string,
): Promise<Request | undefined> {
  const outcome = await changeRequest(world, requestId, (request): Decided<Request | undefined> => {
    if (request.state === 'running') return { stop: request };
    if (request.state !== 'approved') return { stop: undefined };
    const now = world.clock.now();
    const at = now.toISOString();
    if (isPastDeadline(request, now)) {
      const next = advance(request, 'expired', at, { endedAt: at });
      return { next, event: { action: 'request.expired', actor: 'kastellan' } };
    }
    const next = advance(request, 'running', at, { startedAt: request.startedAt ?? at });
    return { next, event: { action: 'request.started', actor: 'kastellan' } };
  });
  return outcome.changed ? outcome.request : outcome.stop;
}

/** A failed step, or a world that could not be observed before the first one. */
type RunFailure = Pick<StepFailure, 'error'> & Partial<StepFailure>;

/** The engine for a request, drawing its card at every move. */
export async function openEngine(world: Ports, request: Request, signal: AbortSignal): Promise<Engine> {
  return Engine.open(world, {
    requestId: request.id,
    cluster: request.cluster,
    signal,
    onProgress: async (live) => world.notifier.show(await viewRequest(world, request, { live })),
  });
}

// Before the first step the plan must be the very one; after it, part of the plan is done and the rest must be in it.
function isApproved(request: Request, now: Plan, journal: Journal): boolean {
  if (request.plan === undefined) return false;
  if (Object.keys(journal).length > 0) return isCoveredBy(now, request.plan);
  // What the others of its batch have done to a group that they share need not be done again.
  if (request.batch !== undefined) return isRestOf(now, request.plan);
  return planDigest(now) === request.planDigest;
}

async function askAnew(world: Ports, begun: Request): Promise<void> {
  const outcome = await changeRequest(world, begun.id, (request): Decided<'gone-on'> => {
    if (request.state !== 'running') return { stop: 'gone-on' };
    const staleDecisions = [...request.staleDecisions, ...request.decisions];
    const next = advance(request, 'planning', world.clock.now().toISOString(), {
      decisions: [],
      staleDecisions,
    });
    return { next, event: { action: 'request.plan-stale', actor: 'kastellan' } };
  });
  if (!outcome.changed) return;
  await world.queue.add(begun.id);
  await showRequest(world, outcome.request);
}

async function complete(
  world: Ports,
  begun: WorkRequest,
  journal: Journal,
  workflow: Workflow,
): Promise<void> {
  const outcome = outcomeOf(begun, journal, workflow);
  await end(world, begun, journal, (request, at) => ({
    next: advance(request, 'done', at, { outcome, endedAt: at }),
    event: { action: 'request.done', actor: 'kastellan' },
  }));
}

async function fail(
  world: Ports,
  begun: WorkRequest,
  journal: Journal,
  { error, step }: RunFailure,
): Promise<void> {
  await end(world, begun, journal, (request, at) => {
    const failure = failureOf(request, error, step?.title);
    const detail = { step: step?.name ?? 'observe', code: error.code, reference: failure.reference };
    world.log.warn(detail, error.message);
    return {
      next: advance(request, 'failed', at, { failure, endedAt: at }),
      event: { action: 'request.failed', actor: 'kastellan', detail },
    };
  });
}

async function end(
  world: Ports,
  { id }: WorkRequest,
  journal: Journal,
  ended: (request: Request, at: string) => Decided<never>,
): Promise<void> {
  const outcome = await changeRequest(
    world,
    id,
    (request): Decided<'gone-on'> =>
      request.state === 'running' ? ended(request, world.clock.now().toISOString()) : { stop: 'gone-on' },
  );
  if (!outcome.changed) return;
  await showRequest(world, outcome.request);
  await world.notifier.addDetail(id, runDetails(outcome.request, journal));
}

function doneLine(request: Request, journal: Journal): string {
  const steps = (request.steps ?? []).filter(
    ({ name }) => name !== 'proof' && journal[name]?.state === 'done',
  );
  const words = steps.map(({ name, title }) => {
    const note = journal[name]?.note;
    return note === undefined ? title : `${title} (${note})`;
  });
  return `Done: ${words.join(' · ')}`;
}

// What was done stands first: the workflow adds what it means.
function outcomeOf(request: WorkRequest, journal: Journal, workflow: Workflow): Outcome {
  const outcome = workflow.outcome(journal);
  return { ...outcome, lines: [doneLine(request, journal), ...outcome.lines] };
}
