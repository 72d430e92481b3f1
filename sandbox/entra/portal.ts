import type { Entry, Properties } from './directory.ts';
import { auditPerson } from './graph/audit.ts';
import { grantConsent } from './sts/consent.ts';
import type { World } from './world.ts';

const ADMINISTRATOR = { displayName: 'Olga Administrator', userPrincipalName: 'olga@contoso.example' };

/** What an administrator does by hand in Entra's portal, with its trace in the audit log. */
export interface Portal {
  /** Who does it, as the audit log has them. */
  readonly administrator: string;
  addMember(groupId: string, personId: string): void;
  removeMember(groupId: string, personId: string): void;
  deletePerson(personId: string): void;
  /** Changes an enterprise application: `{ appRoleAssignmentRequired: true }`. */
  changePrincipal(clientId: string, properties: Properties): void;
  /** Changes an app registration. */
  changeApplication(clientId: string, properties: Properties): void;
  /** Consents for everybody. */
  consents(clientId: string, scopes: readonly string[]): void;
  /**
   * Takes somebody out of the recycle bin, with what they were a member of.
   * @see https://techcommunity.microsoft.com/blog/microsoft-entra-blog/keeping-track-of-object-deletions-in-microsoft-entra-id/4053415
   */
  restorePerson(personId: string): void;
}

function known(found: Entry | undefined): Entry {
  if (!found) throw new Error('The tenant has no such application.');
  return found;
}

export function openPortal(world: Pick<World, 'directory' | 'clock'>): Portal {
  const { directory } = world;
  const memberships = new Map<string, readonly Entry[]>();
  const entry = (id: string): Entry => {
    const found = directory.entries.get(id);
    if (!found) throw new Error(`There is nothing with the ID ${id} in the tenant.`);
    return found;
  };
  const did = (activity: string, ...targets: readonly Entry[]): void =>
    auditPerson(world, ADMINISTRATOR, activity, targets);
  return {
    administrator: ADMINISTRATOR.displayName,
    addMember(groupId, personId) {
      const [group, person] = [entry(groupId), entry(personId)];
      group.members.add(person.id);
      did('Add member to group', person, group);
    },
    removeMember(groupId, personId) {
      const [group, person] = [entry(groupId), entry(personId)];
      group.members.delete(person.id);
      did('Remove member from group', person, group);
    },
    deletePerson(personId) {
      const person = entry(personId);
      memberships.set(
        person.id,
        directory.all('group').filter(({ members }) => members.has(person.id)),
      );
      directory.softDelete(person);
      did('Delete user', person);
    },
    changePrincipal(clientId, properties) {
      const principal = known(directory.servicePrincipal(clientId));
      principal.properties = { ...principal.properties, ...properties };
      did('Update service principal', principal);
    },
    changeApplication(clientId, properties) {
      const application = known(directory.application(clientId));
      application.properties = { ...application.properties, ...properties };
      did('Update application', application);
    },
    consents(clientId, scopes) {
      const principal = known(directory.servicePrincipal(clientId));
      grantConsent(world, principal, scopes);
      did('Consent to application', principal);
    },
    restorePerson(personId) {
      const person = directory.deleted.get(personId);
      if (!person) throw new Error(`There is nobody with the ID ${personId} in the recycle bin.`);
      delete person.deletedDateTime;
      directory.deleted.delete(personId);
      directory.entries.set(personId, person);
      for (const { id } of memberships.get(personId) ?? []) directory.entries.get(id)?.members.add(personId);
      did('Restore user', person);
    },
  };
}
