import type { Shut } from '../../domain/access/break-glass.ts';
import type { Request } from '../../domain/requests/request.ts';
import type { Policy } from '../../domain/requests/rules.ts';
import type { World } from '../../ports/world.ts';
import { findSamePerson } from './same-person.ts';

type Ports = Pick<World, 'rules' | 'breakGlass' | 'directory' | 'people' | 'links' | 'grants'>;

/** Whether some level is given without an approval. */
export function hasOpenLevel({ accessLevels }: Policy): boolean {
  return accessLevels.some(({ access }) => access.required === 0);
}

/**
 * The revoke since which a request that needs no approval needs one: of the person who asks, or of the one who would get
 * access; undefined if there is none, or an operator has opened it again.
 */
export async function findRevoke(world: Ports, request: Request): Promise<Shut | undefined> {
  if (request.kind !== 'access' || request.required > 0 || request.spec.breakGlass === true) return undefined;
  const named = [...new Set([request.asker, request.spec.beneficiary])];
  const people = await Promise.all(named.map((one) => findSamePerson(world, one)));
  const ids = [...new Set(people.flatMap(({ slackUserIds }) => slackUserIds))];
  const records = await Promise.all(ids.map((id) => world.breakGlass.find(id)));
  return records.find((record) => record?.shut !== undefined)?.shut;
}
