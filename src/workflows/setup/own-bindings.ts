import { bindingName, type RoleName } from '../../domain/setup/naming.ts';
import type { Binding } from '../../ports/cluster.ts';

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
