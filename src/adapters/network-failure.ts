// What OpenSSL calls a certificate that nobody here vouches for: CERT_HAS_EXPIRED, UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
// ERR_TLS_CERT_ALTNAME_INVALID and more (https://nodejs.org/api/tls.html#x509-certificate-error-codes).
const CERTIFICATE_FAULT = /CERT|ISSUER|LEAF_SIGNATURE|HOSTNAME_MISMATCH|^INVALID_(CA|PURPOSE)$/;

/** Why a request got no answer at all. */
export interface NetworkFailure {
  readonly kind: 'unreachable' | 'untrusted-certificate' | 'timeout';
  /** The system's own word: `ECONNREFUSED`, `CERT_HAS_EXPIRED`. */
  readonly code: string;
}

/** Looks through an error and its causes, as `fetch` and the vendors' SDKs nest them. */
export function networkFailure(thrown: unknown): NetworkFailure {
  const code = codeOf(thrown, 0) ?? 'no answer';
  if (CERTIFICATE_FAULT.test(code)) return { kind: 'untrusted-certificate', code };
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
