import type { AuthorizationPolicy, OAuth2PermissionGrant } from '@microsoft/microsoft-graph-types';
import type { ObservedConsent } from '../../domain/setup/setup.ts';
import type { Directory } from '../../ports/directory.ts';
import type { Graph } from './graph.ts';
import { isRefusal } from './graph-problem.ts';
import { pathOf } from './odata.ts';

/** How policies about people's own consent begin among those that every account is under. */
const BY_THEMSELVES = 'managepermissiongrantsforself.';
/** Microsoft's policies that let people consent to openid, profile, email and offline_access. */
const GENEROUS = new Set(['microsoft-user-default-legacy', 'microsoft-user-default-recommended']);

/**
 * Who may consent to what an application asks for, and what was consented to for everybody. Neither needs more than
 * reading; what Kastellan may not read is not known.
 * @see https://learn.microsoft.com/entra/identity/enterprise-apps/configure-user-consent
 * @see https://learn.microsoft.com/graph/api/serviceprincipal-list-oauth2permissiongrants
 */
export function createConsent(graph: Graph): Pick<Directory, 'readConsent'> {
  return {
    readConsent: async (servicePrincipalId) => {
      const [byPeople, forAllUsers] = await Promise.all([
        readByPeople(graph),
        servicePrincipalId === undefined ? [] : readForAllUsers(graph, servicePrincipalId),
      ]);
      return { byPeople, forAllUsers: forAllUsers };
    },
  };
}

async function readByPeople(graph: Graph): Promise<ObservedConsent['byPeople']> {
  const policy = await unlessRefused(
    graph.request<AuthorizationPolicy>({
      operation: 'read who may consent',
      method: 'GET',
      path: '/policies/authorizationPolicy',
    }),
  );
  const assigned = policy?.defaultUserRolePermissions?.permissionGrantPoliciesAssigned;
  if (assigned == null) return undefined;
  const own = assigned
    .map((name) => name.toLowerCase())
    .filter((name) => name.startsWith(BY_THEMSELVES))
    .map((name) => name.slice(BY_THEMSELVES.length));
  if (own.length === 0) return 'off';
  return own.some((name) => GENEROUS.has(name)) ? 'allowed' : 'limited';
}

async function readForAllUsers(
  graph: Graph,
  servicePrincipalId: string,
): Promise<readonly string[] | undefined> {
  const grants = await unlessRefused(
    graph.list<OAuth2PermissionGrant>({
      operation: 'read what was consented to',
      method: 'GET',
      path: pathOf('servicePrincipals', servicePrincipalId, 'oauth2PermissionGrants'),
    }),
  );
  return grants
    ?.filter(({ consentType }) => consentType === 'AllPrincipals')
    .flatMap(({ scope }) => (scope ?? '').split(' ').filter((name) => name !== ''));
}

async function unlessRefused<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (thrown) {
    if (isRefusal(thrown, 401, 403)) return undefined;
    throw thrown;
  }
}
