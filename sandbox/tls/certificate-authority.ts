import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import tls from 'node:tls';
import { type Certificate, createCA, createCert } from 'mkcert';

/** A throw-away certificate authority: it lives as long as one sandbox and is trusted by nobody else. */
export interface CertificateAuthority {
  /** The authority's own certificate, PEM. */
  readonly certificate: string;
  /** Makes a server certificate for localhost, 127.0.0.1 and the host names given. PEM both. */
  issue(hosts?: readonly string[]): Promise<ServerCertificate>;
}

/** What an HTTPS server needs to introduce itself, PEM both. */
export interface ServerCertificate {
  readonly key: string;
  readonly cert: string;
}

const validDays = 30;

/** Makes an authority with a new key; nothing is written to disk. */
export async function createAuthority(): Promise<CertificateAuthority> {
  const ca: Certificate = await createCA({
    // OpenSSL looks an authority up by its name: two of the same name in one process would be taken for each other.
    organization: `Sandbox authority ${randomUUID()}`,
    countryCode: 'XX',
    state: 'Sandbox',
    locality: 'Sandbox',
    validity: validDays,
  });
  return {
    certificate: ca.cert,
    async issue(hosts = []) {
      const domains = [...new Set(['localhost', '127.0.0.1', ...hosts])];
      const { key, cert } = await createCert({ ca, domains, validity: validDays });
      return { key, cert };
    },
  };
}

/**
 * Writes the authority's certificate to `<dir>/sandbox-ca.pem` so that child processes can be given the path as
 * NODE_EXTRA_CA_CERTS. Gives the path. The key stays in memory.
 */
export async function writeAuthority(authority: CertificateAuthority, dir: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  const file = join(dir, 'sandbox-ca.pem');
  await writeFile(file, authority.certificate);
  return file;
}

/**
 * Makes this very process trust the authority, for tests that run servers and clients side by side.
 * @see https://nodejs.org/api/tls.html#tlssetdefaultcacertificatescerts
 */
export function trustAuthority(authority: Pick<CertificateAuthority, 'certificate'>): void {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), authority.certificate]);
}
