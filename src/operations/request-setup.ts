import type { Request } from '../domain/request.ts';
import type { FieldProblem, SetupForm } from '../domain/setup-form.ts';
import { readSetupForm } from '../domain/setup-form.ts';
import type { World } from '../ports.ts';
import { findDirectoryProblems } from '../workflows/setup/problems.ts';
import { newRequest } from './new-request.ts';
import { sharingOf } from './setup-job.ts';
import { showRequest } from './show-request.ts';

const OPEN_STATES = ['planning', 'pending', 'approved', 'running', 'undoing'] as const;

export type RequestSetupResult =
  | { readonly ok: true; readonly request: Request }
  | { readonly ok: false; readonly problems: readonly FieldProblem[] };

/**
 * Stores a set-up request and wakes a worker, which observes the world and posts the plan.
 * @param within milliseconds the look-ups in Entra may take here; what they do not reach, the worker looks at
 * @returns every mistake at its field, or the stored request
 */
export async function requestSetup(
  world: World,
  asker: string,
  form: SetupForm,
  within: number,
): Promise<RequestSetupResult> {
  const reading = readSetupForm(form, world.rules);
  if (!reading.ok) return reading;
  const { spec } = reading;
  const question = { spec, systems: world, ...sharingOf(world, form.cluster, async () => []) };
  const problems = await findDirectoryProblems(question, within);
  if (problems.length > 0) return { ok: false, problems };
  const open = await world.requests.list({ kind: 'setup', states: OPEN_STATES, cluster: form.cluster });
  const mine = open.find((request) => request.asker === asker);
  if (mine !== undefined) {
    const message = `You have asked for this already: request ${mine.id} is ${mine.state}. Withdraw it first, or wait for it.`;
    return { ok: false, problems: [{ field: 'cluster', message }] };
  }
  const request = newRequest(world, 'setup', asker, form.cluster, spec);
  await world.requests.create(request, {
    action: 'request.created',
    actor: asker,
    requestId: request.id,
    cluster: request.cluster,
    detail: { kind: 'setup' },
  });
  await world.queue.add(request.id);
  await showRequest(world, request);
  return { ok: true, request };
}
