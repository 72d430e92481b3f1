import { KastellanError, LATER } from '../../domain/errors.ts';

/** `entra.untrusted-certificate`: the host's certificate is not one that this machine trusts. */
export function untrusted(
  host: string,
  reason: string,
  common: { cause?: unknown; secrets?: readonly string[] } = {},
): KastellanError {
  return new KastellanError({
    ...common,
    code: 'entra.untrusted-certificate',
    message: `Kastellan does not trust the certificate of ${host} (${reason}).`,
    hint: 'If a proxy stands in between, give its CA in NODE_EXTRA_CA_CERTS and start Kastellan again.',
  });
}

/** `entra.unreachable`: nobody answers there now. */
export function unreachable(
  host: string,
  reason: string,
  common: { cause?: unknown; secrets?: readonly string[] } = {},
): KastellanError {
  return new KastellanError({
    ...common,
    code: 'entra.unreachable',
    message: `Kastellan cannot reach ${host} (${reason}).`,
    hint: 'Check the network, the proxy and the name resolution of the machine that Kastellan runs on.',
    retry: LATER,
  });
}
