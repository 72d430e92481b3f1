import { createHash } from 'node:crypto';
import { isJsonObject, type JsonObject, objectAt } from '../json.ts';
import { type AdminPower, adminPower, isAdminRole } from './admin-power.ts';
import { prefixedGroup, roleName } from './naming.ts';
import type { K10Place, ObservedRoleGrants, RbacSubject, RoleGrant, RoleRef } from './role-grants.ts';
import type { LevelSpec, ObservedLevel, SetupSpec } from './setup.ts';

/** By what somebody administers K10. */
export type AdminVia =
  | {
      readonly by: 'binding';
      readonly kind: RoleGrant['binding']['kind'];
      readonly name: string;
      /** Of a RoleBinding outside K10's namespace. */
      readonly namespace?: string;
      readonly madeBy: RoleGrant['binding']['madeBy'];
      readonly role: RoleRef;
      readonly power: AdminPower;
      /** Whether the binding names nobody else. */
      readonly alone: boolean;
    }
  /** K10's chart binds whom this value names. */
  | { readonly by: 'values'; readonly key: ValueKey }
  /** `none`: nobody has to sign in; `basicAuth`: a password, and no rights are looked at. */
  | { readonly by: 'sign-in'; readonly mode: 'none' | 'basicAuth' };

type ValueKey = 'auth.k10AdminUsers' | 'auth.k10AdminGroups' | 'auth.groupAllowList';

/**
 * Whose doing a path is. `level`: an access level of Kastellan; `kastellan`: Kastellan's own accounts; `k10`: K10's own
 * accounts; `cluster`: components of Kubernetes and its administrators; `other`: somebody else made it.
 */
type AdminOrigin = 'level' | 'kastellan' | 'k10' | 'cluster' | 'other';

/** One way in which somebody can administer K10. */
export interface AdminPath {
  /** Twelve hex digits that stand for just this subject by just this path: what operators accept. */
  readonly id: string;
  /** Undefined for whoever reaches the dashboard, or knows its password. */
  readonly subject: RbacSubject | undefined;
  readonly via: AdminVia;
  readonly origin: AdminOrigin;
  /** The access level, for origin `level`. */
  readonly level?: string;
  /** Whether everybody, or every workload of the cluster, is let in by it. */
  readonly everybody: boolean;
}

/** What paths are found from. */
export interface AdminSources {
  readonly spec: Pick<SetupSpec, 'release' | 'namespace' | 'levels' | 'signIn'>;
  readonly levels: Readonly<Record<string, Pick<ObservedLevel, 'group'>>>;
  readonly roleGrants: ObservedRoleGrants;
  /** The release's user values; undefined if they are not known. */
  readonly values: JsonObject | undefined;
}

const ALL_ACCOUNTS = new Set([
  'system:authenticated',
  'system:unauthenticated',
  'system:serviceaccounts',
  'system:anonymous',
]);
// K10's chart binds this group whatever the values say: https://docs.kasten.io/latest/access/authorization
const K10_ADMINS = 'k10:admins';
const SIGN_IN_MODES = ['oidcAuth', 'basicAuth', 'tokenAuth', 'openshift', 'ldap'] as const;

/** Every way in which somebody can administer this K10 now, one for each subject of each binding. */
export function adminPaths(sources: AdminSources): AdminPath[] {
  const { spec, roleGrants } = sources;
  const levels = levelSubjects(sources);
  const accounts = k10Accounts(roleGrants, spec);
  const bound = roleGrants.grants.flatMap((grant) => {
    const power = adminPower(grant, spec);
    if (power === undefined) return [];
    return grant.subjects.map((subject) => boundPath(sources, { grant, power, subject, levels, accounts }));
  });
  return [...signInPaths(sources.values), ...unique(bound)];
}

/** Paths that somebody has to decide on: Kastellan did not make them, and they are no part of K10 or Kubernetes. */
export function foreignPaths(paths: readonly AdminPath[]): AdminPath[] {
  return paths.filter(({ origin }) => origin === 'other');
}

interface Bound {
  readonly grant: RoleGrant;
  readonly power: AdminPower;
  readonly subject: RbacSubject;
  readonly levels: readonly LevelSubject[];
  /** Keys of K10's own service accounts. */
  readonly accounts: ReadonlySet<string>;
}

function boundPath(sources: AdminSources, { grant, power, subject, levels, accounts }: Bound): AdminPath {
  const { binding, role, subjects } = grant;
  const key = binding.madeBy === 'k10' ? valueKey(sources.values, subject) : undefined;
  const via: AdminVia =
    key === undefined
      ? { by: 'binding', ...binding, role, power, alone: subjects.length === 1 }
      : { by: 'values', key };
  const level = levels.find(
    ({ subject: group, roles }) =>
      subject.kind === 'Group' &&
      subject.name === group &&
      roles.has(roleKey(key === undefined ? role : roleName(sources.spec.release, 'admin'))),
  );
  return {
    id: idOf(subject, via),
    subject,
    via,
    origin: level === undefined ? originOf(sources, grant, subject, accounts) : 'level',
    ...(level !== undefined && { level: level.level }),
    everybody: ALL_ACCOUNTS.has(subject.name),
  };
}

