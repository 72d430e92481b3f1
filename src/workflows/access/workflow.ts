import { planAccess } from '../../domain/access/access-plan.ts';
import type { Outcome, RequestOf } from '../../domain/requests/request.ts';
import type { World } from '../../ports/world.ts';
import type { Workflow } from '../requests/workflow.ts';
import { requireLevel } from './level.ts';
import { membershipStep } from './membership.ts';
import { type ObservedMembership, observeMembership } from './observe.ts';

type Ports = Pick<
  World,
  | 'rules'
  | 'directory'
  | 'openCluster'
  | 'people'
  | 'requests'
  | 'grants'
  | 'links'
  | 'rosters'
  | 'leases'
  | 'queue'
  | 'clock'
>;

const NOTHING_PROVED: Outcome = { proofs: [], lines: [] };

/** Access for a time: a membership that is read back before the card says "granted", and its end. */
export function accessWorkflow(world: Ports, request: RequestOf<'access'>): Workflow {
  let observing: Promise<ObservedMembership> | undefined;
  const observe = (): Promise<ObservedMembership> => {
    observing ??= observeMembership(world, request);
    return observing;
  };
  return {
    async observe() {
      // Each look sees the world anew; the steps after it act on what it saw.
      observing = undefined;
      const { description } = requireLevel(world.rules, request.spec.level);
      const plan = planAccess(request.spec, { ...(await observe()), description });
      return { plan, prove: async () => NOTHING_PROVED };
    },
    steps: () => [membershipStep(world, request, observe)],
    outcome: () => NOTHING_PROVED,
  };
}
