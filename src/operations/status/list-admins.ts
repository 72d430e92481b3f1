import { isLive } from '../../domain/access/grant.ts';
import { atEndOf } from '../../domain/requests/policy.ts';
import { type AdminPath, foreignPaths } from '../../domain/setup/admin-paths.ts';
import type { ObservedSetup, SetupSpec } from '../../domain/setup/setup.ts';
import type { World } from '../../ports/world.ts';
import { forEachConcurrently } from '../../workflows/requests/for-each-concurrently.ts';
import { lastSetup } from '../../workflows/setup/last-setup.ts';
import { observeSetup } from '../../workflows/setup/observe.ts';
import { proposedSpec } from '../../workflows/setup/proposed-spec.ts';
import { setupJob } from '../../workflows/setup/setup-job.ts';
import { observedPaths, pathView } from '../../workflows/status/admin-views.ts';
import type {
  AdminPerson,
  ClusterAdmins,
  GroupPeople,
  LevelAdmins,
} from '../../workflows/status/admins-report.ts';

type Ports = Pick<
  World,
  | 'rules'
  | 'directory'
  | 'signIn'
  | 'openCluster'
  | 'people'
  | 'requests'
  | 'grants'
  | 'links'
  | 'rosters'
  | 'acceptedAdmins'
  | 'discoveries'
  | 'clock'
>;

// Each name is a question to Graph.
const MOST_NAMED = 200;
const CONCURRENCY = 8;
// Entra sends the object IDs of groups, behind the prefix that K10 adds.
const OBJECT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Who can administer the K10 of a cluster now, and by which path; changes nothing.
 * @throws KastellanError where the cluster, the release or Entra cannot be looked at
 */
export async function listAdmins(world: Ports, cluster: string): Promise<ClusterAdmins> {
  const spec = (await lastSetup(world, cluster)) ?? (await proposedSpec(world, cluster));
  const [observed, accepted] = await Promise.all([
    observeSetup(setupJob(world, { id: 'who', cluster, spec })),
    world.acceptedAdmins.find(cluster),
  ]);
  const paths = observedPaths(spec, observed);
  const own = (origin: AdminPath['origin']): number => paths.filter((path) => path.origin === origin).length;
  const { breakGlass } = world.rules;
  return {
    cluster,
    levels: await levelAdmins(world, spec, observed, paths),
    others: await Promise.all(
      foreignPaths(paths).map(async (path) => {
        const members = await membersOf(world, spec, path);
        return { ...pathView(cluster, spec, path, accepted), ...(members !== undefined && { members }) };
      }),
    ),
    own: { k10: own('k10'), cluster: own('cluster'), kastellan: own('kastellan') },
    ...(breakGlass !== undefined && { breakGlass: { level: breakGlass.level, ...breakGlass.people } }),
    unseen: [
      ...observed.roleGrants.unseen,
      ...(observed.release.status === 'unrecorded'
        ? ['Helm has no record of this release, so how K10 signs people in is not known from its values.']
        : []),
    ],
  };
}

function levelAdmins(
  world: Pick<World, 'rules' | 'directory' | 'grants' | 'rosters'>,
  spec: SetupSpec,
  { levels }: ObservedSetup,
  paths: readonly AdminPath[],
): Promise<LevelAdmins[]> {
  const by = Map.groupBy(
    paths.filter(({ level }) => level !== undefined),
    ({ level }) => level ?? '',
  );
  return Promise.all(
    spec.levels.flatMap(({ level }) => {
      const own = by.get(level);
      const group = levels[level]?.group;
      if (own === undefined || group === undefined) return [];
      const roles = own.map(({ via }) => (via.by === 'binding' ? via.role.name : viaOfValues(via)));
      return [
        peopleIn(world, group.objectId, level).then((people) => ({
          level,
          group: group.displayName,
          roles: [...new Set(roles)],
          ...people,
        })),
      ];
    }),
  );
}

function viaOfValues(via: AdminPath['via']): string {
  return via.by === 'values' ? via.key : via.by;
}

// Only the provider of a group outside Entra knows its members.
async function membersOf(
  world: Pick<World, 'rules' | 'directory' | 'grants' | 'rosters'>,
  spec: SetupSpec,
  { subject }: AdminPath,
): Promise<GroupPeople | undefined> {
  const { groupPrefix } = spec.signIn;
  if (subject?.kind !== 'Group' || !subject.name.startsWith(groupPrefix)) return undefined;
  const objectId = subject.name.slice(groupPrefix.length);
  if (!OBJECT_ID.test(objectId)) return undefined;
  const group = await world.directory.findGroup({ objectId }).catch(() => undefined);
  return group === undefined ? undefined : peopleIn(world, group.objectId);
}

async function peopleIn(
  world: Pick<World, 'rules' | 'directory' | 'grants' | 'rosters'>,
  groupId: string,
  level?: string,
): Promise<GroupPeople> {
  const [ids, roster, live] = await Promise.all([
    world.directory.listAllMembers(groupId),
    world.rosters.find(groupId),
    world.grants.live(),
  ]);
  const grants = live.filter((grant) => isLive(grant) && grant.group.objectId === groupId);
  // If the members are managed elsewhere, they belong there.
  const kept = level !== undefined && atEndOf(world.rules, level) === 'binding';
  const people = await forEachConcurrently(
    ids.slice(0, MOST_NAMED),
    CONCURRENCY,
    async (id): Promise<AdminPerson[]> => {
      const person = await world.directory.findPerson(id);
      // A group inside the group: its members are among the ids.
      if (person === undefined) return [];
      const grant = grants.find((one) => one.person.objectId === id);
      const belongs = kept || roster?.has(id) === true;
      const how =
        grant !== undefined && !belongs
          ? { until: grant.endsAt, breakGlass: grant.breakGlass }
          : belongs
            ? ('standing' as const)
            : ('unaccounted' as const);
      return [{ name: person.name, disabled: !person.enabled, how }];
    },
  );
  return {
    people: people.flat().toSorted((a, b) => a.name.localeCompare(b.name)),
    more: Math.max(0, ids.length - MOST_NAMED),
  };
}
