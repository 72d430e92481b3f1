import type { Webhook } from '../adapters/audit/signed-post.ts';
import type { Settings } from '../config/load.ts';
import { KastellanError } from '../domain/errors.ts';

/** @throws KastellanError `config.invalid` if no secret is set */
export function webhookAt(url: string, { environment }: Settings): Webhook {
  const secret = environment.KASTELLAN_AUDIT_WEBHOOK_SECRET;
  if (secret !== undefined) return { url, secret };
  throw new KastellanError({
    code: 'config.invalid',
    message: 'The audit log, or its anchors, go to a webhook, and KASTELLAN_AUDIT_WEBHOOK_SECRET is missing.',
    hint: 'Set it to a secret of at least 24 bytes that the receiver knows, such as whsec_ and what "openssl rand -base64 32" gives.',
  });
}
