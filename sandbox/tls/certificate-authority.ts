import 'reflect-metadata';
import { randomUUID, type webcrypto } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import {
  BasicConstraintsExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A throw-away certificate authority: it lives as long as one sandbox and is trusted by nobody else. */
export interface CertificateAuthority {
  /** The authority's own certificate, PEM. */
  readonly certificate: string;
  /** Makes a server certificate for localhost, 127.0.0.1 and the host names given. PEM both. */
  issue(hosts?: readonly string[], kind?: keyof typeof ALGORITHMS): Promise<ServerCertificate>;
}

/** What an HTTPS server needs to introduce itself, PEM both. */
export interface ServerCertificate {
  readonly key: string;
  readonly cert: string;
}

// A key on a curve is made in a millisecond. Entra takes none of those from an application: it proves itself by RSA.
const ALGORITHMS = {
  ecdsa: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  rsa: {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2_048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  },
};
const VALID_MS = 30 * 86_400_000;
const CLOCK_SKEW_MS = 86_400_000;
const ALWAYS_SERVED = ['localhost', '127.0.0.1'];

/**
 * Makes an authority with a new key; nothing is written to disk.
 * @param served names and addresses that each of its certificates is good for, besides those that are asked for
 */
export async function createAuthority(
  served: readonly string[] = ALWAYS_SERVED,
): Promise<CertificateAuthority> {
  // OpenSSL looks an authority up by its name: two of the same name in one process would be taken for each other.
  const name = `CN=Sandbox authority ${randomUUID()}`;
  const keys = await makeKeys('ecdsa');
  const ca = await X509CertificateGenerator.createSelfSigned({
    ...common(),
    name,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  });
  return {
    certificate: ca.toString('pem'),
    async issue(hosts = [], kind = 'ecdsa') {
      const { publicKey, privateKey } = await makeKeys(kind);
      const certificate = await X509CertificateGenerator.create({
        ...common(),
        subject: 'CN=Sandbox server',
        issuer: name,
        publicKey,
        signingKey: keys.privateKey,
        extensions: [namesOf([...new Set([...served, ...hosts])])],
      });
      const key = await crypto.subtle.exportKey('pkcs8', privateKey);
      return { key: PemConverter.encode(key, 'PRIVATE KEY'), cert: certificate.toString('pem') };
    },
  };
}

function makeKeys(kind: keyof typeof ALGORITHMS): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHMS[kind], true, ['sign', 'verify']);
}

function common() {
  const now = Date.now();
  return {
    serialNumber: randomUUID().replaceAll('-', '').replace(/^./, '1'),
    notBefore: new Date(now - CLOCK_SKEW_MS),
    notAfter: new Date(now + VALID_MS),
    signingAlgorithm: ALGORITHMS.ecdsa,
  };
}

function namesOf(hosts: readonly string[]): Extension {
  return new SubjectAlternativeNameExtension(
    hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
  );
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
