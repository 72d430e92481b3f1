import { randomUUID } from 'node:crypto';
import { graphTime } from '../clock.ts';
import { type Entry, textOf } from '../directory.ts';
import type { World } from '../world.ts';
import type { Caller } from './caller.ts';
import { typeName } from './defaults.ts';

/** Writes an event to the directory's audit log, newest first. */
export function audit(world: World, caller: Caller, activity: string, target: Entry, other?: Entry): void {
  world.directory.audits.unshift({
    id: `Directory_${randomUUID()}`,
    category: target.kind === 'group' ? 'GroupManagement' : 'ApplicationManagement',
    correlationId: randomUUID(),
    result: 'success',
    resultReason: '',
    activityDisplayName: activity,
    activityDateTime: graphTime(world.clock.now()),
    loggedByService: 'Core Directory',
    operationType: activity.split(' ')[0] ?? '',
    initiatedBy: {
      user: null,
      app: {
        appId: caller.clientId,
        displayName: caller.displayName,
        servicePrincipalId: caller.servicePrincipalId,
        servicePrincipalName: null,
      },
    },
    targetResources: [target, ...(other ? [other] : [])].map((entry) => ({
      id: entry.id,
      displayName: textOf(entry.properties, 'displayName') ?? null,
      type: typeName(entry.kind),
      userPrincipalName: textOf(entry.properties, 'userPrincipalName') ?? null,
      modifiedProperties: [],
    })),
    additionalDetails: [],
  });
}
