import type { WorkRequest } from '../../domain/requests/request.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { accessWorkflow } from '../access/workflow.ts';
import { rotationWorkflow } from '../secrets/workflow.ts';
import { setupJob } from '../setup/setup-job.ts';
import { setupWorkflow } from '../setup/workflow.ts';
import { teardownJob } from '../teardown/teardown-job.ts';
import { teardownWorkflow } from '../teardown/workflow.ts';
import type { Workflow } from './workflow.ts';

type Ports = RequestPorts &
  Pick<World, 'directory' | 'signIn' | 'openCluster' | 'links' | 'rosters' | 'audit'>;

/**
 * How this request is carried out.
 * @throws KastellanError `cluster.unknown`
 */
export function workflowOf(world: Ports, request: WorkRequest): Workflow {
  switch (request.kind) {
    case 'access':
      return accessWorkflow(world, request);
    case 'setup':
      return setupWorkflow(setupJob(world, request));
    case 'rotation':
      return rotationWorkflow(setupJob(world, { ...request, spec: request.spec.setup }), request.spec);
    case 'teardown':
      return teardownWorkflow(teardownJob(world, request));
  }
}
