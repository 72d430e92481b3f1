import { asKastellanError } from '../../domain/errors.ts';
import { sessionMs } from '../../domain/setup/auth-values.ts';
import type { World } from '../../ports/world.ts';
import { forEachConcurrently } from '../../workflows/requests/for-each-concurrently.ts';

const CONCURRENCY = 8;

/**
 * Looks at which addresses each cluster serves K10, so that the form can propose them at once, and at how long K10 keeps
 * sessions open, so that whoever loses access can be told how long an open one lasts.
 */
export async function discoverDashboards(
  world: Pick<World, 'rules' | 'openCluster' | 'discoveries' | 'log'>,
): Promise<void> {
  await forEachConcurrently(world.rules.clusters, CONCURRENCY, async ({ name }) => {
    await Promise.all([
      discover(world, name, 'no dashboard address was found', async ({ cluster }) =>
        world.discoveries.save(name, await cluster.findDashboards()),
      ),
      discover(world, name, 'how long sessions last was not found', async ({ releases }) => {
        const found = sessionMs((await releases.find())?.auth ?? {});
        if (found !== undefined) await world.discoveries.saveSession(name, found);
      }),
    ]);
  });
}

async function discover(
  world: Pick<World, 'openCluster' | 'log'>,
  name: string,
  failed: string,
  task: (access: ReturnType<World['openCluster']>) => Promise<void>,
): Promise<void> {
  try {
    await task(world.openCluster(name));
  } catch (thrown) {
    // A cluster that is away is told by status and doctor; here it only means that something is not known.
    world.log.info({ cluster: name, code: asKastellanError(thrown).code }, failed);
  }
}