function originOf(
  { roleGrants, spec }: AdminSources,
  grant: RoleGrant,
  subject: RbacSubject,
  accounts: ReadonlySet<string>,
): AdminOrigin {
  if (ALL_ACCOUNTS.has(subject.name)) return 'other';
  if (roleGrants.ownAccounts.includes(userName(subject))) return 'kastellan';
  if (accounts.has(userName(subject))) return 'k10';
  if (grant.binding.madeBy === 'k10' && subject.kind === 'Group' && subject.name === K10_ADMINS) return 'k10';
  // Nothing of Kubernetes itself needs a role of K10.
  return isOfKubernetes(subject) && !isAdminRole(grant, spec) ? 'cluster' : 'other';
}

function isOfKubernetes({ kind, name, namespace }: RbacSubject): boolean {
  if (kind === 'ServiceAccount') return namespace === 'kube-system';
  if (/^system:serviceaccounts?:/.test(name)) return /^system:serviceaccounts?:kube-system(:|$)/.test(name);
  return name.startsWith('system:');
}

/** By what name the API server knows an account: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#service-account-tokens */
function userName({ kind, name, namespace }: RbacSubject): string {
  if (kind === 'ServiceAccount') return `system:serviceaccount:${namespace ?? ''}:${name}`;
  return kind === 'Group' ? `group ${name}` : name;
}

// What else these are bound to adds nothing to what they may do already.
function k10Accounts({ grants }: ObservedRoleGrants, { namespace }: K10Place): ReadonlySet<string> {
  const own = grants
    .filter(({ binding }) => binding.madeBy === 'k10')
    .flatMap(({ subjects }) => subjects)
    .filter((subject) => subject.kind === 'ServiceAccount' && subject.namespace === namespace);
  return new Set(own.map(userName));
}

interface LevelSubject {
  readonly level: string;
  /** By what name Kubernetes knows the level's group. */
  readonly subject: string;
  readonly roles: ReadonlySet<string>;
}

function levelSubjects({ spec, levels }: AdminSources): LevelSubject[] {
  return spec.levels.flatMap(({ level, roles }: LevelSpec) => {
    const group = levels[level]?.group;
    if (group === undefined) return [];
    const subject = prefixedGroup(spec.signIn.groupPrefix, group.objectId);
    return [{ level, subject, roles: new Set(roles.map((role) => roleKey(roleName(spec.release, role)))) }];
  });
}

function roleKey({ kind, name }: RoleRef): string {
  return `${kind} ${name}`;
}

// The chart binds groupAllowList only while k10AdminGroups names nobody.
function valueKey(values: JsonObject | undefined, { kind, name }: RbacSubject): ValueKey | undefined {
  const auth = objectAt(values ?? {}, 'auth');
  const has = (key: string): boolean => namesIn(auth, key).includes(name);
  if (kind === 'User' && has('k10AdminUsers')) return 'auth.k10AdminUsers';
  if (kind !== 'Group') return undefined;
  if (has('k10AdminGroups')) return 'auth.k10AdminGroups';
  return has('groupAllowList') ? 'auth.groupAllowList' : undefined;
}

function namesIn(auth: JsonObject, key: string): string[] {
  const list = auth[key];
  return Array.isArray(list) ? list.map(String) : [];
}

function signInPaths(values: JsonObject | undefined): AdminPath[] {
  if (values === undefined) return [];
  const auth = objectAt(values, 'auth');
  const on = SIGN_IN_MODES.filter((mode) => isJsonObject(auth[mode]) && auth[mode]['enabled'] === true);
  const mode = on.length === 0 ? 'none' : on.includes('basicAuth') ? 'basicAuth' : undefined;
  if (mode === undefined) return [];
  const via: AdminVia = { by: 'sign-in', mode };
  return [{ id: idOf(undefined, via), subject: undefined, via, origin: 'other', everybody: mode === 'none' }];
}

// Whoever was accepted with one role, or by one binding, was not accepted with another.
function idOf(subject: RbacSubject | undefined, via: AdminVia): string {
  const { kind, name, namespace } = subject ?? {};
  const path =
    via.by === 'binding'
      ? [via.by, via.kind, via.name, via.role.kind, via.role.name, via.power]
      : [via.by, via.by === 'values' ? via.key : via.mode];
  const identity = JSON.stringify([kind ?? '', namespace ?? '', name ?? '', ...path]);
  return createHash('sha256').update(identity).digest('hex').slice(0, 12);
}

// The chart binds whom a value names to several roles at once.
function unique(paths: readonly AdminPath[]): AdminPath[] {
  return [...new Map(paths.map((path) => [path.id, path])).values()];
}
