import { type AccessProblem, readAccessForm } from '../../domain/access/access.ts';
import type { RequestOf } from '../../domain/requests/request.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { findWitnesses, membersOfAny } from '../../workflows/requests/approvers.ts';
import { viewRequest } from '../../workflows/requests/show-request.ts';
import { storeAccess } from './request-access.ts';

type Ports = RequestPorts & Pick<World, 'directory' | 'links' | 'audit' | 'telemetry'>;

export interface BreakGlassForm {
  readonly cluster: string;
  readonly reason: string;
}

export type BreakGlassResult =
  | { readonly ok: true; readonly request: RequestOf<'access'> }
  | { readonly ok: false; readonly why: 'not-configured' | 'not-listed' }
  | { readonly ok: false; readonly problems: readonly AccessProblem[] };

/**
 * Gives the configured level at once to somebody on the configured list, tells everybody who decides and operates, and has
 * it looked at afterwards.
 * @param actor Slack user id of the person who gets it
 */
export async function breakGlass(
  world: Ports,
  actor: string,
  { cluster, reason }: BreakGlassForm,
): Promise<BreakGlassResult> {
  const rule = world.rules.breakGlass;
  if (rule === undefined) return { ok: false, why: 'not-configured' };
  if (!(await membersOfAny(world.people, rule.people, actor)).has(actor)) {
    const detail = { verdict: 'break-glass', why: 'not-listed', reason };
    await world.audit.append({ action: 'command.refused', actor, cluster, detail });
    return { ok: false, why: 'not-listed' };
  }
  const { level, duration: durationMs } = rule;
  const reading = readAccessForm({ cluster, level, beneficiary: actor, durationMs, reason }, world.rules);
  if (!reading.ok) return reading;
  const request = await storeAccess(world, actor, cluster, { ...reading.spec, breakGlass: true });
  await notifyAll(world, request);
  return { ok: true, request };
}

async function notifyAll(world: Ports, request: RequestOf<'access'>): Promise<void> {
  const view = await viewRequest(world, request);
  for (const person of await findWitnesses(world, request)) {
    await world.notifier.tell(person, 'break-glass', view);
  }
}
