import { isJsonObject, type JsonObject } from '../json.ts';
import type { EntraAccount } from '../person.ts';
import {
  type Change,
  change,
  type Difference,
  type NewMember,
  type Plan,
  type Sign,
} from '../requests/plan.ts';
import { type AdminPath, adminPaths, foreignPaths } from './admin-paths.ts';
import { planWords } from './admin-words.ts';
import { authNotes, authWarnings } from './auth-review.ts';
import { authDifferences, type CredentialValues, withSignIn } from './auth-values.ts';
import type { EntraFinding } from './entra-finding.ts';
import { entraFindings, findingText, mustBeAssigned } from './entra-findings.ts';
import { useText } from './group-use.ts';
import { handOverValues } from './hand-over.ts';
import { credentialSecretName, NEW_GROUP, prefixedGroup, type RoleName, redirectUri } from './naming.ts';
import type {
  ApplicationSettings,
  LevelSpec,
  MemberOf,
  NestedGroup,
  ObservedApplication,
  ObservedLevel,
  ObservedSecret,
  ObservedSetup,
  SetupSpec,
} from './setup.ts';

/** Who may keep a release, in words. */
export const RELEASE_MANAGERS = { operator: "K10's operator", 'argo-cd': 'Argo CD', flux: 'Flux' } as const;
const DAY_MS = 86_400_000;
const MOST_NAMES = 5;
const UNREAD_VALUES =
  'Kastellan cannot read the values of this release. If auth.groupAllowList names groups, add the groups of this set-up, and name the administrators of now in auth.k10AdminGroups; remove auth.oidcAuth.secretName.';
const READERS_RESTART =
  "Restarts K10's Deployments that read the secret: about a minute without the dashboard.";

/**
 * What has to change so that the cluster is as asked: an empty list of changes when it is.
 * @param now decides whether a client secret still counts
 */
export function planSetup(spec: SetupSpec, observed: ObservedSetup, now: Date): Plan {
  const plan = planChanges(spec, observed, now);
  const findings = entraFindings({ spec, observed, now });
  const textsOf = (weight: EntraFinding['weight']): string[] =>
    findings.filter((finding) => finding.weight === weight).map(findingText);
  const admins = planWords(otherAdmins(spec, observed));
  const warnings = [
    ...observed.warnings,
    ...spec.levels.flatMap((level) => groupWarnings(seen(observed, level))),
    ...valueWarnings(spec, observed),
    ...textsOf('warns'),
    ...admins.warnings,
  ];
  const mustAssign = mustBeAssigned(spec.signIn, observed.servicePrincipal);
  const details = spec.levels.flatMap((level) => reviewDetails(seen(observed, level)));
  return {
    ...plan,
    newMembers: spec.levels.flatMap((level) => newMembers(level, seen(observed, level), mustAssign)),
    notes: [...plan.notes, ...textsOf('notes'), ...admins.notes],
    ...(details.length > 0 && { details }),
    ...(warnings.length > 0 && { warnings }),
  };
}

// How K10 signs people in changes with the set-up, so only bindings are left.
function otherAdmins(spec: SetupSpec, { levels, roleGrants, release }: ObservedSetup): AdminPath[] {
  const paths = adminPaths({ spec, levels, roleGrants, values: release.values });
  return foreignPaths(paths).filter(({ via }) => via.by !== 'sign-in');
}

function planChanges(spec: SetupSpec, observed: ObservedSetup, now: Date): Plan {
  const credential = credentialChanges(spec, observed, now);
  const changes = [
    ...spec.levels.flatMap((level) =>
      levelChanges(level, seen(observed, level), mustBeAssigned(spec.signIn, observed.servicePrincipal)),
    ),
    ...applicationChanges(spec, observed),
    ...credential,
    ...spec.levels.flatMap((level) => bindingChanges(level, seen(observed, level), spec)),
  ];
  const release = releaseChange(spec, observed, credential.length > 0);
  const auth = release === undefined ? [] : releaseNotes(spec, observed);
  const groups = spec.levels.flatMap((level) => groupNotes(level, seen(observed, level)));
  const { managedBy } = observed.release;
  if (release === undefined) {
    return { changes, notes: [...(credential.length > 0 ? [READERS_RESTART] : []), ...groups] };
  }
  if (managedBy === undefined)
    return { changes: [...changes, release], notes: [...restartNotes(observed), ...auth, ...groups] };
  const by = RELEASE_MANAGERS[managedBy.by];
  return {
    changes,
    notes: [
      `The release is kept by ${by} (${managedBy.name}): Kastellan gives you the values to commit and does the rest.`,
      ...auth,
      ...groups,
    ],
    handOver: { keeper: by, values: handOverValues(release.differences) },
  };
}

