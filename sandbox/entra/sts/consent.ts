import { randomBytes } from 'node:crypto';
import type { Entry } from '../directory.ts';
import { GRAPH_CLIENT_ID } from '../graph-app-roles.ts';
import type { World } from '../world.ts';
import { StsProblem } from './sts-problem.ts';

/**
 * Asks for consent: people give it by themselves where the tenant lets them and no assignment is required, and else the
 * application needs an administrator's.
 * @returns the refusal, 90094, or undefined
 * @see https://learn.microsoft.com/entra/identity/enterprise-apps/user-admin-consent-overview
 */
export function refuseConsent(
  world: World,
  user: Entry,
  principal: Entry,
  scopes: readonly string[],
): StsProblem | undefined {
  const granted = new Set(
    world.directory.permissionGrants
      .filter(({ clientId }) => clientId === principal.id)
      .filter(({ consentType, principalId }) => consentType === 'AllPrincipals' || principalId === user.id)
      .flatMap(({ scope }) => scope.split(' ')),
  );
  const missing = scopes.filter((scope) => !granted.has(scope));
  if (missing.length === 0) return undefined;
  const mayThemselves = world.knobs.userConsent && principal.properties['appRoleAssignmentRequired'] !== true;
  if (mayThemselves) {
    grantConsent(world, principal, missing, user);
    return undefined;
  }
  return new StsProblem(
    90094,
    'access_denied',
    `Need admin approval. ${String(principal.properties['displayName'])} needs permission to access resources in your organization that only an admin can grant.`,
  );
}

/** The scopes of a request, each once. */
export function scopesIn(scope: string): string[] {
  return [...new Set(scope.split(/\s+/).filter((name) => name !== ''))];
}

/** Notes that somebody agreed; an administrator does so for everybody. */
export function grantConsent(
  world: Pick<World, 'directory'>,
  principal: Entry,
  scopes: readonly string[],
  user?: Entry,
): void {
  world.directory.permissionGrants.push({
    id: randomBytes(32).toString('base64url'),
    clientId: principal.id,
    consentType: user === undefined ? 'AllPrincipals' : 'Principal',
    principalId: user?.id ?? null,
    resourceId: world.directory.servicePrincipal(GRAPH_CLIENT_ID)?.id ?? '',
    scope: scopes.join(' '),
  });
}
