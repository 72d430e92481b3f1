import { createSyslogSink } from '../adapters/audit/syslog-sink.ts';
import { createWebhookSink } from '../adapters/audit/webhook-sink.ts';
import type { Settings } from '../config/load.ts';
import type { AuditSink } from '../ports/audit-sinks.ts';
import { webhookAt } from './webhook-secret.ts';

/**
 * Who receives the audit log.
 * @throws KastellanError `config.invalid` if a webhook has no secret
 */
export function openSinks(settings: Settings): AuditSink[] {
  return settings.configuration.audit.sinks.map(({ name, url }) =>
    url.startsWith('syslog')
      ? createSyslogSink(name, url)
      : createWebhookSink(name, webhookAt(url, settings)),
  );
}
