import { KastellanError, LATER } from '../../domain/errors.ts';
import {
  advance,
  CALENDAR,
  type Request,
  type RequestKind,
  UNBEGUN_STATES,
  UNFINISHED_STATES,
} from '../../domain/requests/request.ts';
import type { RotationSpec } from '../../domain/secrets/rotation.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { changeRequest, type Decided } from '../../workflows/requests/change-request.ts';
import { createRequest, findSubmitted } from '../../workflows/requests/create-request.ts';
import { type RequesterPorts, requireRequester } from '../../workflows/requests/requesters.ts';
import { showRequest } from '../../workflows/requests/show-request.ts';
import { waitForLease } from '../../workflows/requests/wait-for-lease.ts';
import { lastSetup } from '../../workflows/setup/last-setup.ts';

type Ports = RequestPorts & RequesterPorts & Pick<World, 'telemetry'>;
export type RequestRotationResult =
  | { readonly ok: true; readonly request: Request }
  | { readonly ok: false; readonly why: 'not-set-up' }
  /** Something that changes this cluster's sign-in is not over yet. */
  | { readonly ok: false; readonly why: 'under-way'; readonly request: Request };

const PATIENCE_MS = 2_000;

const CHANGES_SIGN_IN: readonly RequestKind[] = ['setup', 'rotation', 'teardown'];

/**
 * Asks for a new client secret for a cluster that was set up, and wakes a worker, which plans it.
 * @param asker Slack user id, or `CALENDAR`
 * @param planned what the calendar knows about it
 * @param submission what it was asked with: the same again, to any process, is one request
 * @throws KastellanError `request.not-a-requester`, `request.requester-unknown`; `request.busy` if another question for a rotation takes longer than two seconds; `lease.lost`
 */
export async function requestRotation(
  world: Ports,
  asker: string,
  cluster: string,
  planned: Pick<RotationSpec, 'endsAt' | 'window'> = {},
  submission?: string,
): Promise<RequestRotationResult> {
  if (asker !== CALENDAR) await requireRequester(world, asker, { kind: 'rotation' });
  // A person who asks at the same moment hears of the request that the other has made.
  const lease = await waitForLease(world, `rotation:${cluster}`, asker, PATIENCE_MS);
  if (lease === undefined) throw askedAtOnce(cluster);
  try {
    const earlier = await findSubmitted(world, 'rotation', asker, submission);
    if (earlier !== undefined) return { ok: true, request: earlier };
    const open = await resolveConflicts(world, asker, await findInTheWay(world, cluster));
    if (open !== undefined) return { ok: false, why: 'under-way', request: open };
    const setup = await lastSetup(world, cluster);
    if (setup === undefined) return { ok: false, why: 'not-set-up' };
    const spec = { setup, ...planned };
    lease.signal.throwIfAborted();
    const request = await createRequest(world, { kind: 'rotation', asker, cluster, spec, submission });
    return { ok: true, request };
  } finally {
    await lease.release();
  }
}

async function findInTheWay(world: Pick<World, 'requests'>, cluster: string): Promise<Request[]> {
  // Kind by kind, so that no crowd of other requests hides one.
  const unfinished = await Promise.all(
    CHANGES_SIGN_IN.map((kind) => world.requests.list({ cluster, kind, states: UNFINISHED_STATES })),
  );
  return unfinished.flat().filter(conflictsWith);
}

// A failed rotation has two secrets in play, and a failed tear-down has taken some of it away: they come to their end first.
// What needs an operator can be helped by another rotation, and a failed set-up has changed nothing that a rotation needs.
function conflictsWith({ kind, state }: Request): boolean {
  if (state === 'needs-operator') return false;
  return kind !== 'setup' || state !== 'failed';
}

/**
 * Lets those stand back that may, unless another one stays anyway.
 * @returns what stays in the way
 */
async function resolveConflicts(
  world: Ports,
  asker: string,
  inTheWay: readonly Request[],
): Promise<Request | undefined> {
  const stays = inTheWay.find((request) => asker === CALENDAR || !mayStandBack(request));
  if (stays !== undefined) return stays;
  for (const request of inTheWay) if (!(await yields(world, request))) return request;
  return undefined;
}

/** One that the calendar has announced and that waits for its window stands back for one that a person wants now. */
function mayStandBack({ kind, asker, state }: Request): boolean {
  return kind === 'rotation' && asker === CALENDAR && UNBEGUN_STATES.includes(state);
}

async function yields(world: Ports, { id }: Request): Promise<boolean> {
  const outcome = await changeRequest(world, id, (request): Decided<'goes-on'> => {
    if (!mayStandBack(request)) return { stop: 'goes-on' };
    const at = world.clock.now().toISOString();
    const next = advance(request, 'withdrawn', at, { endedAt: at });
    return { next, event: { action: 'rotation.stood-back', actor: CALENDAR } };
  });
  if (outcome.changed) await showRequest(world, outcome.request);
  return outcome.changed;
}

function askedAtOnce(cluster: string): KastellanError {
  return new KastellanError({
    code: 'request.busy',
    message: `Somebody is asking for a rotation on ${cluster} in this very moment.`,
    hint: 'Look at the newest card in the approvals channel.',
    retry: LATER,
  });
}
