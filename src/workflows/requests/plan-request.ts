import { setTimeout as sleep } from 'node:timers/promises';
import type { Shut } from '../../domain/access/break-glass.ts';
import { asKastellanError, type KastellanError } from '../../domain/errors.ts';
import { followsBatch } from '../../domain/requests/batch-state.ts';
import { planDetails } from '../../domain/requests/details.ts';
import { isEmpty, type NewMember, type Plan, planDigest } from '../../domain/requests/plan.ts';
import { approvalRule } from '../../domain/requests/policy.ts';
import {
  advance,
  type Failure,
  type Outcome,
  type Request,
  type WorkRequest,
} from '../../domain/requests/request.ts';
import type { Policy } from '../../domain/requests/rules.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { findRevoke } from '../access/after-revoke.ts';
import { findApprovers } from './approvers.ts';
import { changeRequest, type Decided } from './change-request.ts';
import { findRequestAccounts } from './request-accounts.ts';
import { showRequest } from './show-request.ts';
import type { Observation, Workflow } from './workflow.ts';
import { workflowOf } from './workflow-of.ts';

type Ports = RequestPorts &
  Pick<World, 'directory' | 'signIn' | 'openCluster' | 'links' | 'rosters' | 'audit' | 'breakGlass' | 'log'>;

const LOOKS = 3;
const PAUSE_MS = 1_000;

/**
 * Observes the world for a request in `planning` and stores its plan: it then waits for a decision, is done because
 * there is nothing to do, or is refused with the reason.
 */
export async function planRequest(world: Ports, requestId: string, signal: AbortSignal): Promise<void> {
  const stored = await world.requests.find(requestId);
  if (stored?.state !== 'planning' || stored.kind === 'batch') return;
  const revoke = await findRevoke(world, stored);
  const required = revoke === undefined ? stored.required : 1;
  const before = { ...stored, required };
  const looked = await look(world, before, signal);
  const warnings = await approverWarnings(world, before, 'plan' in looked ? looked.plan.newMembers : []);
  const outcome = await changeRequest(world, requestId, (request): Decided<'gone-on'> => {
    if (request.state !== 'planning') return { stop: 'gone-on' };
    return 'plan' in looked
      ? planned(world, { ...request, required }, withWarnings(looked, warnings, revoke))
      : refused(world, request, looked.error);
  });
  if (!outcome.changed) return;
  if (outcome.request.state === 'approved') await world.queue.add(requestId);
  await showRequest(world, outcome.request);
  if ('error' in looked && looked.error.details !== undefined)
    await world.notifier.addDetail(requestId, looked.error.details);
  if ('plan' in looked && !isEmpty(looked.plan) && !followsBatch(outcome.request)) {
    await world.notifier.addDetail(requestId, planDetails(looked.plan, planDigest(looked.plan)));
  }
}

/**
 * The plan for a request as the world is now. Looks again where a remote system may only be away for a moment.
 * @param looks how often to look at the most; the pause between two looks doubles from one second
 * @throws KastellanError where it cannot be observed, or something stands in the way: all obstacles in one message
 */
export async function observeAndPlan(
  world: Pick<World, 'log'>,
  workflow: Workflow,
  signal: AbortSignal,
  looks: number,
): Promise<Observation> {
  return lookPatiently(world, signal, looks, () => workflow.observe());
}

async function lookPatiently<Seen>(
  world: Pick<World, 'log'>,
  signal: AbortSignal,
  looks: number,
  observe: () => Promise<Seen>,
): Promise<Seen> {
  for (let look = 1; ; look += 1) {
    signal.throwIfAborted();
    try {
      return await observe();
    } catch (thrown) {
      const error = asKastellanError(thrown);
      world.log.warn({ code: error.code, look }, 'the world could not be observed');
      if (error.retry.when === 'never' || look >= looks) throw error;
      await sleep(error.retry.afterMs ?? PAUSE_MS * 2 ** (look - 1), undefined, { signal });
    }
  }
}

interface Planned extends Pick<Request, 'steps' | 'accounts'> {
  readonly plan: Plan;
  readonly outcome: Outcome | undefined;
}
type Outlook = Planned | { readonly error: KastellanError };

