import { randomUUID } from 'node:crypto';
import { type AccessProblem, type AccessSpec, readAccessForm } from '../../domain/access/access.ts';
import {
  NEVER_TAKEN,
  refusalToTake,
  type Shut,
  type Taken,
  type TakenAccess,
  type TakingRefusal,
  takenBy,
  taking,
} from '../../domain/access/break-glass.ts';
import { isLive } from '../../domain/access/grant.ts';
import { asKastellanError } from '../../domain/errors.ts';
import { isPastDeadline } from '../../domain/requests/deadline.ts';
import { OPEN_STATES, type Request, type RequestOf } from '../../domain/requests/request.ts';
import type { BreakGlassRule } from '../../domain/requests/rules.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { breakGlassBusy } from '../../workflows/access/change-break-glass.ts';
import { findSamePerson } from '../../workflows/access/same-person.ts';
import { findWitnesses, membersOfAny } from '../../workflows/requests/approvers.ts';
import { findSubmitted } from '../../workflows/requests/create-request.ts';
import { requestIdOf } from '../../workflows/requests/new-request.ts';
import { viewRequest } from '../../workflows/requests/show-request.ts';
import { storeAccess } from './request-access.ts';

type Ports = RequestPorts & Pick<World, 'directory' | 'links' | 'audit' | 'telemetry' | 'breakGlass'>;

const MAX_RACES = 20;

export interface BreakGlassForm {
  readonly cluster: string;
  readonly reason: string;
}

export type BreakGlassResult =
  | { readonly ok: true; readonly request: RequestOf<'access'> }
  | { readonly ok: false; readonly why: 'not-configured' | 'not-listed' }
  | { readonly ok: false; readonly problems: readonly AccessProblem[] }
  | { readonly ok: false; readonly shut: Shut }
  | { readonly ok: false; readonly limit: TakingRefusal };

/**
 * Gives the configured level at once to somebody on the configured list, tells everybody who decides and operates, and has
 * it looked at afterwards.
 * @param actor Slack user id of the person who gets it
 * @param submission what it was asked with: the same again, to any process, is one request
 * @throws KastellanError `break-glass.busy`
 */
export async function breakGlass(
  world: Ports,
  actor: string,
  { cluster, reason }: BreakGlassForm,
  submission?: string,
): Promise<BreakGlassResult> {
  const rule = world.rules.breakGlass;
  if (rule === undefined) return { ok: false, why: 'not-configured' };
  if (!(await membersOfAny(world.people, rule.people, actor)).has(actor)) {
    await recordRefusal(world, actor, cluster, { why: 'not-listed', reason });
    return { ok: false, why: 'not-listed' };
  }
  const { level, duration: durationMs } = rule;
  const reading = readAccessForm({ cluster, level, beneficiary: actor, durationMs, reason }, world.rules);
  if (!reading.ok) return reading;
  const spec = { ...reading.spec, breakGlass: true };
  const result = await take(world, rule, actor, cluster, spec, submission);
  if (result.ok) await notifyAll(world, result.request);
  return result;
}

// What the person may take is part of storing the request: a person who takes or shuts it meanwhile makes this look again.
async function take(
  world: Ports,
  rule: BreakGlassRule,
  actor: string,
  cluster: string,
  spec: AccessSpec,
  submission: string = randomUUID(),
): Promise<BreakGlassResult> {
  const requestId = requestIdOf(actor, submission);
  // What one Slack account took is noted under all of the person's accounts: two of them at the same instant meet there.
  const { slackUserIds, objectIds } = await findSamePerson(world, actor);
  const accounts = [...slackUserIds, ...objectIds];
  for (let race = 0; race < MAX_RACES; race += 1) {
    const earlier = await findSubmitted(world, 'access', actor, submission);
    if (earlier !== undefined) return { ok: true, request: earlier };
    const found = await Promise.all(accounts.map((id) => world.breakGlass.find(id)));
    const records = found.map((record) => record ?? NEVER_TAKEN);
    const shut = records.map((one) => one.shut).find((one) => one !== undefined);
    if (shut !== undefined && rule.shutAfterRevoke) {
      await recordRefusal(world, actor, cluster, { why: 'shut', reason: spec.reason });
      return { ok: false, shut };
    }
    const before = await Promise.all(takenBy(records).map((one) => withEnd(world, one)));
    const limit = refusalToTake(before, cluster, rule, world.clock.now());
    if (limit !== undefined) {
      await recordRefusal(world, actor, cluster, { why: limit.why, reason: spec.reason });
      return { ok: false, limit };
    }
    const taken = { requestId, cluster, at: world.clock.now().toISOString() };
    const changes = accounts.map((person, at) => ({
      person,
      next: taking(records[at] ?? NEVER_TAKEN, taken),
    }));
    try {
      return { ok: true, request: await storeAccess(world, actor, cluster, spec, submission, changes) };
    } catch (thrown) {
      if (asKastellanError(thrown).code !== 'request.exists') throw thrown;
    }
  }
  throw breakGlassBusy();
}

async function withEnd(
  { requests, grants, clock }: Pick<World, 'requests' | 'grants' | 'clock'>,
  taken: Taken,
): Promise<TakenAccess> {
  const [request, grant] = await Promise.all([requests.find(taken.requestId), grants.find(taken.requestId)]);
  if (grant === undefined) return { ...taken, end: endWithoutGrant(request, clock.now()) };
  return { ...taken, end: isLive(grant) ? 'open' : { at: grant.endedAt ?? grant.endsAt } };
}

function endWithoutGrant(request: Request | undefined, now: Date): TakenAccess['end'] {
  if (request === undefined) return 'nothing';
  if (request.state === 'failed') return isPastDeadline(request, now) ? 'nothing' : 'failed';
  return OPEN_STATES.includes(request.state) ? 'open' : 'nothing';
}

async function recordRefusal(
  world: Pick<World, 'audit'>,
  actor: string,
  cluster: string,
  detail: { readonly why: string; readonly reason: string },
): Promise<void> {
  const action = 'command.refused';
  await world.audit.append({ action, actor, cluster, detail: { verdict: 'break-glass', ...detail } });
}

async function notifyAll(world: Ports, request: RequestOf<'access'>): Promise<void> {
  const view = await viewRequest(world, request);
  for (const person of await findWitnesses(world, request)) {
    await world.notifier.tell(person, 'break-glass', view);
  }
}
