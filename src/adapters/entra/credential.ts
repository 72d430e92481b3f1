import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  ClientCertificateCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
  type TokenCredential,
  type TokenCredentialOptions,
  WorkloadIdentityCredential,
} from '@azure/identity';
import { KastellanError } from '../../domain/errors.ts';
import type { Secret } from '../../domain/secret.ts';
import type { CredentialKind } from '../../domain/secrets/credentials.ts';

export interface CredentialOptions {
  readonly tenantId: string;
  /** May be missing for a managed identity only: then the machine's own one is meant. */
  readonly clientId?: string | undefined;
  readonly clientSecret?: Secret | undefined;
  /** PEM file with certificate and key. */
  readonly certificatePath?: string | undefined;
  readonly federatedTokenFile?: string | undefined;
  /** `https://login.microsoftonline.com` */
  readonly authorityHost: string;
  readonly customAuthority: boolean;
  /** How long signing in may take, with all its tries, in milliseconds; 30 seconds unless told. */
  readonly timeoutMs?: number;
}

export interface ChosenCredential {
  readonly kind: 'workload identity' | 'certificate' | 'client secret' | 'managed identity';
  readonly tenantId: string;
  /** A credential that holds no token yet: the SDK's own keep theirs until they end, whatever Entra says of them. */
  connect(): TokenCredential;
  /** The values that this credential proves itself with, to be cut out of every error. */
  readonly secrets: readonly string[];
  /** How long signing in may take, with all its tries, in milliseconds. */
  readonly timeoutMs: number;
  /** The HTTP status of the newest answer to signing in, which the SDK's errors do not tell; undefined if there was none. */
  answeredWith(): number | undefined;
  /** What ends one day, where the identity has something like that, and how Entra shows it. */
  readonly ends?: { readonly clientId: string; readonly kind: CredentialKind; hint(): Promise<string> };
}

const HINT_LENGTH = 3;
const TIMEOUT_MS = 30_000;

/**
 * Takes the strongest credential that the environment offers: workload identity, certificate, client secret, else the
 * machine's managed identity. Nothing is asked of Entra yet.
 * @throws KastellanError `entra.client-id-missing`
 * @see https://learn.microsoft.com/javascript/api/overview/azure/identity-readme
 */
export function createCredential(options: CredentialOptions): ChosenCredential {
  const { tenantId, clientId, clientSecret, certificatePath, federatedTokenFile } = options;
  // Without discovery nobody vouches for the login host, so it stays on for Microsoft's own.
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const answer: SeenAnswer = { status: undefined };
  const common = { tenantId, timeoutMs, answeredWith: () => answer.status };
  const patience = { additionalPolicies: [within(timeoutMs, answer)] };
  const authority = {
    ...patience,
    authorityHost: options.authorityHost,
    disableInstanceDiscovery: options.customAuthority,
  };
  if (federatedTokenFile !== undefined) {
    const identity = { tenantId, clientId: needed(clientId), tokenFilePath: federatedTokenFile };
    const connect = () => new WorkloadIdentityCredential({ ...authority, ...identity });
    return { ...common, kind: 'workload identity', connect, secrets: [] };
  }
  if (certificatePath !== undefined) {
    const own = needed(clientId);
    const connect = () => new ClientCertificateCredential(tenantId, own, certificatePath, authority);
    const hint = async () => thumbprint(new X509Certificate(await readFile(certificatePath)).raw);
    return {
      ...common,
      kind: 'certificate',
      connect,
      secrets: [],
      ends: { clientId: own, kind: 'certificate', hint },
    };
  }
  if (clientSecret !== undefined) {
    const own = needed(clientId);
    const secret = clientSecret.reveal();
    const connect = () => new ClientSecretCredential(tenantId, own, secret, authority);
    return {
      ...common,
      kind: 'client secret',
      connect,
      secrets: [secret, encodeURIComponent(secret)],
      ends: { clientId: own, kind: 'secret', hint: async () => secret.slice(0, HINT_LENGTH) },
    };
  }
  const own = clientId === undefined ? patience : { ...patience, clientId };
  const connect = () => new ManagedIdentityCredential(own);
  return { ...common, kind: 'managed identity', connect, secrets: [] };
}

interface SeenAnswer {
  status: number | undefined;
}

// The SDK waits for ever for an answer, and for as long as `Retry-After` asks; it takes a signal only here.
function within(
  ms: number,
  answer: SeenAnswer,
): NonNullable<TokenCredentialOptions['additionalPolicies']>[number] {
  return {
    position: 'perCall',
    policy: {
      name: 'time limit',
      sendRequest: async (request, next) => {
        const late = AbortSignal.timeout(ms);
        request.abortSignal =
          request.abortSignal === undefined
            ? late
            : AbortSignal.any([request.abortSignal as AbortSignal, late]);
        answer.status = undefined;
        const response = await next(request);
        answer.status = response.status;
        return response;
      },
    },
  };
}

function needed(clientId: string | undefined): string {
  if (clientId !== undefined) return clientId;
  throw new KastellanError({
    code: 'entra.client-id-missing',
    message: 'Kastellan does not know the client ID of its own identity in Entra.',
    hint: 'Set AZURE_CLIENT_ID to the application (client) ID of the app registration that Kastellan runs as.',
  });
}

/**
 * SHA-1 of a certificate as the portal shows it: hexadecimal, capital letters.
 * @param der the certificate's own bytes
 */
export function thumbprint(der: Buffer): string {
  return createHash('sha1').update(der).digest('hex').toUpperCase();
}