function seen(observed: ObservedSetup, { level }: LevelSpec): ObservedLevel {
  return observed.levels[level] ?? { group: undefined, members: [], bindings: [], assigned: false };
}

// Who is in a chosen group gets in by it as those do who are put there.
function newMembers(
  { level }: LevelSpec,
  { members, group }: ObservedLevel,
  mustAssign: boolean,
): NewMember[] {
  const added = members
    .filter(({ present }) => !present)
    .map(({ objectId, name, slackUserId }) => ({ level, objectId, name, slackUserId }));
  const nested = nestedIn(group, mustAssign).flatMap((inner) => inner.people);
  const adopted = inOrder([...(group?.adopted ?? []), ...nested]);
  const found = adopted.map(({ objectId, name }) => ({ level, objectId, name }));
  // The first of each: with the Slack account of those who were asked for.
  return [...added, ...found].filter(
    ({ objectId }, index, all) => all.findIndex((other) => other.objectId === objectId) === index,
  );
}

function levelChanges(level: LevelSpec, observed: ObservedLevel, mustAssign: boolean): Change[] {
  const changes: Change[] = [];
  const missing = observed.members.filter((member) => !member.present);
  if ('existingId' in level.group) {
    const name = observed.group?.displayName ?? level.group.existingId;
    const also = (observed.group?.sharedWith ?? []).map((use) => ({ path: 'also', after: useText(use) }));
    const summary = `group ${name} (${level.level}), object ID ${level.group.existingId}`;
    changes.push(change(`group:${level.level}`, '=', 'entra', summary, also));
    changes.push(...adoptionChanges(level, observed, mustAssign));
  } else if (observed.group === undefined) {
    const { newName } = level.group;
    changes.push(
      change(`group:${level.level}`, '+', 'entra', `group ${newName}`, [
        { path: 'displayName', after: newName },
      ]),
    );
  }
  if (missing.length > 0) {
    // Of two accounts with the same name the one that was approved is added, and no other.
    const names = missing.map(memberDifference);
    const where =
      observed.group?.displayName ??
      ('newName' in level.group ? level.group.newName : level.group.existingId);
    changes.push(
      change(
        `members:${level.level}`,
        '+',
        'entra',
        `${people(missing.length)} in ${where}: ${named(missing)}`,
        names,
      ),
    );
  }
  if (mustAssign && !observed.assigned) {
    changes.push(
      change(
        `assignment:${level.level}`,
        '+',
        'entra',
        `assignment of the group for ${level.level} to the application`,
      ),
    );
  }
  return changes;
}

// A change of its own, so that it is in the digest as long as it is to be done, and no obstacle once it is. Members that the
// request names are left out: another cluster's run may have put them there since, which is what was approved.
function adoptionChanges(
  { level }: LevelSpec,
  { group, members }: ObservedLevel,
  mustAssign: boolean,
): Change[] {
  const asked = new Set(members.map(({ objectId }) => objectId));
  const adopted = inOrder(group?.adopted ?? []).filter(({ objectId }) => !asked.has(objectId));
  const nested = nestedIn(group, mustAssign);
  if (group === undefined || adopted.length + nested.length === 0) return [];
  const all = new Set(
    [...adopted, ...nested.flatMap((inner) => inner.people)].map(({ objectId }) => objectId),
  );
  const who = [...(adopted.length > 0 ? [named(adopted)] : []), ...nestedWords(nested)].join('; ');
  const summary = `${people(all.size)} of ${group.displayName}, there for good from now on: ${who}`;
  const differences = [...adopted.map(memberDifference), ...nested.flatMap(nestedDifferences)];
  return [change(`adopt:${level}`, '=', 'entra', summary, differences)];
}

