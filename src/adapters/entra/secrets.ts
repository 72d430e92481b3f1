import type { PasswordCredential } from '@microsoft/microsoft-graph-types';
import { Secret } from '../../domain/secret.ts';
import type { Directory, NewSecret } from '../../ports/directory.ts';
import { required } from './answers.ts';
import { readSecretPolicy } from './app-management.ts';
import type { Graph } from './graph.ts';
import { isLag } from './graph-problem.ts';
import { pathOf } from './odata.ts';
import { type Patience, retryWhile, waitFor } from './time.ts';

type SecretMethods = Pick<Directory, 'secretPolicy' | 'addSecret' | 'removeSecret'>;

/** Client secrets of app registrations. */
export function createSecrets(graph: Graph, patience: Patience): SecretMethods {
  const keyIds = async (applicationId: string): Promise<readonly string[] | undefined> => {
    const application = await graph.find<{ passwordCredentials?: PasswordCredential[] }>({
      operation: 'find the application',
      method: 'GET',
      path: pathOf('applications', applicationId),
      query: { $select: 'id,passwordCredentials' },
    });
    return application?.passwordCredentials?.flatMap(({ keyId }) => keyId ?? []);
  };
  const remove = async (applicationId: string, keyId: string): Promise<void> => {
    await graph.request({
      operation: 'remove a client secret',
      method: 'POST',
      path: pathOf('applications', applicationId, 'removePassword'),
      body: { keyId },
    });
  };

  return {
    secretPolicy: (applicationId) => readSecretPolicy(graph, applicationId, patience.time.now()),
    addSecret: async (applicationId, wanted) => {
      const added = await retryWhile(patience, isLag, () => add(graph, applicationId, wanted));
      try {
        await waitFor(patience, 'the new client secret', async () =>
          (await keyIds(applicationId))?.includes(added.keyId) ? true : undefined,
        );
      } catch (thrown) {
        // Nobody would ever know its value again, so it must not stay.
        await remove(applicationId, added.keyId).catch(() => undefined);
        throw thrown;
      }
      return added;
    },
    removeSecret: async (applicationId, keyId) => {
      if (!(await keyIds(applicationId))?.includes(keyId)) return;
      try {
        await remove(applicationId, keyId);
      } catch (thrown) {
        if (await stillThere(keyIds, applicationId, keyId)) throw thrown;
      }
      await waitFor(patience, 'that the client secret is gone', async () =>
        (await stillThere(keyIds, applicationId, keyId)) ? undefined : true,
      );
    },
  };
}

async function stillThere(
  keyIds: (applicationId: string) => Promise<readonly string[] | undefined>,
  applicationId: string,
  keyId: string,
): Promise<boolean> {
  return (await keyIds(applicationId))?.includes(keyId) === true;
}

/** @see https://learn.microsoft.com/graph/api/application-addpassword - the value is shown this once only */
async function add(
  graph: Graph,
  applicationId: string,
  wanted: { displayName: string; endsAt: string },
): Promise<NewSecret> {
  const credential = await graph.request<PasswordCredential>({
    operation: 'add a client secret',
    method: 'POST',
    path: pathOf('applications', applicationId, 'addPassword'),
    body: { passwordCredential: { displayName: wanted.displayName, endDateTime: wanted.endsAt } },
  });
  return {
    keyId: required(credential?.keyId, 'keyId'),
    hint: credential?.hint ?? null,
    endsAt: required(credential?.endDateTime, 'endDateTime'),
    secret: new Secret(required(credential?.secretText, 'secretText')),
  };
}
