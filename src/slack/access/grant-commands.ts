import { breakGlass } from '../../operations/access/break-glass.ts';
import { listGrants } from '../../operations/access/list-grants.ts';
import { openBreakGlass } from '../../operations/access/open-break-glass.ts';
import { revokePerson } from '../../operations/access/revoke-person.ts';
import { submissionOf } from '../actors.ts';
import type { SlackMessage } from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { clusterNames, person } from '../blocks/words.ts';
import type { Command } from '../commands.ts';
import type { Front } from '../front.ts';
import type { Actor } from '../reply-privately.ts';
import { sendFile } from '../send-file.ts';
import { incompleteMessage, sentence } from '../teaching.ts';
import {
  GRANTS_IN_MESSAGE,
  grantsCsv,
  grantsMessage,
  limitMessage,
  revokedMessage,
  shutMessage,
} from './access-answers.ts';
import { levelOn } from './access-parts.ts';

/** Access that runs now: the reader's own, or everybody's for operators. */
export async function tellGrants(front: Front, { user }: Actor, all: boolean): Promise<SlackMessage> {
  const { world } = front;
  const result = await listGrants(world, user, all ? 'everybody' : 'mine');
  if (!result.allowed) {
    return sentence("Only operators see everybody's access. Yours: `/kasten grants`.");
  }
  if (result.grants.length > GRANTS_IN_MESSAGE) {
    await sendFile(front, user, {
      filename: 'kastellan-grants.csv',
      title: 'Access now',
      comment: `Access that was given for a time and has not ended, ${result.grants.length} grants.`,
      content: grantsCsv(result.grants),
    });
  }
  return grantsMessage(result.grants, user, all, world.clock.now());
}

/** Takes everything of a person back; for operators. */
export async function revokeAll(
  { world }: Front,
  { user }: Actor,
  { person: who, reason }: Extract<Command, { kind: 'revoke' }>,
): Promise<SlackMessage> {
  const result = await revokePerson(world, user, who, reason);
  return result.allowed
    ? revokedMessage(who, result, reason)
    : sentence(
        'Only operators can revoke all access of a person.',
        'Approvers can take back single grants: the button is on the card.',
      );
}

/** Gives access at once to whoever may take it without asking, and tells everybody. */
export async function takeBreakGlass(
  front: Front,
  actor: Actor,
  { level, cluster, reason }: Extract<Command, { kind: 'break-glass' }>,
): Promise<SlackMessage> {
  const { world } = front;
  const { user } = actor;
  const { clusters, breakGlass: rule } = world.rules;
  const where = cluster ?? (clusters.length === 1 ? clusters[0]?.name : undefined);
  if (rule !== undefined && level !== undefined && level !== rule.level) {
    const typed = escapeTyped(level, 60);
    return sentence(
      `Break-glass gives ${escapeTyped(rule.level)}, not ${typed}. Ask for ${typed} with /kasten access.`,
    );
  }
  if (where === undefined) {
    const names = clusters.map(({ name }) => name);
    return incompleteMessage(
      `Nothing was given. Say on which cluster, before the reason: ${clusterNames(names)}.`,
      `break-glass ${escapeTyped(names[0] ?? 'cluster')} reason`,
    );
  }
  const result = await breakGlass(world, user, { cluster: where, reason }, submissionOf(actor));
  if (result.ok) {
    const what = levelOn({ level: result.request.spec.level, cluster: where });
    return sentence(
      `You are being given ${what}, without waiting for anybody: the card is in <#${front.approvalsChannel}>, and you hear directly when Entra shows it.`,
      'Everybody who decides on it is told now, and looks at it afterwards.',
    );
  }
  if ('problems' in result) return sentence(...result.problems.map(({ message }) => escapeMarkup(message)));
  if ('shut' in result) return shutMessage(result.shut, world.rules.operators);
  if ('limit' in result) return limitMessage(result.limit, where);
  return result.why === 'not-configured'
    ? sentence('Break-glass is not switched on here. Ask with /kasten access.')
    : sentence('You are not on the list of people who may break the glass. Ask with /kasten access.');
}

/** Opens break-glass again to a person whose access was revoked; for operators. */
export async function openToPerson(
  { world }: Front,
  { user }: Actor,
  { person: who }: Extract<Command, { kind: 'open-break-glass' }>,
): Promise<SlackMessage> {
  const result = await openBreakGlass(world, user, who);
  if (result.opened)
    return sentence(`Break-glass, and levels that need no approval, are open to ${person(who)} again.`);
  switch (result.why) {
    case 'not-allowed':
      return sentence('Only operators can open break-glass again.');
    case 'own':
      return sentence('Your own access was revoked, so another operator has to open break-glass for you.');
    case 'not-shut':
      return sentence(`Nothing is shut to ${person(who)}. Nothing was changed.`);
  }
}
