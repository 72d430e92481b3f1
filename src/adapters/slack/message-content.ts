import { createHash } from 'node:crypto';

// What people read, and what a button stands for. Everything else Slack adds in one answer and leaves out in another.
const TELLING = new Set(['text', 'value', 'action_id', 'block_id', 'url', 'alt_text', 'title', 'pretext']);

/**
 * Fingerprint of what a message shows and what its buttons stand for, from Slack's own account of it: the answer to a post or
 * edit, or a click. Both have gone through Slack, which rewrites emoji and links.
 * @returns 32 hexadecimal digits; undefined if Slack does not say which blocks there are
 */
export function contentFingerprint(message: unknown): string | undefined {
  const { blocks, attachments } = (message ?? {}) as { blocks?: unknown; attachments?: unknown };
  if (!Array.isArray(blocks)) return undefined;
  const parts = [...tellingParts(blocks), ...tellingParts(attachments)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

function tellingParts(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.keys(node)
    .toSorted()
    .flatMap((key) => {
      const value = (node as Readonly<Record<string, unknown>>)[key];
      if (typeof value === 'string') return TELLING.has(key) ? [`${key}=${value}`] : [];
      return tellingParts(value);
    });
}
