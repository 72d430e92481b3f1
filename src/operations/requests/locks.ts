import type { WorkRequest } from '../../domain/requests/request.ts';

/** The name under which one request at a time changes a cluster. */
export function clusterLock(cluster: string): string {
  return `cluster:${cluster}`;
}

/** What must not be changed by two requests at once, also where its cluster cannot be opened any more. */
export function lockOf(request: WorkRequest): string {
  // What is given and what is taken back depend on each other, so one person's access changes in turns.
  return request.kind === 'access' ? `access:${request.spec.beneficiary}` : clusterLock(request.cluster);
}
