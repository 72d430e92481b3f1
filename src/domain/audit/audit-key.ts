import { createHmac } from 'node:crypto';
import type { Secret } from '../secret.ts';

/** A key that lives outside Redis: without it, no hash of the audit log can be computed. */
export class AuditKey {
  /** Names the key in the entries and gives nothing of it away. */
  readonly id: string;
  readonly #secret: Secret;

  constructor(secret: Secret) {
    this.#secret = secret;
    this.id = this.mac('kastellan audit key').slice(0, 16);
  }

  /** HMAC-SHA256 in hex. */
  mac(text: string): string {
    return createHmac('sha256', this.#secret.reveal()).update(text).digest('hex');
  }
}

/** What entries are written with, and everything that they can be verified with. */
export interface AuditKeys {
  /** Undefined: new entries have a hash without a key. */
  readonly current: AuditKey | undefined;
  find(id: string): AuditKey | undefined;
}

/** @param earlier keys that entries were written with before */
export function auditKeys(current?: Secret, earlier: readonly Secret[] = []): AuditKeys {
  const [first, ...others] = [current, ...earlier].map((key) => key && new AuditKey(key));
  return { current: first, find: (id) => [first, ...others].find((key) => key?.id === id) };
}
