import { asKastellanError } from '../domain/errors.ts';
import type { World } from '../ports.ts';

/** Looks at which addresses each cluster serves K10, so that the form can propose them at once. */
export async function discoverDashboards(world: World): Promise<void> {
  await Promise.all(
    world.rules.clusters.map(async ({ name }) => {
      try {
        await world.discoveries.save(name, await world.openCluster(name).cluster.findDashboards());
      } catch (thrown) {
        // A cluster that is away is told by status and doctor; here it only means an empty field.
        world.log.info(
          { cluster: name, code: asKastellanError(thrown).code },
          'no dashboard address was found',
        );
      }
    }),
  );
}