// An assignment does not reach the people of groups inside the group.
function nestedIn(group: ObservedLevel['group'], mustAssign: boolean): NestedGroup[] {
  return mustAssign ? [] : inOrder(group?.nested ?? []);
}

function nestedWords(nested: readonly NestedGroup[]): string[] {
  const words = nested
    .slice(0, MOST_NAMES)
    .map((inner) => `${people(inner.people.length)} of the group ${inner.name} inside it`);
  const more = nested.length - words.length;
  return more > 0 ? [...words, `and ${more} more groups`] : words;
}

function nestedDifferences(group: NestedGroup): Difference[] {
  const inside = inOrder(group.people).map((account) => ({
    path: `members of ${group.name}`,
    after: accountText(account),
  }));
  return [{ path: 'members', after: `group ${accountText(group)}` }, ...inside];
}

// Entra lists members in any order; the digest must not depend on it.
function inOrder<T extends EntraAccount>(accounts: readonly T[]): T[] {
  return accounts.toSorted((a, b) => a.name.localeCompare(b.name) || a.objectId.localeCompare(b.objectId));
}

function memberDifference(account: EntraAccount): Difference {
  return { path: 'members', after: accountText(account) };
}

function accountText({ name, objectId }: EntraAccount): string {
  return `${name} (${objectId})`;
}

function groupNotes(level: LevelSpec, observed: ObservedLevel): string[] {
  return [...adoptionNotes(level, observed), ...reviewNotes(observed), ...sharedNotes(level, observed)];
}

// What Graph tells of who else uses a chosen group, and that it does not tell the rest.
function reviewNotes({ group }: ObservedLevel): string[] {
  if (group?.review === undefined) return [];
  const { owners, policies, applications, memberOf } = group.review;
  const owned =
    owners.length === 0
      ? `${group.displayName} has no owner whom Entra shows.`
      : `${group.displayName} is owned by ${named(owners)}, who can put people into it without an approval here.`;
  return [
    owned,
    memberOfWords(memberOf),
    `${policyWords(policies)} ${applicationWords(applications)} Azure roles, directory roles that are only eligible or hold in one administrative unit, and applications that read groups by themselves are not in this: check those before you approve.`,
  ];
}

// All of those of whom the notes and warnings name some.
function reviewDetails({ group }: ObservedLevel): string[] {
  if (group?.review === undefined) return [];
  const { owners, applications = [], memberOf } = group.review;
  const lists: readonly (readonly [string, readonly EntraAccount[]])[] = [
    ['owners', owners],
    ['applications', applications],
    ['directory roles', memberOf?.directoryRoles ?? []],
    ['administrative units', memberOf?.administrativeUnits ?? []],
    ['groups that contain it', memberOf?.groups ?? []],
  ];
  return lists
    .filter(([, accounts]) => accounts.length > MOST_NAMES)
    .map(([what, accounts]) => `${group.displayName}, ${what}: ${accounts.map(accountText).join(', ')}`);
}

function memberOfWords(memberOf: MemberOf | undefined): string {
  if (memberOf === undefined)
    return 'Which directory roles, administrative units and groups it is in could not be read.';
  const { directoryRoles, administrativeUnits, groups } = memberOf;
  const roles =
    directoryRoles.length === 0 ? 'It has no active directory role' : 'Its directory roles stand above';
  const units =
    administrativeUnits.length === 0
      ? 'is in no administrative unit'
      : `is in the administrative unit ${named(administrativeUnits)}, whose administrators may change its members`;
  const parents =
    groups.length === 0 ? 'in no other group' : `in the group ${named(groups)}, so its members are, too`;
  return `${roles}; it ${units}, and ${parents}.`;
}

function policyWords(policies: readonly string[] | undefined): string {
  if (policies === undefined) return 'Kastellan may not read whether Conditional Access names it.';
  if (policies.length === 0) return 'No Conditional Access policy names it.';
  return `Conditional Access names it in ${policies.join(', ')}.`;
}

