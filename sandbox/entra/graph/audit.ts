import { randomUUID } from 'node:crypto';
import { type Clock, graphTime } from '../clock.ts';
import { type Directory, type Entry, type Properties, textOf } from '../directory.ts';
import type { World } from '../world.ts';
import type { Caller } from './caller.ts';
import { typeName } from './defaults.ts';

/** Writes an event to the directory's audit log, newest first. */
export function audit(world: World, caller: Caller, activity: string, target: Entry, other?: Entry): void {
  const app = {
    appId: caller.clientId,
    displayName: caller.displayName,
    servicePrincipalId: caller.servicePrincipalId,
    servicePrincipalName: null,
  };
  note(world, { user: null, app }, activity, [target, ...(other ? [other] : [])]);
}

/** The same for what a person did in the portal. */
export function auditPerson(
  world: Pick<World, 'directory' | 'clock'>,
  person: { readonly displayName: string; readonly userPrincipalName: string },
  activity: string,
  targets: readonly Entry[],
): void {
  note(world, { user: { id: randomUUID(), ...person, ipAddress: null }, app: null }, activity, targets);
}

function note(
  world: { readonly directory: Directory; readonly clock: Clock },
  initiatedBy: Properties,
  activity: string,
  targets: readonly Entry[],
): void {
  world.directory.audits.unshift({
    id: `Directory_${randomUUID()}`,
    category: targets.some(({ kind }) => kind === 'group') ? 'GroupManagement' : 'ApplicationManagement',
    correlationId: randomUUID(),
    result: 'success',
    resultReason: '',
    activityDisplayName: activity,
    activityDateTime: graphTime(world.clock.now()),
    loggedByService: 'Core Directory',
    operationType: activity.split(' ')[0] ?? '',
    initiatedBy,
    targetResources: targets.map((entry) => ({
      id: entry.id,
      displayName: textOf(entry.properties, 'displayName') ?? null,
      type: typeName(entry.kind),
      userPrincipalName: textOf(entry.properties, 'userPrincipalName') ?? null,
      modifiedProperties: [],
    })),
    additionalDetails: [],
  });
}
