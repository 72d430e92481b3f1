import type {
  Application,
  DirectoryObject,
  KeyCredential,
  PasswordCredential,
  User,
} from '@microsoft/microsoft-graph-types';
import type { ApplicationCredentials, Credential } from '../../domain/secrets/credentials.ts';
import type { Directory, Owner } from '../../ports/directory.ts';
import { readEach, required, requireId } from './answers.ts';
import { type ChosenCredential, thumbprint } from './credential.ts';
import type { Graph } from './graph.ts';
import { pathOf } from './odata.ts';

// The largest page Graph gives of applications (https://learn.microsoft.com/graph/api/application-list).
const PAGE = '999';
const SELECT = 'id,appId,displayName,uniqueName,tags,passwordCredentials,keyCredentials';

type CredentialMethods = Pick<Directory, 'findCredentials' | 'listOwners' | 'listUnowned' | 'ownCredential'>;

/** What applications prove themselves with, and who answers for them. */
export function createCredentials(graph: Graph, chosen: ChosenCredential): CredentialMethods {
  return {
    findCredentials: async (wanted) => {
      const found: ApplicationCredentials[] = [];
      const pages = graph.pages<Application>({
        operation: 'read the credentials of applications',
        method: 'GET',
        path: '/applications',
        query: { $select: SELECT, $top: PAGE },
      });
      for await (const page of pages) found.push(...readEach(page, applicationCredentials).filter(wanted));
      return found;
    },
    listOwners: async (applicationId) => {
      const owners = await graph.list<DirectoryObject & User>({
        operation: 'read who owns the application',
        method: 'GET',
        path: pathOf('applications', applicationId, 'owners'),
        query: { $select: 'id,displayName,mail,userPrincipalName' },
      });
      return readEach(owners, toOwner);
    },
    listUnowned: async () => {
      const unowned = await graph.list<Application>({
        operation: 'read who owns the application',
        method: 'GET',
        path: '/applications',
        query: { $filter: 'owners/$count eq 0', $count: 'true', $select: 'id', $top: PAGE },
        // Without it Graph counts no owners (https://learn.microsoft.com/graph/aad-advanced-queries).
        headers: { ConsistencyLevel: 'eventual' },
      });
      return new Set(readEach(unowned, requireId));
    },
    ownCredential: async () => {
      if (chosen.ends === undefined) return undefined;
      const { clientId, kind, hint } = chosen.ends;
      return { clientId, kind, hint: await hint() };
    },
  };
}

function applicationCredentials(application: Application): ApplicationCredentials {
  return {
    objectId: requireId(application),
    clientId: required(application.appId, 'appId'),
    displayName: application.displayName ?? '',
    uniqueName: application.uniqueName ?? null,
    tags: application.tags ?? [],
    credentials: [
      ...readEach(application.passwordCredentials ?? [], secret),
      ...readEach(application.keyCredentials ?? [], certificate),
    ],
  };
}

function secret(credential: PasswordCredential): Credential {
  return { ...common(credential), kind: 'secret', hint: credential.hint ?? null };
}

function certificate(credential: KeyCredential): Credential {
  const { key, customKeyIdentifier } = credential;
  return {
    ...common(credential),
    kind: 'certificate',
    // The type says number, Graph sends base64.
    hint: key == null ? thumbprintIn(customKeyIdentifier) : thumbprint(Buffer.from(String(key), 'base64')),
  };
}

function common(credential: PasswordCredential | KeyCredential): Omit<Credential, 'kind' | 'hint'> {
  return {
    keyId: required(credential.keyId, 'keyId'),
    name: credential.displayName ?? null,
    startsAt: required(credential.startDateTime, 'startDateTime'),
    endsAt: required(credential.endDateTime, 'endDateTime'),
  };
}

function thumbprintIn(identifier: unknown): string | null {
  return typeof identifier === 'string'
    ? Buffer.from(identifier, 'base64').toString('hex').toUpperCase()
    : null;
}

function toOwner(owner: DirectoryObject & User): Owner {
  const { displayName, mail, userPrincipalName } = owner;
  return {
    name: displayName ?? userPrincipalName ?? requireId(owner),
    email: mail ?? userPrincipalName ?? undefined,
  };
}
