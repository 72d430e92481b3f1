import type { Json } from '../../domain/json.ts';
import { expiryRules } from '../../domain/requests/policy.ts';
import type { CredentialRow } from '../../operations/secrets/list-credentials.ts';
import type { ClusterStatus, DoctorReport } from '../../operations/status/status-report.ts';
import { findRequest } from '../../workflows/requests/change-request.ts';
import type { SlackMessage } from '../blocks/blocks.ts';
import { escapeTyped } from '../blocks/escape.ts';
import type { Front } from '../front.ts';
import { type Actor, replyPrivately } from '../reply-privately.ts';
import type { ListenToButton } from '../requests/buttons.ts';
import { ACTIONS } from '../requests/request-ids.ts';
import { ROWS_IN_MESSAGE, secretsCsv, secretsMessage } from '../secrets/secrets-message.ts';
import { sendFile } from '../send-file.ts';
import { sentence } from '../teaching.ts';
import { doctorMessage, statusMessage } from './report-cards.ts';

/** Listens to the button that shows how the cluster of a request is now. */
export function listenToStatus(front: Front, onButton: ListenToButton): void {
  onButton(ACTIONS.status, false, async ({ id, actor }) => {
    const { cluster } = await findRequest(front.world, id);
    await replyPrivately(front, actor, lookingAt(cluster));
    await tellStatus(front, actor, cluster);
    return undefined;
  });
}

/** Said at once, because looking takes seconds. */
export function lookingAt(cluster: string | undefined): SlackMessage {
  return sentence(`Looking at ${escapeTyped(cluster ?? 'all clusters')}.`);
}

/** How one cluster, or each, signs people in; anybody may ask. */
export async function tellStatus(front: Front, actor: Actor, cluster?: string): Promise<void> {
  const answer = await front.ask({ kind: 'status', ...(cluster !== undefined && { cluster }) }, actor.user);
  await replyPrivately(
    front,
    actor,
    statusMessage(asReport<ClusterStatus[]>(Array.isArray(answer) ? answer : [answer])),
  );
}

/** What Kastellan needs and whether it has it. */
export async function tellDoctor(front: Front, actor: Actor): Promise<void> {
  await replyPrivately(
    front,
    actor,
    doctorMessage(asReport<DoctorReport>(await front.ask({ kind: 'doctor' }, actor.user))),
  );
}

/** When each secret and certificate ends; what does not fit into a message is sent as a file. */
export async function tellSecrets(front: Front, actor: Actor): Promise<void> {
  const rows = asReport<CredentialRow[]>(await front.ask({ kind: 'secrets' }, actor.user));
  if (rows.length > ROWS_IN_MESSAGE) {
    await sendFile(front, actor.user, {
      filename: 'kastellan-secrets.csv',
      title: 'Secrets and certificates',
      comment: `Every secret and certificate that Kastellan watches, ${rows.length} of them.`,
      content: secretsCsv(rows),
    });
  }
  await replyPrivately(
    front,
    actor,
    secretsMessage(rows, front.world.clock.now(), expiryRules(front.world.rules).timeZone),
  );
}

// Reports come from a worker of the same version: they only became JSON on the way.
function asReport<Report>(json: Json): Report {
  return json as unknown as Report;
}
