import type { AnchorReport } from '../../domain/audit/anchor.ts';
import type { ChainCheck } from '../../domain/audit/audit.ts';
import type { LogVerification } from '../../operations/audit/verify-log.ts';
import { message, type SlackMessage, section } from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { count, moment } from '../blocks/words.ts';

/** Whether the audit log is as it was written, and from when to when it is anchored, and by what. */
export function auditMessage({ anchors, ...check }: LogVerification): SlackMessage {
  const said = check.intact ? intactText(check) : changedText(check);
  return message([section('audit', said), section('anchors', anchorLines(anchors).join('\n'))]);
}

function intactText({ entries, lastHash, keyed }: ChainCheck & { intact: true }): string {
  const chain = `The audit log is intact: ${count(entries, 'entry', 'entries')}, each follows the one before. Last hash \`${escapeTyped(lastHash.slice(0, 16), 16)}\`.`;
  const key =
    keyed === undefined
      ? 'Its hashes have no key: a person who writes into Redis can compute them anew. Set `KASTELLAN_AUDIT_KEY`.'
      : `Keyed since entry ${keyed.fromSequence}, ${moment(keyed.since)}, now with the key \`${escapeTyped(keyed.keyId, 16)}\`: no entry was changed, added, removed or reordered without the key.`;
  return `${chain}\n${key}`;
}

function changedText({ sequence, problem }: ChainCheck & { intact: false }): string {
  return `The audit log was changed at entry ${sequence}: ${escapeMarkup(problem)}. Keep a copy of Redis and find out who had access to it.`;
}

function anchorLines(anchors: readonly AnchorReport[]): string[] {
  if (anchors.length > 0) return anchors.map(anchorLine);
  return [
    'Not anchored: it does not show if the newest entries were removed, or the whole log was replaced from entry 1 on. Set `audit.anchors`.',
  ];
}

function anchorLine({ by, span, unread }: AnchorReport): string {
  const place = escapeTyped(by);
  if (unread !== undefined) return `Not compared with the ${place}: ${escapeMarkup(unread)}`;
  if (span === undefined)
    return `The ${place} has no anchor yet: it does not show if the whole log was replaced from entry 1 on.`;
  const { from, to } = span;
  return `Anchored by the ${place} from ${moment(from.at)} (entry ${from.sequence}) to ${moment(to.at)} (entry ${to.sequence}). What a person replaced in Redis before that does not show.`;
}
