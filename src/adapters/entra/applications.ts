import type { Application } from '@microsoft/microsoft-graph-types';
import type { ObservedApplication } from '../../domain/setup/setup.ts';
import type { Directory } from '../../ports/directory.ts';
import {
  APPLICATION_SELECT,
  mergedApplication,
  newApplication,
  observedApplication,
  sameSettings,
} from './application-settings.ts';
import { restoreDeleted } from './deleted-items.ts';
import type { Graph } from './graph.ts';
import { isLag } from './graph-problem.ts';
import { byKey, pathOf } from './odata.ts';
import { type Patience, retryWhile, waitFor } from './time.ts';

type ApplicationMethods = Pick<
  Directory,
  | 'findApplication'
  | 'createApplication'
  | 'updateApplication'
  | 'deleteApplication'
  | 'restoreApplication'
  | 'listCertificates'
>;

/** App registrations by their unique name; deleted ones that Entra keeps for 30 days are not seen. */
export function createApplications(graph: Graph, patience: Patience): ApplicationMethods {
  const read = (path: string): Promise<Application | undefined> =>
    graph.find({
      operation: 'find the application',
      method: 'GET',
      path,
      query: { $select: APPLICATION_SELECT },
    });
  const findApplication = async (uniqueName: string): Promise<ObservedApplication | undefined> => {
    const application = await read(byKey('applications', 'uniqueName', uniqueName));
    return application === undefined ? undefined : observedApplication(application);
  };
  const updateApplication: Directory['updateApplication'] = async (objectId, settings) => {
    const path = pathOf('applications', objectId);
    const current = await waitFor(patience, 'the application', () => read(path));
    if (sameSettings(observedApplication(current).settings, settings)) return;
    const body = mergedApplication(current, settings);
    await retryWhile(patience, isLag, () =>
      graph.request({ operation: 'change the application', method: 'PATCH', path, body }),
    );
    await waitFor(patience, 'the changed application', async () => {
      const seen = await read(path);
      if (seen === undefined) return undefined;
      return sameSettings(observedApplication(seen).settings, settings) ? true : undefined;
    });
  };

  return {
    findApplication,
    updateApplication,
    createApplication: async (uniqueName, settings) => {
      const there = await findApplication(uniqueName);
      if (there === undefined) {
        // https://learn.microsoft.com/graph/api/application-upsert
        await graph.request({
          operation: 'create the application',
          method: 'PATCH',
          path: byKey('applications', 'uniqueName', uniqueName),
          headers: { Prefer: 'create-if-missing' },
          body: newApplication(settings),
        });
      } else {
        await updateApplication(there.objectId, settings);
      }
      return waitFor(patience, `the application ${settings.displayName}`, async () => {
        const seen = await findApplication(uniqueName);
        return seen !== undefined && sameSettings(seen.settings, settings) ? seen : undefined;
      });
    },
    deleteApplication: async (objectId) => {
      const path = pathOf('applications', objectId);
      await graph.find({ operation: 'delete the application', method: 'DELETE', path });
      await waitFor(patience, 'that the application is gone', async () =>
        (await read(path)) === undefined ? true : undefined,
      );
    },
    // Apart from the rest: Graph allows few requests that name this property in $select.
    listCertificates: async (objectId) => {
      const application = await graph.find<Application>({
        operation: 'find the application',
        method: 'GET',
        path: pathOf('applications', objectId),
        query: { $select: 'id,keyCredentials' },
      });
      return application?.keyCredentials?.flatMap(({ keyId, displayName }) =>
        keyId == null ? [] : [{ keyId, name: displayName ?? null }],
      );
    },
    restoreApplication: (objectId) =>
      restoreDeleted(
        graph,
        patience,
        { operation: 'restore the application', objectId, what: 'the application' },
        async () => (await read(pathOf('applications', objectId))) !== undefined,
      ),
  };
}
