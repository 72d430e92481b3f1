import { boundInOf, K10_ROLES, type K10Role, roleName } from '../../domain/setup/naming.ts';
import type { LevelSpec } from '../../domain/setup/setup.ts';
import type { AccessCheck } from '../../ports/cluster.ts';
import { isSuspended } from './own-bindings.ts';
import type { SetupJob } from './systems.ts';

/** One thing each K10 role lets its holder do (https://docs.kasten.io/latest/access/rbac). */
const SAMPLE_RIGHTS: Readonly<Record<keyof typeof K10_ROLES, Omit<AccessCheck, 'namespace'>>> = {
  admin: { verb: 'create', group: 'actions.kio.kasten.io', resource: 'backupactions' },
  'ns-admin': { verb: 'get', group: '', resource: 'pods' },
  'mc-admin': { verb: 'get', group: 'dist.kio.kasten.io', resource: 'clusters' },
  'config-view': { verb: 'get', group: 'config.kio.kasten.io', resource: 'profiles' },
};

/** The right by which it is seen whether somebody holds a role of the K10 in this namespace. */
export function sampleRight(role: K10Role, namespace: string): AccessCheck {
  const right = SAMPLE_RIGHTS[role];
  const place = K10_ROLES[role] === 'Role' ? namespace : boundInOf(role);
  return place === undefined ? right : { ...right, namespace: place };
}

/** Whether a level's rights come only with a grant, and so are not there now. */
export async function allRest(
  job: Pick<SetupJob, 'spec' | 'systems' | 'atEnd'>,
  level: LevelSpec,
): Promise<boolean> {
  const resting = await Promise.all(
    level.roles.map(async (kind) => {
      const role = roleName(job.spec.release, kind);
      return isSuspended(job, level, await job.systems.cluster.listBindings(role), role);
    }),
  );
  return resting.every((rest) => rest);
}
