import type { App, BlockAction, ButtonAction } from '@slack/bolt';
import { acceptAdmin } from '../../operations/status/accept-admin.ts';
import type { ClusterAdmins } from '../../workflows/status/admins-report.ts';
import { actionActor } from '../actors.ts';
import type { SlackMessage } from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { clusterNames, moment, person } from '../blocks/words.ts';
import type { Front } from '../front.ts';
import type { Guard } from '../guard.ts';
import { type Actor, replyPrivately } from '../reply-privately.ts';
import { refuseForeign, unreadable } from '../requests/buttons.ts';
import { ACTIONS, readSealed } from '../requests/request-ids.ts';
import { sendFile } from '../send-file.ts';
import { sentence } from '../teaching.ts';
import { readAcceptValue } from './admin-blocks.ts';
import { adminsCsv, adminsMessage, needsFile } from './admins-message.ts';

/** Who can administer the K10 of the cluster that was named, or the only one there is; anybody may ask. */
export async function tellAdmins(front: Front, actor: Actor, named?: string): Promise<void> {
  const { clusters } = front.world.rules;
  const [first] = clusters;
  if (named === undefined && clusters.length > 1) {
    const known = `Kastellan keeps ${clusterNames(clusters.map(({ name }) => name))}.`;
    return replyPrivately(front, actor, sentence('Name the cluster: /kasten who and its name.', known));
  }
  const cluster = named ?? first?.name ?? '';
  await replyPrivately(front, actor, sentence(`Looking at who can administer ${escapeTyped(cluster)}.`));
  const admins = await ask(front, actor.user, cluster);
  if (needsFile(admins)) {
    await sendFile(front, actor.user, {
      filename: `kastellan-who-${cluster}.csv`,
      title: `Who can administer Kasten on ${cluster}`,
      comment: `Everybody who can administer Kasten on ${escapeTyped(cluster)}, and by which path.`,
      content: adminsCsv(admins),
    });
  }
  await replyPrivately(front, actor, adminsMessage(admins));
}

/** Listens to *Accept* beside a way to administer K10 that Kastellan did not make. */
export function listenToAdmins(app: App, front: Front, guard: Guard): void {
  app.action<BlockAction<ButtonAction>>(ACTIONS.acceptAdmin, async ({ ack, body, action, respond }) => {
    await ack();
    const actor = actionActor(body, respond);
    await guard.run(ACTIONS.acceptAdmin, actor, true, async () => {
      const { text, seal } = readSealed(action.value ?? '');
      const value = readAcceptValue(text);
      const known = front.world.rules.clusters.some(({ name }) => name === value?.cluster);
      if (value === undefined || !known) throw unreadable();
      const refusal = await refuseForeign(front, body, ACTIONS.acceptAdmin, { planDigest: undefined, seal });
      await replyPrivately(front, actor, refusal ?? (await accept(front, actor, value)));
    });
  });
}

async function accept(
  front: Front,
  { user }: Actor,
  { cluster, pathId }: { readonly cluster: string; readonly pathId: string },
): Promise<SlackMessage> {
  let who = '';
  const result = await acceptAdmin(front.world, user, cluster, pathId, async () => {
    const { others } = await ask(front, user, cluster);
    const path = others.find(({ id }) => id === pathId);
    who = path === undefined ? '' : `${path.who} by ${path.via}`;
    return path;
  });
  if (result.accepted) {
    return sentence(
      `Accepted: ${escapeMarkup(who)} stays as it is on ${escapeTyped(cluster)}, and is no drift any more.`,
    );
  }
  switch (result.why) {
    case 'not-allowed':
      return sentence('Only operators can accept who administers Kasten.');
    case 'gone':
      return sentence(
        'Nothing was accepted: this way to administer Kasten is not there any more, or has changed.',
      );
    case 'accepted-before':
      return sentence(
        `${person(result.acceptance.by)} accepted this already, ${moment(result.acceptance.at)}.`,
      );
  }
}

// Reports come from a worker of the same version: they only became JSON on the way.
async function ask(front: Front, asker: string, cluster: string): Promise<ClusterAdmins> {
  return (await front.ask({ kind: 'who', cluster }, asker)) as unknown as ClusterAdmins;
}
