import { OPEN_STATES, type Request, stateWords } from '../../domain/requests/request.ts';
import { parseDashboardUrl } from '../../domain/setup/dashboard-url.ts';
import type { ClusterSetup } from '../../domain/setup/setup.ts';
import type { FieldProblem } from '../../domain/setup/setup-form.ts';
import { readSetupInput, type SetupInput } from '../../domain/setup/setup-input.ts';
import type { World } from '../../ports/world.ts';
import { createRequest, findSubmitted } from '../../workflows/requests/create-request.ts';
import { newRequestId } from '../../workflows/requests/new-request.ts';
import { requireRequester } from '../../workflows/requests/requesters.ts';
import { findAddressProblems } from '../../workflows/setup/address.ts';
import { findDirectoryProblems } from '../../workflows/setup/problems.ts';
import { sharingOf } from '../../workflows/setup/setup-job.ts';

export type RequestSetupResult =
  | { readonly ok: true; readonly request: Request }
  | { readonly ok: false; readonly problems: readonly FieldProblem[] };

/**
 * Stores a request for the set-up of one cluster, or a batch for several, and wakes a worker, which observes the world and
 * posts the plan.
 * @param within milliseconds the look-ups in Entra may take here; what they do not reach, the worker looks at
 * @returns every mistake at its field, or the stored request
 * @throws KastellanError `request.not-a-requester`, `request.requester-unknown`
 */
export async function requestSetup(
  world: World,
  asker: string,
  input: SetupInput,
  within: number,
  submission?: string,
): Promise<RequestSetupResult> {
  const reading = readSetupInput(input, world.rules);
  if (!reading.ok) return reading;
  const earlier = await findEarlier(world, asker, submission);
  if (earlier !== undefined) return { ok: true, request: earlier };
  await requireRequester(world, asker, { kind: 'setup' });
  const setups = await atFoundPaths(world, reading.setups);
  const [first, ...others] = setups;
  if (first === undefined)
    return { ok: false, problems: [{ field: 'cluster', message: 'Choose a cluster.' }] };
  // Members, and groups that are there already, are the same on all clusters.
  const question = {
    spec: first.spec,
    systems: world,
    ...sharingOf(world, first.cluster, async () => setups),
  };
  const [unfit, misaddressed] = await Promise.all([
    findDirectoryProblems(question, within),
    others.length === 0 ? findAddressProblems(world.signIn, first.spec, within) : [],
  ]);
  const problems = [...misaddressed, ...unfit];
  if (problems.length > 0) return { ok: false, problems };
  const open = await openProblems(world, asker, setups);
  if (open.length > 0) return { ok: false, problems: open };
  const request =
    others.length === 0
      ? await createRequest(world, { kind: 'setup', asker, ...first, submission })
      : await createRequest(world, { ...batchOf(setups), asker, submission });
  return { ok: true, request };
}

async function findEarlier(
  world: Pick<World, 'requests'>,
  asker: string,
  submission: string | undefined,
): Promise<Request | undefined> {
  const setup = await findSubmitted(world, 'setup', asker, submission);
  return setup ?? findSubmitted(world, 'batch', asker, submission);
}

// Who leaves the path out means the one at which an Ingress or Route serves K10 at this host.
async function atFoundPaths(
  world: Pick<World, 'discoveries'>,
  setups: readonly ClusterSetup[],
): Promise<ClusterSetup[]> {
  return Promise.all(
    setups.map(async ({ cluster, spec }) => {
      const found = await world.discoveries.find(cluster).catch(() => []);
      const same = found
        .map((address) => parseDashboardUrl(address, spec.release))
        .flatMap((read) => (read.ok && read.dashboard.origin === spec.origin ? [read.dashboard] : []));
      const path = spec.path ?? same[0]?.path;
      return { cluster, spec: { ...spec, ...(path !== undefined && { path }) } };
    }),
  );
}

// A batch is named once, however many of these clusters are in it.
async function openProblems(
  world: Pick<World, 'requests'>,
  asker: string,
  setups: readonly ClusterSetup[],
): Promise<FieldProblem[]> {
  const open = await Promise.all(
    setups.map(({ cluster }) => world.requests.list({ states: OPEN_STATES, cluster, kind: 'setup' })),
  );
  const mine = open.flat().filter((request) => request.asker === asker);
  const ids = new Map(mine.map(({ id, batch, state }) => [batch ?? id, state]));
  return [...ids].map(([id, state]) => ({
    field: 'cluster',
    message: `You have asked for this already: request ${id} is ${stateWords(state)}. Withdraw it first, or wait for it.`,
  }));
}

function batchOf(setups: readonly ClusterSetup[]) {
  const parts = setups.map((setup) => ({ ...setup, requestId: newRequestId() }));
  return { kind: 'batch' as const, cluster: `${parts.length} clusters`, spec: { parts } };
}
