import type { Credential, Purpose, WatchedApplication } from '../../domain/secrets/credentials.ts';
import type { World } from '../../ports/world.ts';
import { findWatched } from '../../workflows/secrets/find-watched.ts';

/** One secret or certificate of a watched application; nothing in it is secret. */
export interface CredentialRow {
  readonly application: string;
  readonly clientId: string;
  readonly purpose: Purpose;
  readonly credential: Credential;
  readonly use: 'in use' | 'not in use' | 'unknown';
}

/** Every secret and certificate of the watched applications as they are now; what ends first comes first. */
export async function listCredentials(
  world: Pick<World, 'rules' | 'directory' | 'openCluster' | 'requests' | 'log'>,
): Promise<CredentialRow[]> {
  const watched = await findWatched(world);
  return watched
    .flatMap((application) =>
      application.credentials.map((credential) => ({
        application: application.displayName,
        clientId: application.clientId,
        purpose: application.purpose,
        credential,
        use: useOf(application, credential),
      })),
    )
    .toSorted((a, b) => Date.parse(a.credential.endsAt) - Date.parse(b.credential.endsAt));
}

function useOf({ inUse, assumed }: WatchedApplication, { keyId }: Credential): CredentialRow['use'] {
  if (inUse === 'unknown' || assumed) return 'unknown';
  return inUse !== 'none' && inUse.keyId === keyId ? 'in use' : 'not in use';
}
