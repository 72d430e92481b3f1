import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, trustAuthority } from '../../sandbox/tls/certificate-authority.ts';

/** What makes a redis-server speak TLS and nothing else. */
export interface TestTls {
  /** Lines of redis.conf or sentinel.conf; the port is not among them. */
  readonly settings: readonly string[];
  remove(): Promise<void>;
}

/**
 * Makes a certificate of an authority that nobody knows, which this process trusts from now on, as one that was started
 * with NODE_EXTRA_CA_CERTS does.
 * @param names for which it holds, and for nothing else
 */
export async function makeTestTls(names: readonly [string, ...string[]]): Promise<TestTls> {
  const folder = await mkdtemp(join(tmpdir(), 'kastellan-redis-tls-'));
  const authority = await createAuthority(names);
  const { cert, key } = await authority.issue();
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  trustAuthority(authority);
  return {
    settings: [
      `tls-ca-cert-file ${await write('ca.pem', authority.certificate)}`,
      `tls-cert-file ${await write('cert.pem', cert)}`,
      `tls-key-file ${await write('key.pem', key)}`,
      'tls-auth-clients no',
      'tls-replication yes',
    ],
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
