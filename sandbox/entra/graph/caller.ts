import { errors, jwtVerify } from 'jose';
import type { Entry } from '../directory.ts';
import { issuerOf, type World } from '../world.ts';
import { denied, GraphProblem } from './problem.ts';

/** The application behind a request, as its access token tells. */
export interface Caller {
  readonly clientId: string;
  readonly servicePrincipalId: string;
  readonly displayName: string;
  readonly roles: ReadonlySet<string>;
}

/** Audiences that stand for Graph: its own address, the real one, and its client ID. */
export function graphAudiences(world: World): string[] {
  return [world.url, 'https://graph.microsoft.com', '00000003-0000-0000-c000-000000000000'];
}

/** Reads the bearer token. Raises Graph's 401 `InvalidAuthenticationToken`. */
export async function readCaller(world: World, authorization: string | undefined): Promise<Caller> {
  const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
  if (!token) throw unauthenticated('Access token is empty.');
  const payload = await verify(world, token);
  const roles = Array.isArray(payload['roles']) ? payload['roles'].map(String) : [];
  const revoked = new Set(world.knobs.revokedPermissions);
  const servicePrincipalId = String(payload['oid']);
  if (!world.directory.entries.has(servicePrincipalId)) {
    throw new GraphProblem(
      401,
      'Authorization_IdentityNotFound',
      'The identity of the calling application could not be established.',
    );
  }
  return {
    clientId: String(payload['appid']),
    servicePrincipalId,
    displayName: String(payload['app_displayname']),
    roles: new Set(roles.filter((role) => !revoked.has(role))),
  };
}

async function verify(world: World, token: string): Promise<Record<string, unknown>> {
  try {
    const { payload } = await jwtVerify(token, world.signingKey.publicKey, {
      issuer: issuerOf(world),
      audience: graphAudiences(world),
      currentDate: world.clock.now(),
      clockTolerance: 300,
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) {
      throw unauthenticated('Lifetime validation failed, the token is expired.');
    }
    if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') {
      throw unauthenticated('Access token validation failure. Invalid audience.');
    }
    throw unauthenticated('CompactToken validation failed.');
  }
}

function unauthenticated(message: string): GraphProblem {
  return new GraphProblem(401, 'InvalidAuthenticationToken', message);
}

/** Whether the caller has one of the permissions. */
export function hasAny(caller: Caller, permissions: readonly string[]): boolean {
  return permissions.some((permission) => caller.roles.has(permission));
}

/** Raises Graph's 403 unless the caller has one of the permissions. */
export function requireAny(caller: Caller, permissions: readonly string[]): void {
  if (!hasAny(caller, permissions)) throw denied();
}

/** Who may do something: holders of `any` everywhere, holders of `owned` where they are an owner. */
export interface Right {
  readonly any: readonly string[];
  readonly owned: readonly string[];
}

/** Raises Graph's 403 unless the right covers this object. */
export function requireRight(caller: Caller, right: Right, entry: Entry): void {
  if (hasAny(caller, right.any)) return;
  if (hasAny(caller, right.owned) && entry.owners.has(caller.servicePrincipalId)) return;
  throw denied();
}
