import { unfinishedRelease } from '../../domain/setup/release-state.ts';
import type { Obstacle } from '../../domain/setup/setup.ts';
import type { InstalledRelease, Releases } from '../../ports/releases.ts';

/** Why an upgrade of this release would have nothing to build on; undefined where it has. */
export async function findUnfinished(
  releases: Releases,
  { status, revision }: InstalledRelease,
  { release, namespace }: { readonly release: string; readonly namespace: string },
): Promise<Obstacle | undefined> {
  // A failed upgrade is no failed install: only Helm's history tells them apart.
  const everDeployed = status !== 'failed' || (await releases.wasEverDeployed());
  return unfinishedRelease({ release, namespace, revision, status, everDeployed });
}
