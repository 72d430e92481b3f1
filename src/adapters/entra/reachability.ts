import { KastellanError, LATER } from '../../domain/errors.ts';

interface Circumstances {
  readonly cause?: unknown;
  /** Texts that must not show in the message or its cause. */
  readonly secrets?: readonly string[];
}

/** `entra.untrusted-certificate`: the host's certificate is not one that this machine trusts. */
export function untrusted(host: string, reason: string, common: Circumstances = {}): KastellanError {
  return new KastellanError({
    ...common,
    code: 'entra.untrusted-certificate',
    message: `Kastellan does not trust the certificate of ${host} (${reason}).`,
    hint: 'If a proxy stands in between, give its CA in NODE_EXTRA_CA_CERTS and start Kastellan again.',
  });
}

/** `entra.unreachable`: nobody answers there now. */
export function unreachable(host: string, reason: string, common: Circumstances = {}): KastellanError {
  return new KastellanError({
    ...common,
    code: 'entra.unreachable',
    message: `Kastellan cannot reach ${host} (${reason}).`,
    hint: 'Check the network, the proxy and the name resolution of the machine that Kastellan runs on.',
    retry: LATER,
  });
}
