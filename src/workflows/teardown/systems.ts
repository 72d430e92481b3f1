import type { Grant } from '../../domain/access/grant.ts';
import type { Request } from '../../domain/requests/request.ts';
import type { Obstacle } from '../../domain/setup/setup.ts';
import type { TeardownSpec } from '../../domain/teardown/teardown.ts';
import type { DirectoryGroup } from '../../ports/directory.ts';
import type { SetupJob } from '../setup/systems.ts';

/** One tear-down: what is to go, and where. */
export interface TeardownJob {
  readonly request: Pick<Request, 'id' | 'cluster' | 'plan'>;
  readonly spec: TeardownSpec;
  readonly systems: SetupJob['systems'];
  /** What Kastellan's own records say against it: a set-up that waits for somebody, or a newer one. */
  findObstacles(): Promise<Obstacle[]>;
  /** Other clusters whose set-up uses this group. */
  otherUsers(group: DirectoryGroup): Promise<string[]>;
  /** What was given for a time on this cluster and has not ended. */
  liveGrants(): Promise<readonly Grant[]>;
  /** Lets a grant end now; a worker takes it back. */
  endGrant(id: string): Promise<void>;
  /** Calls off what was to be rotated here; gives how many it has called off. */
  callOffRotations(): Promise<number>;
}

/** The set-up that is torn down, as its own steps work on it. */
export function setupOf({ request, spec, systems }: TeardownJob): SetupJob {
  // Its bindings go whether they rest or not, so what ends with a grant does not matter here, and who shares a group neither.
  return {
    request,
    spec: spec.setup,
    atEnd: () => 'membership',
    otherUses: async () => [],
    mayShare: () => true,
    systems,
  };
}
