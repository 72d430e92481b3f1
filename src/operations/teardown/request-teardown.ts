import {
  OPEN_STATES,
  type Request,
  type RequestOf,
  type RequestState,
  stateWords,
} from '../../domain/requests/request.ts';
import { readAuthBefore } from '../../domain/setup/auth-before.ts';
import type { FieldProblem } from '../../domain/setup/setup-form.ts';
import type { TeardownSpec } from '../../domain/teardown/teardown.ts';
import { type TeardownForm, teardownProblems } from '../../domain/teardown/teardown-form.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { createRequest, findSubmitted } from '../../workflows/requests/create-request.ts';
import { type RequesterPorts, requireRequester } from '../../workflows/requests/requesters.ts';
import { activeSetups } from '../../workflows/setup/active-setups.ts';

type Ports = RequestPorts & RequesterPorts & Pick<World, 'telemetry'>;

// One that failed has taken some of it away: it comes to its end first.
const IN_THE_WAY: readonly RequestState[] = [...OPEN_STATES, 'failed'];

export type RequestTeardownResult =
  | { readonly ok: true; readonly request: Request }
  | { readonly ok: false; readonly problems: readonly FieldProblem[] };

/**
 * Stores a tear-down request and wakes a worker, which observes the world and posts the plan.
 * @returns every mistake at its field, or the stored request
 * @throws KastellanError `request.not-a-requester`, `request.requester-unknown`
 */
export async function requestTeardown(
  world: Ports,
  asker: string,
  form: TeardownForm,
  submission?: string,
): Promise<RequestTeardownResult> {
  const { cluster } = form;
  const problems = teardownProblems(form);
  if (problems.length > 0) return { ok: false, problems };
  const earlier = await findSubmitted(world, 'teardown', asker, submission);
  if (earlier !== undefined) return { ok: true, request: earlier };
  await requireRequester(world, asker, { kind: 'teardown' });
  const problem = (message: string) => ({ ok: false as const, problems: [{ field: 'cluster', message }] });
  const setups = await activeSetups(world, cluster);
  const last = setups.find(({ state }) => state === 'done') ?? setups[0];
  if (last === undefined)
    return problem(`Kastellan has set nothing up on ${cluster}, or tore it down already.`);
  const [open] = await world.requests.list({ states: IN_THE_WAY, cluster, kind: 'teardown' });
  if (open !== undefined) {
    return problem(
      `A tear-down was asked for already: request ${open.id} is ${stateWords(open.state)}. Bring that to its end first.`,
    );
  }
  const spec = { ...(await noted(world, setups, last)), ...wanted(form) };
  const detail = wanted(form);
  return {
    ok: true,
    request: await createRequest(world, { kind: 'teardown', asker, cluster, spec, detail, submission }),
  };
}

type Setup = RequestOf<'setup'>;

// The bindings of a cluster that is gone are gone with it.
function wanted({ remove, gone }: TeardownForm) {
  if (gone === '') return { remove: [...remove] };
  return { remove: remove.filter((what) => what !== 'bindings'), gone: true as const };
}

/** What the set-ups have noted. */
async function noted(
  world: Pick<World, 'journal'>,
  setups: readonly Setup[],
  last: Setup,
): Promise<Omit<TeardownSpec, 'remove' | 'gone'>> {
  const levels = new Map(
    // The newest word on a level is the one that counts.
    setups.toReversed().flatMap(({ spec }) => spec.levels.map(({ level, group }) => [level, group] as const)),
  );
  const notes = await Promise.all(setups.toReversed().map(({ id }) => noteOf(world, id)));
  const before = notes.find((note) => note !== undefined);
  return {
    setup: last.spec,
    setupId: last.id,
    levels: [...levels].map(([level, group]) => ({ level, group })),
    ...(before !== undefined && { before }),
  };
}

async function noteOf(world: Pick<World, 'journal'>, setupId: string): Promise<TeardownSpec['before']> {
  const journal = await world.journal.read(setupId);
  return readAuthBefore(journal['release']?.memory['authBefore']);
}
