import { createHash } from 'node:crypto';
import { type Entry, isProperties, listOf, objectOf, type Properties, textOf } from '../directory.ts';
import type { World } from '../world.ts';

const maxGroups = 200;

/**
 * What the ID token says about a person to one application.
 * @see https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
 */
export function idTokenClaims(world: World, user: Entry, clientId: string, scope: string): Properties {
  const application = world.directory.application(clientId);
  const scopes = new Set(scope.split(' '));
  const optional = optionalNames(application);
  const { displayName, mail, userPrincipalName } = user.properties;
  const withProfile = scopes.has('profile');
  const withEmail = (scopes.has('email') || optional.has('email')) && mail;
  return {
    oid: user.id,
    tid: world.directory.tenantId,
    ver: '2.0',
    ...(withProfile ? { name: displayName, preferred_username: userPrincipalName } : {}),
    ...(withEmail ? { email: mail } : {}),
    ...(optional.has('upn') ? { upn: userPrincipalName } : {}),
    ...groupClaims(world, user, application),
  };
}

/** Another identifier for the same person in every application, which cannot be traced back. */
export function pairwiseSubject(world: World, userId: string, clientId: string): string {
  return createHash('sha256').update(`${world.directory.tenantId} ${clientId} ${userId}`).digest('base64url');
}

function optionalClaims(application: Entry | undefined): Properties[] {
  const claims = objectOf(application?.properties ?? {}, 'optionalClaims');
  return listOf(claims, 'idToken').filter(isProperties);
}

function optionalNames(application: Entry | undefined): Set<string> {
  return new Set(optionalClaims(application).map((claim) => String(claim['name'])));
}

function groupClaims(world: World, user: Entry, application: Entry | undefined): Properties {
  const mode = new Set(
    (textOf(application?.properties ?? {}, 'groupMembershipClaims') ?? 'None').split(/\s*,\s*/),
  );
  const groups = mode.has('SecurityGroup') || mode.has('All') ? securityGroups(world, user) : undefined;
  const assigned = mode.has('ApplicationGroup') ? assignedGroups(world, user, application) : undefined;
  const chosen = groups ?? assigned;
  if (!chosen || chosen.length === 0) return {};
  // Too many groups for a token: it carries an address to ask instead.
  if (chosen.length > maxGroups) {
    const endpoint = `${world.url}/v1.0/users/${user.id}/getMemberObjects`;
    return { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint } } };
  }
  const options = groupOptions(application);
  const values = chosen.flatMap((group) => groupValues(group, options, groups === undefined));
  if (values.length === 0) return {};
  return options.has('emit_as_roles') ? { roles: values } : { groups: values };
}

/**
 * How a group stands in a token. Names from on-premises are there for groups that came from there only, and display names
 * only where the application asks for its own groups.
 * @see https://learn.microsoft.com/entra/identity-platform/optional-claims#configure-groups-optional-claims
 */
function groupValues(
  { id, properties }: Entry,
  options: ReadonlySet<string>,
  assignedOnly: boolean,
): string[] {
  if (assignedOnly && options.has('cloud_displayname')) return [String(properties['displayName'])];
  const account = textOf(properties, 'onPremisesSamAccountName');
  const domains: readonly (readonly [string, string | undefined])[] = [
    ['dns_domain_and_sam_account_name', textOf(properties, 'onPremisesDomainName')],
    ['netbios_domain_and_sam_account_name', textOf(properties, 'onPremisesNetBiosName')],
  ];
  const domain = domains.find(([option]) => options.has(option));
  if (domain !== undefined) return account === undefined ? [] : [`${domain[1] ?? ''}\\${account}`];
  if (options.has('sam_account_name')) return account === undefined ? [] : [account];
  return [id];
}

function securityGroups(world: World, user: Entry): Entry[] {
  const groups = [...world.directory.groupsOf(user.id)].flatMap(
    (id) => world.directory.entries.get(id) ?? [],
  );
  return groups.filter((group) => group.properties['securityEnabled'] !== false);
}

/** Only groups that are assigned to the application and that contain the person directly. */
function assignedGroups(world: World, user: Entry, application: Entry | undefined): Entry[] {
  const principal = world.directory.servicePrincipal(String(application?.properties['appId']));
  const ids = world.directory.assignments
    .filter((one) => one.resourceId === principal?.id && one.principalType === 'Group')
    .map((one) => one.principalId);
  return [...new Set(ids)]
    .flatMap((id) => world.directory.entries.get(id) ?? [])
    .filter((group) => group.members.has(user.id));
}

function groupOptions(application: Entry | undefined): Set<string> {
  const claim = optionalClaims(application).find((one) => one['name'] === 'groups');
  return new Set(claim === undefined ? [] : listOf(claim, 'additionalProperties').map(String));
}
