import type { Knobs } from '../../../sandbox/entra/knobs.ts';
import { disturbed } from '../disturb.ts';
import type { Try } from '../fault.ts';

const MISHAPS: readonly [string, string, Partial<Knobs>][] = [
  ['Graph answers 429', 'every second request, one second', { throttle: { every: 2, retryAfterSeconds: 1 } }],
  ['Graph answers 429', 'every third, 1.337 seconds', { throttle: { every: 3, retryAfterSeconds: 1.337 } }],
  ['Graph answers 503', '6 times in a row', { unavailableNext: 6 }],
  ['Graph answers 409', 'twice', { conflictNext: 2 }],
  ['Graph shows new objects late', 'after 4 s', { replicationLagMs: 4_000 }],
  ['Graph shows new objects late', 'after 9 s', { replicationLagMs: 9_000 }],
  ['Entra does not accept the new secret', 'for 18 s', { secretAcceptedAfterMs: 18_000 }],
  [
    'Graph is slow, late and throttles',
    'all at once',
    { latencyMs: 150, replicationLagMs: 3_000, throttle: { every: 5, retryAfterSeconds: 0.7 } },
  ],
];

export function entraFaults(): Try[] {
  return MISHAPS.map(([fault, variant, knobs]) =>
    disturbed({
      fault,
      variant,
      pending: (lane) => void Object.assign(lane.sandbox.entra.knobs, knobs),
    }),
  );
}
