import type { AuditSink } from '../../ports/audit-sinks.ts';
import { postSigned, type Webhook } from './signed-post.ts';

/** Sends entries as JSON lines in signed requests; a receiver tells what it has already by `sequence` and `hash`. */
export function createWebhookSink(name: string, webhook: Webhook): AuditSink {
  return {
    name,
    async send(entries, signal) {
      const [first, last] = [entries[0], entries.at(-1)];
      if (first === undefined || last === undefined) return;
      await postSigned(
        webhook,
        {
          id: `audit-${first.sequence}-${last.sequence}-${last.hash.slice(0, 16)}`,
          contentType: 'application/x-ndjson',
          body: entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
        },
        signal,
      );
    },
  };
}
