import type { FastifyRequest } from 'fastify';
import type { Entry, Properties } from '../directory.ts';
import type { World } from '../world.ts';
import { hasAny } from './caller.ts';
import { readGroups, readRolesAndUnits } from './permissions.ts';
import { page, readQuery } from './query.ts';
import { showMember } from './show.ts';

/**
 * Everything that an object is in: groups, directory roles, administrative units. Of a kind that the caller may not read,
 * Graph shows the type and the ID.
 * @see https://learn.microsoft.com/graph/api/group-list-transitivememberof
 * @see https://learn.microsoft.com/graph/permissions-overview#limited-information-returned-for-inaccessible-member-objects
 */
export function transitiveMemberOf(world: World, request: FastifyRequest, entry: Entry): object {
  const { directory } = world;
  const query = readQuery(request);
  const names = query.select ?? ['id', 'displayName'];
  const shown = (object: Properties, visible: boolean): Properties => ({
    ...Object.fromEntries(names.map((name) => [name, visible ? (object[name] ?? null) : null])),
    '@odata.type': object['@odata.type'],
    id: object['id'],
  });
  const groups = [...directory.groupsOf(entry.id)]
    .flatMap((id) => directory.entries.get(id) ?? [])
    .map((group) => shown(showMember(group, request.caller, names), hasAny(request.caller, readGroups)));
  const others = directory
    .rolesAndUnitsOf(entry.id)
    .map(({ type, id, displayName }) =>
      shown(
        { '@odata.type': `#microsoft.graph.${type}`, id, displayName },
        hasAny(request.caller, readRolesAndUnits[type]),
      ),
    );
  return page(request, world.url, 'directoryObjects', [...groups, ...others], {
    ...query,
    select: undefined,
  });
}
