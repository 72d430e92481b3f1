import { bindingName, prefixedGroup, type RoleName } from '../../domain/setup/naming.ts';
import type { LevelSpec, ObservedBinding } from '../../domain/setup/setup.ts';
import type { Binding } from '../../ports/cluster.ts';
import type { SetupJob } from './systems.ts';

/** Whether Kastellan's own binding of a level is suspended: it is there, and names no group until access is given. */
export function isResting(bindings: readonly Binding[], level: string, role: RoleName): boolean {
  return ownBindings(bindings, level, role).some(
    ({ tooWide, groups }) => tooWide !== true && groups.length === 0,
  );
}

/** Kastellan's own binding of a level that gives its role in the whole cluster, though it belongs into one namespace. */
export function tooWideBinding(
  bindings: readonly Binding[],
  level: string,
  role: RoleName,
): Binding | undefined {
  return ownBindings(bindings, level, role).find(({ tooWide }) => tooWide === true);
}

/** The bindings of a level and role that Kastellan made. */
export function ownBindings(bindings: readonly Binding[], level: string, role: RoleName): Binding[] {
  const name = bindingName(level, role);
  return bindings.filter((binding) => binding.managedByKastellan && binding.name === name);
}

/**
 * Whether a level's binding is as it should be while no grant is live: there, and empty. Members for good
 * need it all the time.
 */
export function isSuspended(
  job: Pick<SetupJob, 'atEnd'>,
  level: LevelSpec,
  bindings: readonly Binding[],
  role: RoleName,
): boolean {
  return mayRest(job, level) && isResting(bindings, level.level, role);
}

/** Whether access to a level ends by its binding, which is then empty most of the time. */
export function mayRest(job: Pick<SetupJob, 'atEnd'>, { level, members }: LevelSpec): boolean {
  const atEnd = job.atEnd(level);
  return atEnd === 'binding' || (atEnd === 'both' && members.length === 0);
}

/** What gives a level its role now; a role in one namespace is looked at before there is a group, too. */
export async function observeBinding(
  job: SetupJob,
  level: LevelSpec,
  role: RoleName,
  groupId: string | undefined,
): Promise<ObservedBinding> {
  if (groupId === undefined && role.boundIn === undefined) return { role, existing: undefined };
  const bindings = await job.systems.cluster.listBindings(role);
  const tooWide = tooWideBinding(bindings, level.level, role)?.name;
  if (tooWide !== undefined) return { role, existing: undefined, tooWide };
  if (groupId === undefined) return { role, existing: undefined };
  const subject = prefixedGroup(job.spec.signIn.groupPrefix, groupId);
  const bound = bindings.find(({ groups }) => groups.includes(subject))?.name;
  const resting = isSuspended(job, level, bindings, role) ? bindingName(level.level, role) : undefined;
  return { role, existing: bound ?? resting };
}

/** Whether a group gets all that it will have of a level by this set-up: nothing gives it a role of the level yet. */
export function isUnbound(bindings: readonly ObservedBinding[]): boolean {
  return bindings.every(({ existing, tooWide }) => existing === undefined && tooWide === undefined);
}
