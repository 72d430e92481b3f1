import { createHmac } from 'node:crypto';
import { KastellanError, LATER, later } from '../../domain/errors.ts';
import type { Secret } from '../../domain/secret.ts';
import { networkFailure } from '../network-failure.ts';
import { readRetryAfter } from '../retry-after.ts';

const TIMEOUT_MS = 20_000;
const PREFIX = 'whsec_';

export interface Webhook {
  readonly url: string;
  readonly secret: Secret;
}

/**
 * Sends one signed message as Standard Webhooks has it, so that receivers verify it with a library that they have.
 * @param id the same for each try of the same message
 * @throws KastellanError `audit.receiver-unreachable`, `audit.receiver-refused` (both worth a later try)
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export async function postSigned(
  { url, secret }: Webhook,
  message: { readonly id: string; readonly contentType: string; readonly body: string },
  signal?: AbortSignal,
): Promise<void> {
  const { id, contentType, body } = message;
  const timestamp = Math.floor(Date.now() / 1_000);
  const { host } = new URL(url);
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const stop = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  const headers = {
    'content-type': contentType,
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,${signature(secret, `${id}.${timestamp}.${body}`)}`,
  };
  // A redirect could lead anywhere.
  const init = { method: 'POST', headers, body, redirect: 'manual', signal: stop };
  const response = await fetch(url, init as RequestInit).catch((thrown: unknown) => {
    throw new KastellanError({
      code: 'audit.receiver-unreachable',
      message: `The receiver of the audit log at ${host} does not answer (${networkFailure(thrown).code}).`,
      hint: 'Nothing is lost: it is sent again until it is taken.',
      retry: LATER,
    });
  });
  await response.body?.cancel();
  if (response.ok) return;
  throw new KastellanError({
    code: 'audit.receiver-refused',
    message: `The receiver of the audit log at ${host} answers ${response.status}.`,
    hint: 'It has to answer 2xx. Nothing is lost: it is sent again until it is taken.',
    retry: later(readRetryAfter(response.headers.get('retry-after'), Date.now())),
  });
}

// A secret with the prefix of the specification is base64 behind it; any other is taken as it is.
function signature(secret: Secret, content: string): string {
  const text = secret.reveal();
  const key = text.startsWith(PREFIX) ? Buffer.from(text.slice(PREFIX.length), 'base64') : Buffer.from(text);
  return createHmac('sha256', key).update(content).digest('base64');
}
