import type { AppRoleAssignment, ServicePrincipal } from '@microsoft/microsoft-graph-types';
import type { ObservedServicePrincipal } from '../../domain/setup/setup.ts';
import type { Directory } from '../../ports/directory.ts';
import { requireId } from './answers.ts';
import { restoreDeleted } from './deleted-items.ts';
import type { Graph } from './graph.ts';
import { GraphRefusal, isLag } from './graph-problem.ts';
import { byKey, pathOf } from './odata.ts';
import { type Patience, retryWhile, waitFor } from './time.ts';

/** "Default access": the role of applications that declare none of their own. */
const DEFAULT_ROLE = '00000000-0000-0000-0000-000000000000';
/** Without this tag the portal does not list it among the enterprise applications. */
const LISTED_TAG = 'WindowsAzureActiveDirectoryIntegratedApp';

/** One of each line is needed (https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto). */
const ASSIGNING = [
  ['AppRoleAssignment.ReadWrite.All'],
  ['Application.Read.All', 'Application.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
];

type ServicePrincipalMethods = Pick<
  Directory,
  | 'findServicePrincipal'
  | 'createServicePrincipal'
  | 'enableServicePrincipal'
  | 'deleteServicePrincipal'
  | 'restoreServicePrincipal'
  | 'listAssignedGroups'
  | 'assignGroup'
  | 'unassignGroup'
  | 'mayAssignGroups'
>;

/** Enterprise applications and the groups assigned to them. */
export function createServicePrincipals(graph: Graph, patience: Patience): ServicePrincipalMethods {
  const find = async (path: string): Promise<ObservedServicePrincipal | undefined> => {
    const query = { $select: 'id,appId,accountEnabled,appRoleAssignmentRequired' };
    const found = await graph.find<ServicePrincipal>({
      operation: 'find the enterprise application',
      method: 'GET',
      path,
      query,
    });
    return found === undefined ? undefined : observedServicePrincipal(found);
  };
  const findServicePrincipal: Directory['findServicePrincipal'] = (clientId) =>
    find(byKey('servicePrincipals', 'appId', clientId));
  const groupAssignments = (servicePrincipalId: string): Promise<AppRoleAssignment[]> =>
    listGroupAssignments(graph, servicePrincipalId);
  const isAssigned = async (servicePrincipalId: string, groupId: string): Promise<boolean> =>
    (await groupAssignments(servicePrincipalId)).some((one) => one.principalId === groupId);

  return {
    findServicePrincipal,
    createServicePrincipal: async (clientId) => {
      await retryWhile(patience, isLagOrThere, async () => {
        if ((await findServicePrincipal(clientId)) !== undefined) return;
        await graph.request({
          operation: 'create the enterprise application',
          method: 'POST',
          path: '/servicePrincipals',
          body: { appId: clientId, tags: [LISTED_TAG] },
        });
      });
      return waitFor(patience, 'the enterprise application', () => findServicePrincipal(clientId));
    },
    enableServicePrincipal: async (objectId, enabled) => {
      const path = pathOf('servicePrincipals', objectId);
      if ((await waitFor(patience, 'the enterprise application', () => find(path))).enabled === enabled)
        return;
      await retryWhile(patience, isLag, () =>
        graph.request({
          operation: 'change the enterprise application',
          method: 'PATCH',
          path,
          body: { accountEnabled: enabled },
        }),
      );
      await waitFor(patience, 'the changed enterprise application', async () =>
        (await find(path))?.enabled === enabled ? true : undefined,
      );
    },
    deleteServicePrincipal: async (objectId) => {
      const path = pathOf('servicePrincipals', objectId);
      await graph.find({ operation: 'delete the enterprise application', method: 'DELETE', path });
      await waitFor(patience, 'that the enterprise application is gone', async () =>
        (await find(path)) === undefined ? true : undefined,
      );
    },
    restoreServicePrincipal: (objectId) =>
      restoreDeleted(
        graph,
        patience,
        { operation: 'restore the enterprise application', objectId, what: 'the enterprise application' },
        async () => (await find(pathOf('servicePrincipals', objectId))) !== undefined,
      ),
    listAssignedGroups: async (servicePrincipalId) =>
      (await groupAssignments(servicePrincipalId)).flatMap(({ principalId }) => principalId ?? []),
    assignGroup: async (servicePrincipalId, groupId) => {
      await retryWhile(patience, isLag, async () => {
        if (await isAssigned(servicePrincipalId, groupId)) return;
        await graph.request({
          operation: 'assign the group to the application',
          method: 'POST',
          path: pathOf('servicePrincipals', servicePrincipalId, 'appRoleAssignedTo'),
          body: { principalId: groupId, resourceId: servicePrincipalId, appRoleId: DEFAULT_ROLE },
        });
      });
      await waitFor(patience, 'the assignment of the group', async () =>
        (await isAssigned(servicePrincipalId, groupId)) ? true : undefined,
      );
    },
    mayAssignGroups: async () => {
      const { roles } = await graph.identity();
      return ASSIGNING.every((oneOf) => oneOf.some((name) => roles.includes(name)));
    },
    unassignGroup: async (servicePrincipalId, groupId) => {
      const assigned = await groupAssignments(servicePrincipalId);
      for (const one of assigned.filter(({ principalId }) => principalId === groupId)) {
        await graph.find({
          operation: 'unassign the group from the application',
          method: 'DELETE',
          path: pathOf('servicePrincipals', servicePrincipalId, 'appRoleAssignedTo', requireId(one)),
        });
      }
      await waitFor(patience, 'that the group is no longer assigned', async () =>
        (await isAssigned(servicePrincipalId, groupId)) ? undefined : true,
      );
    },
  };
}

function observedServicePrincipal(found: ServicePrincipal): ObservedServicePrincipal {
  return {
    objectId: requireId(found),
    enabled: found.accountEnabled ?? undefined,
    assignmentRequired: found.appRoleAssignmentRequired ?? undefined,
  };
}

// One that somebody else has just made is refused as a duplicate before it can be found.
function isLagOrThere(thrown: unknown): boolean {
  return isLag(thrown) || (thrown instanceof GraphRefusal && thrown.code === 'entra.name-taken');
}

/** @see https://learn.microsoft.com/graph/api/serviceprincipal-list-approleassignedto */
async function listGroupAssignments(graph: Graph, servicePrincipalId: string): Promise<AppRoleAssignment[]> {
  const all = await graph.list<AppRoleAssignment>({
    operation: 'list the groups assigned to the application',
    method: 'GET',
    path: pathOf('servicePrincipals', servicePrincipalId, 'appRoleAssignedTo'),
    query: { $top: '999' },
  });
  return all.filter(({ principalType }) => principalType === 'Group');
}
