import type { Adapter, AdapterPayload } from 'oidc-provider';
import { issuerOf, type World } from '../world.ts';
import { redirectUrisOf } from './platforms.ts';

/** Keeps sessions, codes and grants in memory; clients it reads from the directory, so that changes count at once. */
export function createStore(world: World): (model: string) => Adapter {
  const payloads = new Map<string, AdapterPayload>();
  return (model) => {
    const key = (id: string) => `${model}:${id}`;
    return {
      async upsert(id, payload) {
        payloads.set(key(id), payload);
      },
      async find(id) {
        return model === 'Client' ? clientOf(world, id) : payloads.get(key(id));
      },
      async findByUid(uid) {
        return [...payloads].find(([name, one]) => name.startsWith(`${model}:`) && one.uid === uid)?.[1];
      },
      async findByUserCode() {
        return undefined;
      },
      async consume(id) {
        const payload = payloads.get(key(id));
        if (payload) payload.consumed = Math.floor(Date.now() / 1000);
      },
      async destroy(id) {
        payloads.delete(key(id));
      },
      async revokeByGrantId(grantId) {
        for (const [name, one] of payloads) {
          // A code stays, spent, so that a second use is told apart from a code that never was.
          if (one.grantId === grantId && one.kind !== 'AuthorizationCode') payloads.delete(name);
        }
      },
    };
  };
}

function clientOf(world: World, clientId: string): AdapterPayload | undefined {
  const application = world.directory.application(clientId);
  if (!application) return undefined;
  const uris = redirectUrisOf(application);
  return {
    client_id: clientId,
    // A client without any address cannot be described; this one is reachable by nobody.
    redirect_uris: uris.length > 0 ? uris : ['https://unregistered.invalid/'],
    post_logout_redirect_uris: uris,
    response_types: ['code'],
    grant_types: ['authorization_code'],
    // Without a sector, applications with addresses on several hosts could not have subjects of their own.
    sector_identifier_uri: `${issuerOf(world)}/sector/${clientId}`,
    subject_type: 'pairwise',
    // Secrets are checked before the provider sees the request, because there may be several and they expire.
    token_endpoint_auth_method: 'none',
  };
}