function applicationWords(applications: readonly EntraAccount[] | undefined): string {
  if (applications === undefined) return 'Which applications it is assigned to could not be read.';
  if (applications.length === 0) return 'It is assigned to no other application.';
  return `It is assigned to ${named(applications)}, to which whoever is in it gets in, too.`;
}

function groupWarnings({ group }: ObservedLevel): string[] {
  if (group?.review === undefined) return [];
  const { roleAssignable, memberOf } = group.review;
  const roles = memberOf?.directoryRoles ?? [];
  if (roles.length > 0) {
    return [
      `${group.displayName} has the directory ${roles.length === 1 ? 'role' : 'roles'} ${named(roles)}: each of its members administers Entra by that. Choose a group without one.`,
    ];
  }
  if (!roleAssignable) return [];
  return [
    `Directory roles can be assigned to ${group.displayName}: its members may administer Entra, and whoever can change it decides on that, too.`,
  ];
}

// After the loss of Kastellan's memory that may be somebody whose time was to end: it must not go on for good unsaid.
function adoptionNotes({ level }: LevelSpec, { group }: ObservedLevel): string[] {
  if (group === undefined || group.adopted.length === 0) return [];
  const who = `${named(inOrder(group.adopted))}, who ${group.adopted.length === 1 ? 'is' : 'are'}`;
  return [
    `${who} in ${group.displayName} now, will get in as ${level} for good: take people who have it for a time only out by hand before.`,
  ];
}

const NAMED_SHARES = 5;

// Who approves has to know that this makes two clusters one for whoever is given access for a time.
function sharedNotes({ level }: LevelSpec, { group }: ObservedLevel): string[] {
  if (group === undefined || group.sharedWith.length === 0) return [];
  const { sharedWith } = group;
  // Each of very many stands among the differences; here they would hide what it means.
  const others =
    sharedWith.length > NAMED_SHARES ? `${sharedWith.length} others` : sharedWith.map(useText).join(' and ');
  return [
    `${group.displayName}, the group for ${level}, is also that of ${others}: access for a time on one of them is access on all of them, until the last such grant ends.`,
  ];
}

function applicationChanges(spec: SetupSpec, observed: ObservedSetup): Change[] {
  const desired = desiredApplication(spec, observed.application);
  const changes: Change[] = [];
  if (observed.application === undefined) {
    const summary = `app ${desired.displayName}, redirect ${redirectUri(spec)}`;
    changes.push(change('application', '+', 'entra', summary, settingDifferences(undefined, desired)));
  } else {
    const differences = settingDifferences(observed.application.settings, desired);
    if (differences.length > 0)
      changes.push(change('application', '~', 'entra', `app ${desired.displayName}`, differences));
  }
  if (observed.servicePrincipal === undefined) {
    changes.push(
      change('service-principal', '+', 'entra', `enterprise application of ${desired.displayName}`),
    );
  } else if (observed.servicePrincipal.enabled === false) {
    changes.push(
      change(
        'service-principal',
        '~',
        'entra',
        `enterprise application of ${desired.displayName}, which is switched off`,
        [{ path: 'accountEnabled', before: 'false', after: 'true' }],
      ),
    );
  }
  return changes;
}

/** The application's settings as they should be; redirect URIs that others added stay. */
export function desiredApplication(
  spec: SetupSpec,
  existing: ObservedApplication | undefined,
): ApplicationSettings {
  const uri = redirectUri(spec);
  const others = (uris: readonly string[] = []): string[] => uris.filter((other) => other !== uri);
  const settings = existing?.settings;
  return {
    displayName: spec.applicationName,
    redirectUris: [...others(settings?.redirectUris), uri].toSorted(),
    spaRedirectUris: others(settings?.spaRedirectUris),
    publicRedirectUris: others(settings?.publicRedirectUris),
    idTokens: true,
    accessTokens: false,
    groupClaims: spec.signIn.groupClaims,
    groupsInIdToken: true,
    groupOptions: [],
    audience: 'AzureADMyOrg',
    publicClient: false,
  };
}

