import { KastellanError } from '../../domain/errors.ts';
import type { GroupReview } from '../../domain/setup/setup.ts';
import type { Directory, DirectoryGroup } from '../../ports/directory.ts';

type Ports = Pick<
  Directory,
  'listGroupOwners' | 'readAccessPolicies' | 'listApplicationsOf' | 'listMemberOf'
>;

// Then Entra does not tell, which is no reason to refuse a set-up.
const UNTOLD = new Set(['entra.permission-missing', 'entra.licence-missing']);

/** Who owns a group that was chosen, what it is in, and what else is seen to use it. */
export async function reviewGroup(
  directory: Ports,
  { objectId, roleAssignable = false }: DirectoryGroup,
): Promise<GroupReview> {
  const [owners, policies, applications, memberOf] = await Promise.all([
    directory.listGroupOwners(objectId),
    untoldAsUndefined(() => policiesNaming(directory, objectId)),
    untoldAsUndefined(() => directory.listApplicationsOf(objectId)),
    untoldAsUndefined(() => directory.listMemberOf(objectId)),
  ]);
  return { owners, roleAssignable, policies, applications, memberOf };
}

async function policiesNaming(directory: Ports, groupId: string): Promise<string[]> {
  const { policies } = await directory.readAccessPolicies();
  return policies
    .filter(({ includeGroups, excludeGroups }) => [...includeGroups, ...excludeGroups].includes(groupId))
    .map(({ name }) => name);
}

async function untoldAsUndefined<Found>(read: () => Promise<Found>): Promise<Found | undefined> {
  try {
    return await read();
  } catch (thrown) {
    if (thrown instanceof KastellanError && UNTOLD.has(thrown.code)) return undefined;
    throw thrown;
  }
}
