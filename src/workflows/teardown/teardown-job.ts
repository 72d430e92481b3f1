import { type RequestOf, type RequestState, stateWords } from '../../domain/requests/request.ts';
import type { Obstacle } from '../../domain/setup/setup.ts';
import type { DirectoryGroup } from '../../ports/directory.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { endNow } from '../access/end-now.ts';
import { activeSetups } from '../setup/active-setups.ts';
import { usesOfGroup } from '../setup/group-uses.ts';
import { setupJob } from '../setup/setup-job.ts';
import { callOffRotations } from './call-off-rotations.ts';
import type { TeardownJob } from './systems.ts';

type Ports = RequestPorts &
  Pick<World, 'directory' | 'signIn' | 'openCluster' | 'links' | 'rosters' | 'audit'>;

const AT_WORK: ReadonlySet<RequestState> = new Set(['running', 'undoing']);
const HALF_WAY = ['running', 'failed', 'undoing', 'needs-operator'] as const;

/**
 * A tear-down's work with the systems of its cluster.
 * @throws KastellanError `cluster.unknown`
 */
export function teardownJob(world: Ports, request: RequestOf<'teardown'>): TeardownJob {
  const { id, cluster, plan, spec } = request;
  const { systems } = setupJob(world, { id, cluster, spec: spec.setup, ...(plan !== undefined && { plan }) });
  return {
    request,
    spec,
    systems,
    findObstacles: () => findObstacles(world, request),
    otherUsers: (group) => otherUsers(world, cluster, group),
    liveGrants: async () => (await world.grants.live()).filter((grant) => grant.cluster === cluster),
    callOffRotations: () => callOffRotations(world, cluster, id),
    endGrant: async (grantId) => {
      await endNow(world, grantId, 'revoked', request.asker, `Tear-down of ${cluster}, request ${id}`);
    },
  };
}

// What such a request has noted as done would be gone, and it would go on without looking.
async function findObstacles(
  world: Pick<World, 'requests'>,
  { cluster, spec }: RequestOf<'teardown'>,
): Promise<Obstacle[]> {
  const [setups, rotations] = await Promise.all([
    activeSetups(world, cluster),
    world.requests.list({ cluster, kind: 'rotation', states: HALF_WAY }),
  ]);
  const halfWay = [...setups.filter(({ state }) => state !== 'done'), ...rotations];
  // On a cluster that is gone nothing that has stopped can be brought to an end.
  const waiting = spec.gone === true ? halfWay.filter(({ state }) => AT_WORK.has(state)) : halfWay;
  const anew = waiting.length === 0 ? setUpAnew(setups, spec.setupId) : undefined;
  return [
    ...waiting.map(({ id, state }) => ({
      code: 'teardown.unfinished-request',
      message: `The request ${id} on ${cluster} is ${stateWords(state)}.`,
      hint: 'Bring it to its end on its card, by Retry or Roll back, and ask again.',
    })),
    ...(anew === undefined
      ? []
      : [
          {
            code: 'teardown.set-up-anew',
            message: `${cluster} was set up anew meanwhile (request ${anew.id}).`,
            hint: 'Ask again with /kasten teardown.',
          },
        ]),
  ];
}

// What was set up after the tear-down was planned from what stood there; one that had nothing to do has changed nothing.
function setUpAnew(setups: readonly RequestOf<'setup'>[], plannedFrom: string) {
  const at = setups.findIndex(({ id }) => id === plannedFrom);
  const later = at < 0 ? setups : setups.slice(0, at);
  return later.find(({ state, startedAt }) => state === 'done' && startedAt !== undefined);
}

async function otherUsers(
  world: Pick<World, 'rules' | 'requests'>,
  own: string,
  group: DirectoryGroup,
): Promise<string[]> {
  const uses = await usesOfGroup(world, group);
  return [...new Set(uses.map(({ cluster }) => cluster))].filter((cluster) => cluster !== own);
}
