import { asKastellanError } from '../../domain/errors.ts';
import {
  type ApplicationCredentials,
  keyWithHint,
  type Purpose,
  type WatchedApplication,
} from '../../domain/secrets/credentials.ts';
import { applicationKey, credentialSecretName } from '../../domain/setup/naming.ts';
import type { OwnCredential } from '../../ports/directory.ts';
import type { World } from '../../ports/world.ts';
import { tornDownBy } from '../setup/active-setups.ts';

// As many characters of a client secret as Entra shows.
const HINT_LENGTH = 3;

type Watching = Pick<World, 'rules' | 'directory' | 'openCluster' | 'requests' | 'log'>;
type Use = Pick<WatchedApplication, 'inUse' | 'assumed'>;

/**
 * Every application whose credentials are watched: those that sign people in to K10, those that the configuration
 * lists, and the one Kastellan runs as; with what is known about which of their credentials is in use.
 * @throws KastellanError where Entra cannot be read; a cluster that cannot be reached is only logged
 */
export async function findWatched(world: Watching): Promise<WatchedApplication[]> {
  const own = await world.directory.ownCredential();
  const found = await world.directory.findCredentials(
    (application) => purposeOf(world, application, own) !== undefined,
  );
  const kastellan = own !== undefined && found.some(({ clientId }) => clientId === own.clientId);
  if (own !== undefined && !kastellan) {
    world.log.warn(
      { clientId: own.clientId },
      'Entra does not show the application Kastellan runs as, so nobody is reminded when its credential ends; grant Application.Read.All',
    );
  }
  return Promise.all(
    found.map(async (application) => {
      const purpose = purposeOf(world, application, own) ?? { of: 'other' };
      return { ...application, purpose, ...(await useOf(world, application, purpose, own)) };
    }),
  );
}

function purposeOf(
  { rules }: Watching,
  { clientId, uniqueName, tags }: ApplicationCredentials,
  own: OwnCredential | undefined,
): Purpose | undefined {
  const cluster = rules.clusters.find(({ name }) => applicationKey(name) === uniqueName);
  if (cluster !== undefined) return { of: 'cluster', cluster: cluster.name };
  if (clientId === own?.clientId) return { of: 'kastellan' };
  const { watch } = rules.expiry;
  const listed = watch.clientIds.includes(clientId) || tags.some((tag) => watch.tags.includes(tag));
  return listed ? { of: 'other' } : undefined;
}

async function useOf(
  world: Watching,
  application: ApplicationCredentials,
  purpose: Purpose,
  own: OwnCredential | undefined,
): Promise<Use> {
  if (purpose.of === 'cluster') return useOnCluster(world, application, purpose.cluster);
  if (purpose.of === 'other' || own === undefined) return { inUse: 'unknown' };
  return { inUse: keyWithHint(application.credentials, own.kind, own.hint) };
}

async function useOnCluster(
  world: Watching,
  application: ApplicationCredentials,
  cluster: string,
): Promise<Use> {
  // What is left of the application signs no one in.
  if ((await tornDownBy(world, cluster)) !== undefined) return { inUse: 'none' };
  try {
    return { inUse: await keyInCluster(world, application, cluster) };
  } catch (thrown) {
    const { code } = asKastellanError(thrown);
    world.log.warn({ cluster, code }, 'Which client secret a cluster uses cannot be seen now');
    // The newest is the one that the last set-up or rotation put there.
    const [newest] = application.credentials
      .filter(({ kind }) => kind === 'secret')
      .toSorted((a, b) => Date.parse(b.startsAt) - Date.parse(a.startsAt));
    return { inUse: newest ?? 'none', assumed: true };
  }
}

// Who edited the Kubernetes Secret by hand left the key ID at it as it was: how the value begins is what counts.
async function keyInCluster(
  { rules, openCluster }: Watching,
  { clientId, credentials }: ApplicationCredentials,
  name: string,
): Promise<WatchedApplication['inUse']> {
  const release = rules.clusters.find((cluster) => cluster.name === name)?.release ?? '';
  const { cluster } = openCluster(name);
  const secretName = credentialSecretName(release);
  const stored = await cluster.readCredential(secretName);
  if (stored === undefined || stored.clientId !== clientId || !stored.hasSecret) return 'none';
  const value = await cluster.readClientSecret(secretName);
  const hint = value?.reveal().slice(0, HINT_LENGTH) ?? '';
  const noted = credentials.find(({ keyId }) => keyId === stored.keyId);
  return noted?.hint === hint ? noted : keyWithHint(credentials, 'secret', hint);
}
