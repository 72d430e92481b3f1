import { setTimeout as sleep } from 'node:timers/promises';
import type { ChosenCredential } from './credential.ts';
import { signInFailure } from './sign-in-failure.ts';

// The SDK ends in order first, where it does.
const GRACE_MS = 1_000;

/** Kastellan's own identity as its access token describes it. */
export interface OwnIdentity {
  /** Object ID of the service principal. */
  readonly objectId: string | undefined;
  readonly clientId: string | undefined;
  /** Graph application permissions with consent. */
  readonly roles: readonly string[];
}

export interface TokenSource {
  readonly kind: ChosenCredential['kind'];
  readonly secrets: readonly string[];
  /** @throws KastellanError `entra.sign-in-failed`, `entra.unreachable`, `entra.untrusted-certificate` */
  token(): Promise<string>;
  /** Has the next token be a new one, if this one, which Entra refused, is still what would be shown again. */
  giveUp(refused: string): void;
  identity(): Promise<OwnIdentity>;
}

/** Gets access tokens for Graph; the SDK keeps them until shortly before they end. */
export function createTokenSource(chosen: ChosenCredential, graphUrl: string, loginUrl: string): TokenSource {
  let credential = chosen.connect();
  let shown: string | undefined;
  let asking: Promise<string> | undefined;
  async function ask(): Promise<string> {
    try {
      const access = await withinTime(chosen, credential.getToken(`${graphUrl}/.default`));
      if (access !== null) {
        shown = access.token;
        return access.token;
      }
    } catch (thrown) {
      // The SDK signs with the certificate that it read first, so one that was renewed in its file needs a new credential.
      credential = chosen.connect();
      throw await signInFailure(chosen, loginUrl, thrown);
    }
    throw await signInFailure(chosen, loginUrl, undefined);
  }
  // The SDK would ask once for everybody who asks at the same time.
  function token(): Promise<string> {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }
  return {
    kind: chosen.kind,
    secrets: chosen.secrets,
    token,
    giveUp(refused) {
      if (refused !== shown) return;
      shown = undefined;
      credential = chosen.connect();
    },
    identity: async () => readIdentity(await token()),
  };
}

// A managed identity's endpoint that says nothing outlasts every limit that the SDK takes.
async function withinTime<T>({ timeoutMs }: ChosenCredential, asked: Promise<T>): Promise<T> {
  const answered = new AbortController();
  const late = sleep(timeoutMs + GRACE_MS, undefined, { signal: answered.signal }).then(() => {
    throw Object.assign(new Error('Nothing answered in time'), { code: 'ETIMEDOUT' });
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    late.catch(() => undefined);
    answered.abort();
  }
}

function readIdentity(token: string): OwnIdentity {
  const payload = token.split('.')[1] ?? '';
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>;
    return {
      objectId: textClaim(claims['oid']),
      clientId: textClaim(claims['appid'] ?? claims['azp']),
      roles: Array.isArray(claims['roles']) ? claims['roles'].map(String) : [],
    };
  } catch {
    return { objectId: undefined, clientId: undefined, roles: [] };
  }
}

function textClaim(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
