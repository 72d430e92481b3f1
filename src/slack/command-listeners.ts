import type { App } from '@slack/bolt';
import { askForAccess } from './access/access-listeners.ts';
import { openToPerson, revokeAll, takeBreakGlass, tellGrants } from './access/grant-commands.ts';
import { linkByHand } from './access/link-command.ts';
import { commandActor } from './actors.ts';
import { tellStory } from './audit/story-listeners.ts';
import { tellAudit } from './audit/verify-audit.ts';
import type { SlackMessage } from './blocks/blocks.ts';
import { type Command, type KnownNames, nearestOf, parseCommand } from './commands.ts';
import type { Front } from './front.ts';
import type { Guard } from './guard.ts';
import { type Actor, replyPrivately } from './reply-privately.ts';
import { askForRotation } from './secrets/rotation-listeners.ts';
import { openSetup } from './setup/setup-listeners.ts';
import { tellAdmins } from './status/admin-listeners.ts';
import { lookingAt, tellDoctor, tellSecrets, tellStatus } from './status/status-listeners.ts';
import {
  helpMessage,
  incompleteMessage,
  sentence,
  unknownClusterMessage,
  unknownCommandMessage,
} from './teaching.ts';
import { openTeardown } from './teardown/teardown-listeners.ts';

const COMMAND = '/kasten';
// What only full members may do.
const CHANGES = new Set<Command['kind']>([
  'setup',
  'rotate',
  'teardown',
  'access',
  'revoke',
  'break-glass',
  'open-break-glass',
  'link',
]);

/** Listens to `/kasten ...`: the acknowledgement comes first and needs nothing but memory. */
export function listenToCommands(app: App, front: Front, guard: Guard): void {
  app.command(COMMAND, async ({ command, ack, respond }) => {
    const known = namesOf(front);
    const parsed = parseCommand(command.text, known);
    const unknown = clustersIn(parsed).find((cluster) => !known.clusters.includes(cluster));
    const answer =
      unknown === undefined
        ? immediateAnswer(parsed)
        : unknownClusterMessage(unknown, known.clusters, nearestOf(unknown, known.clusters));
    // Names of clusters are nothing for somebody of another company, who hears so below.
    if (answer === undefined || command.team_id !== front.teamId) await ack();
    else await ack({ response_type: 'ephemeral', ...answer });
    const actor = commandActor(command, respond);
    await guard.run(`${COMMAND} ${parsed.kind}`, actor, CHANGES.has(parsed.kind), async () => {
      if (unknown === undefined) await carryOn(front, actor, command.trigger_id, parsed);
    });
  });
}

function namesOf({ world: { rules } }: Front): KnownNames {
  return {
    clusters: rules.clusters.map(({ name }) => name),
    levels: rules.accessLevels.map(({ name }) => name),
  };
}

/** The clusters a command names; one that access is asked for is looked at in the form. */
function clustersIn(command: Command): readonly string[] {
  switch (command.kind) {
    case 'setup':
      return command.clusters;
    case 'teardown':
    case 'status':
    case 'who':
    case 'rotate':
      return command.cluster === undefined ? [] : [command.cluster];
    case 'audit-of':
      return 'cluster' in command.of ? [command.of.cluster] : [];
    default:
      return [];
  }
}

function immediateAnswer(command: Command): SlackMessage | undefined {
  switch (command.kind) {
    case 'help':
      return helpMessage(command.more);
    case 'unknown':
      return unknownCommandMessage(command.word, command.nearest);
    case 'incomplete':
      return incompleteMessage(command.lacks, command.usage);
    case 'status':
      return lookingAt(command.cluster);
    case 'secrets':
      return sentence('Reading secrets and certificates in Entra.');
    case 'doctor':
      return sentence('Checking Slack, Entra, Helm, the clusters and Redis.');
    default:
      return undefined;
  }
}

async function carryOn(front: Front, actor: Actor, triggerId: string, command: Command): Promise<void> {
  switch (command.kind) {
    case 'setup':
      return openSetup(front, actor, triggerId, command.clusters);
    case 'teardown':
      return openTeardown(front, actor, triggerId, command.cluster);
    case 'status':
      return tellStatus(front, actor, command.cluster);
    case 'who':
      return tellAdmins(front, actor, command.cluster);
    case 'rotate':
      return askForRotation(front, actor, command.cluster);
    case 'doctor':
      return tellDoctor(front, actor);
    case 'secrets':
      return tellSecrets(front, actor);
    case 'access':
      return askForAccess(front, actor, triggerId, command.wish);
    case 'audit-verify':
      return tellAudit(front, actor);
    default: {
      const answer = await answerTo(front, actor, command);
      if (answer !== undefined) await replyPrivately(front, actor, answer);
    }
  }
}

async function answerTo(front: Front, actor: Actor, command: Command): Promise<SlackMessage | undefined> {
  switch (command.kind) {
    case 'grants':
      return tellGrants(front, actor, command.all);
    case 'revoke':
      return revokeAll(front, actor, command);
    case 'break-glass':
      return takeBreakGlass(front, actor, command);
    case 'open-break-glass':
      return openToPerson(front, actor, command);
    case 'link':
      return linkByHand(front, actor, command);
    case 'audit-of':
      return tellStory(front, actor, command);
    default:
      return undefined;
  }
}
