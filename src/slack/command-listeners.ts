import type { App } from '@slack/bolt';
import { askForAccess } from './access-listeners.ts';
import type { SlackMessage } from './cards/blocks.ts';
import { escapeTyped } from './cards/escape.ts';
import {
  helpMessage,
  incompleteMessage,
  sentence,
  unknownClusterMessage,
  unknownCommandMessage,
} from './cards/teaching.ts';
import { type Command, type KnownNames, parseCommand } from './commands.ts';
import type { Front } from './front.ts';
import { revokeAll, takeBreakGlass, tellGrants } from './grant-commands.ts';
import type { Guard } from './guard.ts';
import { askForRotation } from './rotation-listeners.ts';
import { openSetup } from './setup-listeners.ts';
import { tellAudit, tellDoctor, tellStatus } from './status-listeners.ts';
import { openTeardown } from './teardown-listeners.ts';
import { commandVisitor } from './visitors.ts';
import { type Visitor, whisper } from './whisper.ts';

const COMMAND = '/kasten';
// What only full members may do.
const CHANGES = new Set<Command['kind']>(['setup', 'rotate', 'teardown', 'access', 'revoke', 'break-glass']);

/** Listens to `/kasten ...`: the acknowledgement comes first and needs nothing but memory. */
export function listenToCommands(app: App, front: Front, guard: Guard): void {
  app.command(COMMAND, async ({ command, ack, respond }) => {
    const parsed = parseCommand(command.text, namesOf(front));
    const answer = immediateAnswer(front, parsed);
    if (answer === undefined) await ack();
    else await ack({ response_type: 'ephemeral', ...answer });
    const visitor = commandVisitor(command, respond);
    await guard.run(`${COMMAND} ${parsed.kind}`, visitor, CHANGES.has(parsed.kind), () =>
      carryOn(front, visitor, command.trigger_id, parsed),
    );
  });
}

function immediateAnswer({ world }: Front, command: Command): SlackMessage | undefined {
  switch (command.kind) {
    case 'help':
      return helpMessage(command.more);
    case 'unknown':
      return unknownCommandMessage(command.word, command.nearest);
    case 'setup':
    case 'teardown':
    case 'status':
    case 'rotate':
      if (unknownCluster(world.rules.clusters, command)) {
        const known = world.rules.clusters.map(({ name }) => name);
        return unknownClusterMessage(command.cluster ?? '', known);
      }
      return command.kind === 'status'
        ? sentence(`Looking at ${escapeTyped(command.cluster ?? 'all clusters')}.`)
        : undefined;
    case 'doctor':
      return sentence('Checking Slack, Entra, Helm, the clusters and Redis.');
    case 'incomplete':
      return incompleteMessage(command.lacks, command.usage);
    default:
      return undefined;
  }
}

function namesOf({ world: { rules } }: Front): KnownNames {
  return {
    clusters: rules.clusters.map(({ name }) => name),
    levels: rules.accessLevels.map(({ name }) => name),
  };
}

function unknownCluster(known: readonly { name: string }[], { cluster }: { cluster?: string }): boolean {
  return cluster !== undefined && !known.some(({ name }) => name === cluster);
}

async function carryOn(front: Front, visitor: Visitor, triggerId: string, command: Command): Promise<void> {
  const clusters = front.world.rules.clusters;
  switch (command.kind) {
    case 'setup':
      if (!unknownCluster(clusters, command)) await openSetup(front, visitor, triggerId, command.cluster);
      return;
    case 'teardown':
      if (!unknownCluster(clusters, command)) await openTeardown(front, visitor, triggerId, command.cluster);
      return;
    case 'status':
      if (!unknownCluster(clusters, command)) await tellStatus(front, visitor, command.cluster);
      return;
    case 'rotate':
      if (!unknownCluster(clusters, command)) await askForRotation(front, visitor, command.cluster);
      return;
    case 'doctor':
      return tellDoctor(front, visitor);
    case 'access':
      return askForAccess(front, visitor, triggerId, command.wish);
    case 'grants':
      return whisper(front, visitor, await tellGrants(front, visitor, command.all));
    case 'revoke':
      return whisper(front, visitor, await revokeAll(front, visitor, command));
    case 'break-glass':
      return whisper(front, visitor, await takeBreakGlass(front, visitor, command));
    case 'audit-verify':
      return tellAudit(front, visitor);
    default:
      return;
  }
}
