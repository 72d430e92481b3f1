import { type AdminPath, adminPaths } from '../../domain/setup/admin-paths.ts';
import { removalOf, subjectWords, viaWords } from '../../domain/setup/admin-words.ts';
import type { ObservedSetup, SetupSpec } from '../../domain/setup/setup.ts';
import type { Acceptance } from '../../ports/stores.ts';
import type { AdminPathView } from './admins-report.ts';

/** Every way to administer K10, as it was observed; how K10 signs people in counts if its values are known. */
export function observedPaths(spec: SetupSpec, { levels, roleGrants, release }: ObservedSetup): AdminPath[] {
  const values = release.status === 'unrecorded' ? undefined : release.values;
  return adminPaths({ spec, levels, roleGrants, values });
}

/** A path as people read it. */
export function pathView(
  cluster: string,
  spec: SetupSpec,
  path: AdminPath,
  accepted: ReadonlyMap<string, Acceptance>,
): AdminPathView {
  const acceptance = accepted.get(path.id);
  return {
    id: path.id,
    who: subjectWords(path),
    via: viaWords(path.via),
    everybody: path.everybody,
    removal: removalOf(path, spec, cluster),
    ...(acceptance !== undefined && { accepted: acceptance }),
  };
}