/** Which settings of an app registration are not as they should be. */
export function settingDifferences(
  before: ApplicationSettings | undefined,
  after: ApplicationSettings,
): Difference[] {
  const text = (value: ApplicationSettings[keyof ApplicationSettings]): string =>
    Array.isArray(value) ? value.toSorted().join(', ') || '(none)' : String(value);
  return (Object.keys(after) as (keyof ApplicationSettings)[])
    .filter((key) => (before === undefined ? isSet(after[key]) : text(before[key]) !== text(after[key])))
    .map((key) => ({ path: key, ...(before && { before: text(before[key]) }), after: text(after[key]) }));
}

// Of something new only what is there is worth a line.
function isSet(value: ApplicationSettings[keyof ApplicationSettings]): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== false;
}

/** The client secret in use: the one the Kubernetes Secret names, if Entra still knows it and it has not ended. */
export function secretInUse(
  observed: Pick<ObservedSetup, 'application' | 'credential'>,
  now: Date,
): ObservedSecret | undefined {
  const { application, credential } = observed;
  if (application === undefined || credential?.clientId !== application.clientId || !credential.hasSecret)
    return undefined;
  const secret = application.secrets.find(({ keyId }) => keyId === credential.keyId);
  return secret !== undefined && Date.parse(secret.endsAt) > now.getTime() ? secret : undefined;
}

/** Days a new secret will live: as asked, or as long as the tenant allows. */
export function secretLifetimeDays(spec: SetupSpec, observed: Pick<ObservedSetup, 'secretPolicy'>): number {
  return Math.min(spec.secretLifetimeDays, observed.secretPolicy.maxLifetimeDays ?? Number.POSITIVE_INFINITY);
}

/** When a secret made at `from` ends, as ISO time. */
export function secretEnd(from: Date, days: number): string {
  return new Date(from.getTime() + days * DAY_MS).toISOString();
}

function credentialChanges(spec: SetupSpec, observed: ObservedSetup, now: Date): Change[] {
  if (secretInUse(observed, now) !== undefined) return [];
  const days = secretLifetimeDays(spec, observed);
  const cut = days < spec.secretLifetimeDays ? `, the longest this tenant allows` : '';
  const name = credentialSecretName(spec.release);
  const sign: Sign = observed.credential === undefined ? '+' : '~';
  const stored = `Secret ${spec.namespace}/${name} with the client's credentials`;
  return [
    change('secret', '+', 'entra', `client secret valid ${days} days${cut}`, [
      { path: 'lifetime', after: `${days} days` },
    ]),
    change('credential', sign, 'kubernetes', stored, [{ path: 'client-secret', after: '(secret)' }]),
  ];
}

function bindingChanges(level: LevelSpec, observed: ObservedLevel, spec: SetupSpec): Change[] {
  return observed.bindings
    .filter((binding) => binding.existing === undefined)
    .flatMap(({ role, tooWide }) => {
      const namespace = role.kind === 'Role' ? spec.namespace : role.boundIn;
      const where = namespace === undefined ? '' : ` (${namespace})`;
      const summary = `${bindingKind(role)} for ${level.level}: ${groupName(level, observed)} -> ${role.name}${where}`;
      const id = `binding:${level.level}:${role.name}`;
      const made = change(id, '+', 'kubernetes', summary, [
        { path: 'subject', after: subjectOf(spec, observed.group) },
      ]);
      if (tooWide === undefined) return [made];
      const gone = `ClusterRoleBinding ${tooWide} of an earlier Kastellan, which gives ${role.name} in the whole cluster`;
      return [made, change(`${id}:too-wide`, '-', 'kubernetes', gone)];
    });
}

// The name by which Kubernetes and K10 know the group.
function subjectOf({ signIn }: SetupSpec, group: ObservedLevel['group']): string {
  return prefixedGroup(signIn.groupPrefix, group?.objectId ?? NEW_GROUP);
}

function groupName({ group }: LevelSpec, observed: ObservedLevel): string {
  if (observed.group !== undefined) return observed.group.displayName;
  return 'newName' in group ? group.newName : group.existingId;
}