async function look(world: Ports, request: WorkRequest, signal: AbortSignal): Promise<Outlook> {
  try {
    const workflow = workflowOf(world, request);
    const looked = await observeAndPlan(world, workflow, signal, LOOKS);
    const approved = request.required > 0 && !isEmpty(looked.plan);
    return {
      ...(approved && {
        accounts: await lookPatiently(world, signal, LOOKS, () => findRequestAccounts(world, request)),
      }),
      plan: looked.plan,
      steps: workflow.steps().map(({ name, title }) => ({ name, title })),
      outcome: isEmpty(looked.plan) ? await looked.prove() : undefined,
    };
  } catch (thrown) {
    signal.throwIfAborted();
    return { error: asKastellanError(thrown) };
  }
}

function planned(
  world: Pick<World, 'rules' | 'clock'>,
  request: Request,
  { plan, steps, accounts, outcome }: Planned,
): Decided<never> {
  const at = world.clock.now().toISOString();
  const digest = planDigest(plan);
  const base = { plan, planDigest: digest, steps, accounts };
  const event = { actor: 'kastellan', detail: { digest, changes: plan.changes.length } };
  if (outcome !== undefined) {
    const next = advance(request, 'done', at, { ...base, outcome, endedAt: at });
    return { next, event: { ...event, action: 'request.nothing-to-do' } };
  }
  if (request.required === 0 && !followsBatch(request)) {
    const next = advance(request, 'approved', at, { ...base, ...beginUntil(world.rules, request) });
    return { next, event: { ...event, action: 'request.needs-no-approval' } };
  }
  const expiresAt =
    decideUntil(request) ??
    new Date(world.clock.now().getTime() + approvalRule(world.rules, request).expiresAfter).toISOString();
  const next = advance(request, 'pending', at, { ...base, expiresAt, reminders: 0 });
  return { next, event: { ...event, action: 'request.planned' } };
}

// Access is given for its reason at that time, also if nobody has to approve it.
function beginUntil(rules: Policy, request: Request): Pick<Request, 'expiresAt'> {
  if (request.kind !== 'access') return {};
  const { expiresAfter } = approvalRule(rules, request);
  return { expiresAt: new Date(Date.parse(request.createdAt) + expiresAfter).toISOString() };
}

// What is to run in a window can be decided on as long as that is open.
function decideUntil(request: Request): string | undefined {
  return request.kind === 'rotation' ? request.spec.window?.closes : undefined;
}

// A request that can never get its approvals has to say so at once.
async function approverWarnings(
  world: Pick<World, 'rules' | 'people'>,
  request: Request,
  newMembers: readonly NewMember[] = [],
): Promise<string[]> {
  const { asker, required } = request;
  if (required === 0) return [];
  const approvers = await findApprovers(world, request, undefined, 'list');
  const concerned = request.kind === 'access' ? [asker, request.spec.beneficiary] : [asker];
  const members = newMembers.flatMap(({ slackUserId }) => slackUserId ?? []);
  for (const person of [...concerned, ...members]) approvers.delete(person);
  if (approvers.size >= required) return [];
  const needed = required === 1 ? '1 approval is' : `${required} approvals are`;
  const who = approvers.size === 0 ? 'nobody' : `only ${approvers.size}`;
  const besides =
    request.kind === 'access'
      ? 'the asker and who gets it'
      : members.length > 0
        ? 'the asker and the new members'
        : 'the asker';
  return [`${needed} needed, but ${who} besides ${besides} may approve. Add approvers.`];
}

function withWarnings(looked: Planned, notes: readonly string[], revoke: Shut | undefined): Planned {
  const { plan } = looked;
  const revoked =
    revoke === undefined
      ? []
      : [
          `An operator revoked this person's access ("${revoke.reason}"): until it is opened again, this needs an approval.`,
        ];
  const warnings = [...(plan.warnings ?? []), ...revoked];
  return {
    ...looked,
    plan: { ...plan, notes: [...plan.notes, ...notes], ...(warnings.length > 0 && { warnings }) },
  };
}

function refused(world: Pick<World, 'clock'>, request: Request, error: KastellanError): Decided<never> {
  const at = world.clock.now().toISOString();
  const next = advance(request, 'refused', at, { failure: failureOf(request, error), endedAt: at });
  return { next, event: { action: 'request.refused', actor: 'kastellan', detail: { code: error.code } } };
}

/** What is stored and shown of an error. */
export function failureOf(request: Request, error: KastellanError, step?: string): Failure {
  return {
    code: error.code,
    message: error.message,
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(step !== undefined && { step }),
    reference: `${request.id}-${request.version}`,
  };
}
