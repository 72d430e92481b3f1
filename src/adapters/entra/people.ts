import type { User } from '@microsoft/microsoft-graph-types';
import { KastellanError } from '../../domain/errors.ts';
import type { EntraPerson } from '../../domain/person.ts';
import type { Directory } from '../../ports/directory.ts';
import { readEach, requireId } from './answers.ts';
import type { Graph } from './graph.ts';
import { odataText, pathOf } from './odata.ts';

const SELECT = 'id,displayName,mail,userPrincipalName,userType,accountEnabled';

/**
 * People by e-mail address or object ID.
 * What it returns throws KastellanError `entra.permission-missing`.
 */
export function createPeople(graph: Graph): Pick<Directory, 'findPeopleByEmail' | 'findPerson'> {
  return {
    findPerson: async (objectId) => {
      const user = await graph.find<User>({
        operation: 'find people',
        method: 'GET',
        path: pathOf('users', objectId),
        query: { $select: SELECT },
      });
      return user === undefined ? undefined : toPerson(user);
    },
    findPeopleByEmail: async (email) => {
      const literal = odataText(email);
      const users = await graph.list<User>({
        operation: 'find people',
        method: 'GET',
        path: '/users',
        query: {
          $filter: `mail eq ${literal} or userPrincipalName eq ${literal}`,
          $select: SELECT,
        },
      });
      // What was asked for is checked again: a wrong match would give somebody else the access.
      return readEach(
        users.filter((user) => has(user, email)),
        toPerson,
      );
    },
  };
}

function has(user: User, email: string): boolean {
  const wanted = email.toLowerCase();
  return [user.mail, user.userPrincipalName].some((address) => address?.toLowerCase() === wanted);
}

function toPerson(user: User): EntraPerson {
  if (typeof user.accountEnabled !== 'boolean') {
    throw new KastellanError({
      code: 'entra.permission-missing',
      message:
        'Entra does not tell Kastellan whether accounts are enabled: its identity lacks the Graph permission User.Read.All.',
      hint: 'Grant the application permission User.Read.All with admin consent; User.ReadBasic.All is not enough. /kasten doctor shows how.',
    });
  }
  const userPrincipalName = user.userPrincipalName ?? '';
  return {
    objectId: requireId(user),
    name: user.displayName ?? userPrincipalName,
    userPrincipalName,
    ...(typeof user.mail === 'string' && { mail: user.mail }),
    enabled: user.accountEnabled,
    guest: user.userType === 'Guest',
  };
}
