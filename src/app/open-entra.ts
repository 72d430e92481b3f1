import { entraHosts } from '../adapters/entra/clouds.ts';
import { createCredential } from '../adapters/entra/credential.ts';
import { createDirectory } from '../adapters/entra/directory.ts';
import { createSignIn } from '../adapters/sign-in/sign-in.ts';
import type { Settings } from '../config/load.ts';
import type { WatchCall } from '../ports/telemetry.ts';
import type { World } from '../ports/world.ts';

/**
 * The doors to Entra, with whatever identity the environment offers, and the rules that name the tenant.
 * @param watch told of each request; nobody is unless told
 */
export function openEntra(
  { configuration, environment }: Settings,
  watch?: WatchCall,
): Pick<World, 'directory' | 'signIn' | 'rules'> {
  const watched = watch === undefined ? {} : { watch };
  const hosts = entraHosts(configuration.entra.cloud, {
    login: configuration.entra.loginUrl,
    graph: configuration.entra.graphUrl,
  });
  const credential = createCredential({
    tenantId: environment.AZURE_TENANT_ID ?? configuration.entra.tenantId,
    clientId: environment.AZURE_CLIENT_ID,
    clientSecret: environment.AZURE_CLIENT_SECRET,
    certificatePath: environment.AZURE_CLIENT_CERTIFICATE_PATH,
    federatedTokenFile: environment.AZURE_FEDERATED_TOKEN_FILE,
    authorityHost: hosts.login,
    customAuthority: hosts.customAuthority,
  });
  return {
    directory: createDirectory({ hosts, credential, ...watched }),
    signIn: createSignIn({ graphUrl: hosts.graph, ...watched }),
    rules: {
      ...configuration,
      entra: { loginUrl: hosts.login, tenantId: configuration.entra.tenantId, portalUrl: hosts.portal },
    },
  };
}
