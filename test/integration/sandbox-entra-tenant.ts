import { ClientSecretCredential } from '@azure/identity';
import { Client, GraphError } from '@microsoft/microsoft-graph-client';
import { TokenCredentialAuthenticationProvider } from '@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js';
import { exportJWK, type GenerateKeyPairResult, generateKeyPair } from 'jose';
import { type Entra, startEntra } from '../../sandbox/entra/start-entra.ts';
import {
  createAuthority,
  type ServerCertificate,
  trustAuthority,
} from '../../sandbox/tls/certificate-authority.ts';

export const keeper = '11111111-1111-4111-8111-111111111111';
export const reader = '22222222-2222-4222-8222-222222222222';
export const ann = 'aaaaaaaa-0000-4000-8000-000000000001';

/** A tenant with thirty people and two applications, and the keys its applications may sign with. */
export interface Tenant {
  readonly entra: Entra;
  readonly cluster: GenerateKeyPairResult;
  readonly pair: ServerCertificate;
  credential(clientId?: string, secret?: string): ClientSecretCredential;
  graph(clientId?: string, secret?: string): Client;
}

export async function startTenant(): Promise<Tenant> {
  const authority = await createAuthority();
  trustAuthority(authority);
  const pair = await authority.issue([], 'rsa');
  const cluster = await generateKeyPair('RS256');
  const clusterKey = { ...(await exportJWK(cluster.publicKey)), kid: 'cluster', alg: 'RS256' };
  const entra = await startEntra({
    tls: await authority.issue(),
    seed: {
      trustedIssuers: [{ issuer: 'https://cluster.sandbox.example', jwks: { keys: [clusterKey] } }],
      people: Array.from({ length: 30 }, (_, index) => ({
        ...(index === 0 ? { id: ann } : {}),
        displayName: index === 0 ? "Ann O'Hara" : `Person ${index}`,
        userPrincipalName: index === 0 ? "ann.o'hara@sandbox.example" : `person${index}@sandbox.example`,
        password: 'correct horse',
        mfaCode: '123456',
      })),
      applications: [
        {
          clientId: keeper,
          displayName: 'Kastellan',
          secrets: [{ text: 'keeper-secret' }, { text: 'stale', endDateTime: '2020-01-01T00:00:00Z' }],
          certificates: [pair.cert],
          federatedCredentials: [
            {
              name: 'cluster',
              issuer: 'https://cluster.sandbox.example',
              subject: 'system:serviceaccount:kastellan:kastellan',
              audiences: ['api://AzureADTokenExchange'],
            },
          ],
          permissions: [
            'Application.ReadWrite.OwnedBy',
            'Group.Create',
            'GroupMember.ReadWrite.All',
            'User.Read.All',
            'AppRoleAssignment.ReadWrite.All',
            'Application.Read.All',
            'AuditLog.Read.All',
            'Policy.Read.All',
          ],
        },
        {
          clientId: reader,
          displayName: 'Reader',
          secrets: [{ text: 'reader-secret' }],
          permissions: ['Application.ReadWrite.OwnedBy'],
        },
      ],
    },
  });

  const credential = (clientId = keeper, secret = 'keeper-secret') =>
    new ClientSecretCredential(entra.tenantId, clientId, secret, {
      authorityHost: entra.loginUrl,
      disableInstanceDiscovery: true,
      retryOptions: { maxRetries: 0 },
    });
  const graph = (clientId = keeper, secret = 'keeper-secret') => {
    const scopes = [`${entra.graphUrl}/.default`];
    return Client.initWithMiddleware({
      authProvider: new TokenCredentialAuthenticationProvider(credential(clientId, secret), { scopes }),
      baseUrl: `${entra.graphUrl}/`,
      customHosts: new Set(['localhost']),
    });
  };
  return { entra, cluster, pair, credential, graph };
}

export const group = (uniqueName: string) => ({
  displayName: 'Kasten Users',
  mailEnabled: false,
  mailNickname: 'kasten-users',
  securityEnabled: true,
  uniqueName,
});

/** The refusal of a request that is expected to be refused. */
export async function failure(promise: Promise<unknown>): Promise<GraphError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof GraphError) return error;
    throw error;
  }
  throw new Error('It went well, unexpectedly.');
}
