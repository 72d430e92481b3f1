import { createHash, randomInt } from 'node:crypto';
import { approvalRule, type DecisionSubject } from '../../domain/requests/policy.ts';
import type { RequestKind, RequestOf, RequestSpecs } from '../../domain/requests/request.ts';
import type { World } from '../../ports/world.ts';

// Crockford's alphabet: nothing in it is mistaken for something else when read aloud.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** An id that no request has yet. */
export function newRequestId(): string {
  return Array.from({ length: 8 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** The id of the request that a person makes with this submission: the same for the same one, whoever computes it. */
export function requestIdOf(asker: string, submission: string): string {
  const digest = createHash('sha256').update(`${asker} ${submission}`).digest();
  return [...digest.subarray(0, 8)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

/**
 * A request as it begins: it waits for a worker to observe the world and to plan.
 * @param asker Slack user id, or `kastellan` where the calendar asks
 * @param submission what it was asked with, if the same may come again; see `requestIdOf`
 */
export function newRequest<Kind extends RequestKind>(
  world: Pick<World, 'rules' | 'clock' | 'telemetry'>,
  kind: Kind,
  asker: string,
  cluster: string,
  spec: RequestSpecs[Kind],
  submission?: string,
): RequestOf<Kind> {
  const at = world.clock.now().toISOString();
  const traceparent = world.telemetry.traceparent();
  return {
    id: submission === undefined ? newRequestId() : requestIdOf(asker, submission),
    kind,
    cluster,
    spec,
    state: 'planning',
    version: 1,
    asker,
    createdAt: at,
    changedAt: at,
    decisions: [],
    staleDecisions: [],
    // Kind and specification belong together here, which the compiler cannot see.
    required: approvalRule(world.rules, { kind, spec } as DecisionSubject).required,
    reminders: 0,
    ...(traceparent !== undefined && { traceparent }),
  };
}
