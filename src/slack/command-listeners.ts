import type { App } from '@slack/bolt';
import type { SlackMessage } from './cards/blocks.ts';
import { escapeTyped } from './cards/escape.ts';
import { helpMessage, sentence, unknownClusterMessage, unknownCommandMessage } from './cards/teaching.ts';
import { type Command, parseCommand } from './commands.ts';
import type { Front } from './front.ts';
import type { Guard } from './guard.ts';
import { askForRotation } from './rotation-listeners.ts';
import { openSetup } from './setup-listeners.ts';
import { tellAudit, tellDoctor, tellStatus } from './status-listeners.ts';
import { openTeardown } from './teardown-listeners.ts';
import { commandVisitor } from './visitors.ts';
import type { Visitor } from './whisper.ts';

const COMMAND = '/kasten';
const CHANGING: ReadonlySet<Command['kind']> = new Set(['setup', 'rotate', 'teardown']);

/** Listens to `/kasten ...`: the acknowledgement comes first and needs nothing but memory. */
export function listenToCommands(app: App, front: Front, guard: Guard): void {
  app.command(COMMAND, async ({ command, ack, respond }) => {
    const parsed = parseCommand(command.text);
    const answer = immediateAnswer(front, parsed);
    if (answer === undefined) await ack();
    else await ack({ response_type: 'ephemeral', ...answer });
    const visitor = commandVisitor(command, respond);
    await guard.run(`${COMMAND} ${parsed.kind}`, visitor, CHANGING.has(parsed.kind), () =>
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
    case 'audit-verify':
      return undefined;
  }
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
    case 'audit-verify':
      return tellAudit(front, visitor);
    default:
      return;
  }
}
