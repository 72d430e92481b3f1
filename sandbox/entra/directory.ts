import { randomUUID } from 'node:crypto';
import { type Clock, graphTime } from './clock.ts';
import type { Knobs } from './knobs.ts';

export type Kind = 'user' | 'group' | 'application' | 'servicePrincipal';
export type Properties = Record<string, unknown>;

/** One directory object. Its properties are in Graph's words and shapes. */
export interface Entry {
  readonly kind: Kind;
  readonly id: string;
  properties: Properties;
  /** Until then reads do not find it. Milliseconds since the epoch. */
  visibleAt: number;
  readonly owners: Set<string>;
  readonly members: Set<string>;
  deletedDateTime?: string;
}

export interface AppRoleAssignment {
  id: string;
  appRoleId: string;
  createdDateTime: string;
  principalId: string;
  principalType: string;
  principalDisplayName: string;
  resourceId: string;
  resourceDisplayName: string;
}

export interface FederatedCredential {
  id: string;
  name: string;
  issuer: string;
  subject: string;
  audiences: string[];
  description: string | null;
}

/** What a person, or an administrator for everybody, agreed to for an application. */
export interface PermissionGrant {
  id: string;
  clientId: string;
  consentType: 'AllPrincipals' | 'Principal';
  principalId: string | null;
  resourceId: string;
  scope: string;
}

/** A directory role or administrative unit that is in use, with the object IDs of its direct members. */
export interface RoleOrUnit {
  readonly type: 'directoryRole' | 'administrativeUnit';
  readonly id: string;
  readonly displayName: string;
  readonly members: Set<string>;
}

/** The part of a client secret that the directory never shows again. */
export interface SecretText {
  text: string;
  acceptedAt: number;
}

/** Everything the tenant knows. Routes read and write it; tests may look at it. */
export class Directory {
  readonly tenantId: string;
  readonly entries = new Map<string, Entry>();
  readonly deleted = new Map<string, Entry>();
  readonly assignments: AppRoleAssignment[] = [];
  readonly permissionGrants: PermissionGrant[] = [];
  readonly rolesAndUnits: RoleOrUnit[] = [];
  readonly federatedCredentials = new Map<string, FederatedCredential[]>();
  readonly secretTexts = new Map<string, SecretText>();
  readonly certificates = new Map<string, string[]>();
  readonly passwords = new Map<string, { password: string; mfaCode: string }>();
  readonly signIns: Properties[] = [];
  readonly audits: Properties[] = [];
  readonly #clock: Clock;
  readonly #knobs: Knobs;

  constructor(tenantId: string, clock: Clock, knobs: Knobs) {
    this.tenantId = tenantId;
    this.#clock = clock;
    this.#knobs = knobs;
  }

  /** Adds an object; it becomes visible when the replication lag is over. */
  add(kind: Kind, properties: Properties, id: string = randomUUID()): Entry {
    const now = this.#clock.now();
    const entry: Entry = {
      kind,
      id,
      // Service principals have no time of creation in v1.0.
      properties:
        kind === 'servicePrincipal' ? properties : { createdDateTime: graphTime(now), ...properties },
      visibleAt: now.getTime() + this.#knobs.replicationLagMs,
      owners: new Set(),
      members: new Set(),
    };
    this.entries.set(id, entry);
    return entry;
  }

  isVisible(entry: Entry): boolean {
    return entry.visibleAt <= this.#clock.now().getTime();
  }

  /** All objects of a kind, those under replication lag included. */
  all(kind: Kind): Entry[] {
    return [...this.entries.values()].filter((entry) => entry.kind === kind);
  }

  /** The objects of a kind that a reader sees now. */
  visible(kind: Kind): Entry[] {
    return this.all(kind).filter((entry) => this.isVisible(entry));
  }

  /** Looks an object up by a property, lag or not; comparisons ignore case, as Entra's do. */
  findBy(kind: Kind, property: string, value: string): Entry | undefined {
    const wanted = value.toLowerCase();
    return this.all(kind).find((entry) => String(entry.properties[property] ?? '').toLowerCase() === wanted);
  }

  application(clientId: string): Entry | undefined {
    return this.findBy('application', 'appId', clientId);
  }

  servicePrincipal(clientId: string): Entry | undefined {
    return this.findBy('servicePrincipal', 'appId', clientId);
  }

  /** Moves an object to the deleted items and takes it out of every relation. */
  softDelete(entry: Entry): void {
    entry.deletedDateTime = graphTime(this.#clock.now());
    this.entries.delete(entry.id);
    this.deleted.set(entry.id, entry);
    for (const other of this.entries.values()) {
      other.members.delete(entry.id);
      other.owners.delete(entry.id);
    }
    for (const { members } of this.rolesAndUnits) members.delete(entry.id);
    const kept = this.assignments.filter(
      (one) => one.principalId !== entry.id && one.resourceId !== entry.id,
    );
    this.assignments.splice(0, this.assignments.length, ...kept);
  }

  /** The groups that contain the object, nested ones included. */
  groupsOf(id: string): Set<string> {
    const found = new Set<string>();
    const queue = [id];
    for (let current = queue.pop(); current !== undefined; current = queue.pop()) {
      for (const group of this.all('group')) {
        if (group.members.has(current) && !found.has(group.id)) {
          found.add(group.id);
          queue.push(group.id);
        }
      }
    }
    return found;
  }

  /**
   * Puts an object into a directory role or an administrative unit, which is made if it is not there. As in Entra, a
   * group can have a role only if it was made for that.
   */
  putInto(type: RoleOrUnit['type'], displayName: string, entry: Entry): void {
    if (
      type === 'directoryRole' &&
      entry.kind === 'group' &&
      entry.properties['isAssignableToRole'] !== true
    ) {
      throw new Error(`No role can be assigned to the group ${textOf(entry.properties, 'displayName')}.`);
    }
    const known = this.rolesAndUnits.find((one) => one.type === type && one.displayName === displayName);
    const holder = known ?? { type, id: randomUUID(), displayName, members: new Set() };
    if (known === undefined) this.rolesAndUnits.push(holder);
    holder.members.add(entry.id);
  }

  /**
   * The roles and units of an object, those of the groups around it included. A unit holds its own members only, and
   * a role counts for who is in its groups.
   */
  rolesAndUnitsOf(id: string): RoleOrUnit[] {
    const holding = new Set([id, ...this.groupsOf(id)]);
    return this.rolesAndUnits.filter(({ type, members }) =>
      type === 'directoryRole' ? [...members].some((member) => holding.has(member)) : members.has(id),
    );
  }

  /** The object IDs inside a group, nested ones included. */
  transitiveMembers(group: Entry): Set<string> {
    const found = new Set<string>();
    const queue = [...group.members];
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      if (found.has(id)) continue;
      found.add(id);
      const entry = this.entries.get(id);
      if (entry?.kind === 'group') queue.push(...entry.members);
    }
    return found;
  }
}

/** A text property, or undefined if it is missing or something else. */
export function textOf(properties: Properties, name: string): string | undefined {
  const value = properties[name];
  return typeof value === 'string' ? value : undefined;
}

/** A list property, or an empty list. */
export function listOf(properties: Properties, name: string): unknown[] {
  const value = properties[name];
  return Array.isArray(value) ? value : [];
}

/** An object property, or an empty object. */
export function objectOf(properties: Properties, name: string): Properties {
  const value = properties[name];
  return isProperties(value) ? value : {};
}

export function isProperties(value: unknown): value is Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
