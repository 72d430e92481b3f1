import { randomUUID } from 'node:crypto';
import { graphTime } from '../clock.ts';
import type { Entry } from '../directory.ts';
import { conditionalAccess } from '../graph/policies.ts';
import type { World } from '../world.ts';
import type { StsProblem } from './sts-problem.ts';

/** Writes an interactive sign-in to the log that Graph shows, newest first. */
export function logSignIn(world: World, user: Entry, clientId: string, failure?: StsProblem): void {
  const application = world.directory.application(clientId);
  const applied = conditionalAccess(world)
    .filter((policy) => policy['state'] === 'enabled')
    .map((policy) => ({
      id: policy['id'],
      displayName: policy['displayName'],
      enforcedGrantControls: ['Mfa'],
      enforcedSessionControls: [],
      result: failure ? 'failure' : 'success',
    }));
  const access = failure ? 'failure' : 'success';
  world.directory.signIns.unshift({
    id: randomUUID(),
    createdDateTime: graphTime(world.clock.now()),
    userId: user.id,
    userDisplayName: user.properties['displayName'],
    userPrincipalName: user.properties['userPrincipalName'],
    appId: clientId,
    appDisplayName: application?.properties['displayName'] ?? null,
    ipAddress: '127.0.0.1',
    clientAppUsed: 'Browser',
    correlationId: randomUUID(),
    conditionalAccessStatus: applied.length === 0 ? 'notApplied' : access,
    appliedConditionalAccessPolicies: applied,
    isInteractive: true,
    status: {
      errorCode: failure?.code ?? 0,
      failureReason: failure ? failure.message.replace(/^AADSTS\d+: /, '') : 'Other.',
      additionalDetails: null,
    },
  });
}
