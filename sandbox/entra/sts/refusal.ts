import { type Entry, textOf } from '../directory.ts';
import type { World } from '../world.ts';
import { StsProblem } from './sts-problem.ts';

/** Why this person may not sign in to this application, or undefined if they may. */
export function refusalOf(world: World, user: Entry, clientId: string): StsProblem | undefined {
  if (user.properties['accountEnabled'] === false) {
    return new StsProblem(50057, 'access_denied', 'The user account is disabled.');
  }
  const principal = world.directory.servicePrincipal(clientId);
  if (!principal) {
    return new StsProblem(
      7000229,
      'unauthorized_client',
      `The client application '${clientId}' is missing service principal in the tenant.`,
    );
  }
  if (principal.properties['accountEnabled'] === false) {
    return new StsProblem(7000112, 'unauthorized_client', `Application '${clientId}' is disabled.`);
  }
  if (principal.properties['appRoleAssignmentRequired'] === true && !isAssigned(world, user, principal)) {
    const login = textOf(user.properties, 'userPrincipalName') ?? user.id;
    const name = textOf(principal.properties, 'displayName') ?? clientId;
    return new StsProblem(
      50105,
      'access_denied',
      `Your administrator has configured the application ${name} ('${clientId}') to block users unless they are specifically granted ('assigned') access to the application. The signed in user '${login}' is blocked because they are not a direct member of a group with access, nor had access directly assigned by an administrator.`,
    );
  }
  return undefined;
}

/** Assigned means: themselves, or a group they are a direct member of. Groups inside groups do not count. */
function isAssigned(world: World, user: Entry, principal: Entry): boolean {
  return world.directory.assignments.some(
    (one) =>
      one.resourceId === principal.id &&
      (one.principalId === user.id || world.directory.entries.get(one.principalId)?.members.has(user.id)),
  );
}
