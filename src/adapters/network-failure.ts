// What Node and OpenSSL call a certificate that nobody here vouches for (https://nodejs.org/api/tls.html#x509-certificate-error-codes).
const CERTIFICATE_FAULTS: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Why a request got no answer at all. */
export interface NetworkFailure {
  readonly kind: 'unreachable' | 'untrusted-certificate' | 'timeout';
  /** The system's own word: `ECONNREFUSED`, `CERT_HAS_EXPIRED`. */
  readonly code: string;
}

/** Looks through an error and its causes, as `fetch` and the vendors' SDKs nest them. */
export function networkFailure(thrown: unknown): NetworkFailure {
  const code = codeOf(thrown, 0) ?? 'no answer';
  if (CERTIFICATE_FAULTS.has(code)) return { kind: 'untrusted-certificate', code };
  if (/TIMEOUT|TIMEDOUT/i.test(code)) return { kind: 'timeout', code };
  return { kind: 'unreachable', code };
}

function codeOf(thrown: unknown, depth: number): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || depth > 5) return undefined;
  const { code, cause, name } = thrown as { code?: unknown; cause?: unknown; name?: unknown };
  if (typeof code === 'string' && code !== '') return code;
  if (name === 'TimeoutError') return 'ETIMEDOUT';
  return codeOf(cause, depth + 1);
}