function bindingKind(role: RoleName): string {
  return role.kind === 'Role' || role.boundIn !== undefined ? 'RoleBinding' : 'ClusterRoleBinding';
}

function releaseChange(spec: SetupSpec, observed: ObservedSetup, newSecret: boolean): Change | undefined {
  const { release } = observed;
  const differences = releaseDifferences(spec, observed, newSecret);
  if (differences.length === 0) return undefined;
  const off = differences
    .filter(({ path, before, after }) => path.endsWith('.enabled') && before === 'true' && after === 'false')
    .map(({ path }) => path.split('.')[1]);
  const values = `auth (${differences.length} ${differences.length === 1 ? 'value' : 'values'})`;
  const switched = off.length > 0 ? `, ${off.join(' and ')} off` : '';
  return change(
    'release',
    '~',
    'helm',
    `${spec.release} ${release.chartVersion}, stays at that version: ${values}${switched}`,
    differences,
  );
}

// The credential's own values are known only after it was made, so a plan shows that they will be set, not what to.
function releaseDifferences(spec: SetupSpec, observed: ObservedSetup, newSecret: boolean): Difference[] {
  const { release, application } = observed;
  const credential = release.knowsSecretReference
    ? { clientSecretName: credentialSecretName(spec.release) }
    : { clientID: application?.clientId ?? '<the new application>', clientSecret: '' };
  const differences = authDifferences(release.values, valuesAfter(spec, observed, credential));
  if (release.knowsSecretReference) return differences;
  const others = differences.filter(({ path }) => path !== 'auth.oidcAuth.clientSecret');
  return release.inlineSecretCurrent && !newSecret
    ? others
    : [...others, { path: 'auth.oidcAuth.clientSecret', after: '(secret)' }];
}

/** The values that the release will have; groups that are still to be made stand there by a placeholder. */
export function valuesAfter(
  spec: SetupSpec,
  observed: ObservedSetup,
  credential: CredentialValues,
): JsonObject {
  const { release } = observed;
  const groups = spec.levels.map((level) => subjectOf(spec, seen(observed, level).group));
  return withSignIn(release.values, spec, release, credential, groups);
}

function valueWarnings(spec: SetupSpec, observed: ObservedSetup): string[] {
  const groups = spec.levels.map((level) => {
    const known = seen(observed, level);
    const subject = subjectOf(spec, known.group);
    return { level: level.level, name: groupName(level, known), subject };
  });
  return authWarnings(observed.release.values, spec.signIn.scopes, groups);
}

function releaseNotes(spec: SetupSpec, observed: ObservedSetup): string[] {
  const { release } = observed;
  if (release.status === 'unrecorded') return [UNREAD_VALUES];
  const after = valuesAfter(spec, observed, { clientSecretName: credentialSecretName(spec.release) });
  return authNotes(release.values, after);
}

/** What an upgrade of K10 restarts, and what that disturbs. */
export function restartNotes(observed: Pick<ObservedSetup, 'deployments' | 'runningActions'>): string[] {
  const running =
    observed.runningActions === 0 ? 'none' : `${observed.runningActions}, which the restart interrupts`;
  return [
    `Restarts all of K10's pods (${observed.deployments.length} Deployments): a few minutes without the dashboard. Running backups and restores: ${running}.`,
  ];
}

/** `Ada, Ben and 3 more`: a card has room for some names only. */
export function named(members: readonly EntraAccount[]): string {
  const names = members.slice(0, MOST_NAMES).map(({ name }) => name);
  const more = members.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

/** `1 member`, `2 members`. */
export function people(count: number): string {
  return count === 1 ? '1 member' : `${count} members`;
}

/** Whether K10 signs people in through this tenant already, as its values say. */
export function signsInThroughEntra(spec: SetupSpec, observed: ObservedSetup): boolean {
  const auth = observed.release.values['auth'];
  const oidc = isJsonObject(auth) ? auth['oidcAuth'] : undefined;
  // With secretName, K10 reads its provider from another Secret.
  return (
    isJsonObject(oidc) &&
    oidc['enabled'] === true &&
    oidc['providerURL'] === spec.providerUrl &&
    !oidc['secretName']
  );
}
