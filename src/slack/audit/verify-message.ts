import type { ChainCheck } from '../../domain/audit/audit.ts';
import { message, type SlackMessage, section } from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { count, moment } from '../blocks/words.ts';

/** Whether the audit log is as it was written. */
export function auditMessage(check: ChainCheck): SlackMessage {
  return message([section('audit', check.intact ? intactText(check) : changedText(check))]);
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
