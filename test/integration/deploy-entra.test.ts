import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, type GenerateKeyPairResult, generateKeyPair, SignJWT } from 'jose';
import { load } from 'js-yaml';
import { type Entra, startEntra } from '../../sandbox/entra/start-entra.ts';
import { issuerDocument } from '../../sandbox/kubernetes/discovery.ts';
import { type KubernetesSandbox, startKubernetes } from '../../sandbox/kubernetes/server.ts';
import { createAuthority, trustAuthority, writeAuthority } from '../../sandbox/tls/certificate-authority.ts';
import { kubectlBinary } from '../../sandbox/tools/helm.ts';
import { entraHosts } from '../../src/adapters/entra/clouds.ts';
import { createCredential } from '../../src/adapters/entra/credential.ts';
import { createDirectory } from '../../src/adapters/entra/directory.ts';
import { type GraphPermission, isOptional, PERMISSIONS } from '../../src/adapters/entra/permissions.ts';
import type { Finding } from '../../src/ports/finding.ts';

const SCRIPT = fileURLToPath(new URL('../../deploy/entra/create-identity.sh', import.meta.url));
const AZ = fileURLToPath(new URL('../support/az.ts', import.meta.url));
const ADMIN = 'aaaaaaaa-1111-4111-8111-111111111111';

interface Identity {
  readonly entra: { readonly tenantId: string; readonly clientId: string };
}

// The real kubectl, and an az that asks the sandbox's tenant.
describe('The script that makes the identity of Kastellan', () => {
  let folder: string;
  let entra: Entra;
  let kubernetes: KubernetesSandbox;
  let cluster: GenerateKeyPairResult;
  let environment: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kastellan-identity-'));
    const authority = await createAuthority();
    trustAuthority(authority);
    const tls = await authority.issue();
    cluster = await generateKeyPair('RS256');
    const key = { ...(await exportJWK(cluster.publicKey)), kid: 'cluster', alg: 'RS256' };
    const admin = ['Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All', 'Directory.Read.All'];
    entra = await startEntra({
      tls,
      seed: {
        trustedIssuers: [{ issuer: issuerDocument.issuer, jwks: { keys: [key] } }],
        applications: [
          { clientId: ADMIN, displayName: 'Admin', secrets: [{ text: 'admin-secret' }], permissions: admin },
        ],
      },
    });
    kubernetes = await startKubernetes({ tls: { ...tls, ca: authority.certificate } });
    await writeFile(join(folder, 'kubeconfig'), kubernetes.kubeconfig(), { mode: 0o600 });
    await program('az', `exec '${process.execPath}' --no-warnings '${AZ}' "$@"`);
    await program('kubectl', `exec '${await kubectlBinary()}' --kubeconfig '${folder}/kubeconfig' "$@"`);
    environment = {
      PATH: `${folder}:/usr/bin:/bin`,
      HOME: folder,
      NODE_EXTRA_CA_CERTS: await writeAuthority(authority, folder),
      AZ_GRAPH_URL: entra.graphUrl,
      AZ_TENANT: entra.tenantId,
      AZ_CLIENT: ADMIN,
      AZ_SECRET: 'admin-secret',
    };
  });

  afterAll(async () => {
    await entra?.close();
    await kubernetes?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function program(name: string, line: string): Promise<void> {
    await writeFile(join(folder, name), `#!/bin/sh\n${line}\n`);
    await chmod(join(folder, name), 0o755);
  }

  function run(...options: string[]): Promise<{ stdout: string; stderr: string }> {
    return promisify(execFile)('bash', [SCRIPT, ...options], { env: environment });
  }

  /** What Kastellan's own doctor says of its identity, signed in as the service account. */
  async function doctor({ entra: { tenantId, clientId } }: Identity): Promise<readonly Finding[]> {
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: 'RS256', kid: 'cluster' })
      .setIssuer(issuerDocument.issuer)
      .setSubject('system:serviceaccount:kastellan:kastellan')
      .setAudience('api://AzureADTokenExchange')
      .setIssuedAt()
      .setExpirationTime('10m')
      .sign(cluster.privateKey);
    const federatedTokenFile = join(folder, 'token');
    await writeFile(federatedTokenFile, token);
    const hosts = entraHosts('global', { login: entra.loginUrl, graph: entra.graphUrl });
    const who = { tenantId, clientId, federatedTokenFile, authorityHost: hosts.login };
    const credential = createCredential({ ...who, customAuthority: true });
    return createDirectory({ hosts, credential }).check();
  }

  const verdicts = (findings: readonly Finding[]) =>
    findings.map(({ subject, verdict }) => `${verdict} ${subject.replace('Graph permission ', '')}`);

  it('makes one that Kastellan signs in with, without a secret, and finds each permission of set-up granted', async () => {
    const { stdout } = await run();
    const needed = PERMISSIONS.map((permission: GraphPermission) => {
      return `${isOptional(permission) ? 'optional' : 'good'} ${permission.name}`;
    });
    const found = verdicts(await doctor(load(stdout) as Identity));
    expect(found).toEqual(['good Sign-in of Kastellan to Entra', ...needed]);
  });

  it('adds what a feature needs, and with the same wishes again changes nothing but names what is there', async () => {
    const { stdout } = await run('--with', 'secret-limits');
    expect(verdicts(await doctor(load(stdout) as Identity))).toContain('good Policy.Read.All');
    const before = grants(entra);
    const again = await run('--with', 'secret-limits');
    expect(again.stdout).toBe(stdout);
    expect(grants(entra)).toEqual(before);
  });

  it('names a permission that is held and not asked for any more, with the command that takes it away', async () => {
    await run('--with', 'secret-limits');
    const { stderr } = await run();
    expect(stderr).toContain('Held, and not asked for now: Policy.Read.All.');
    expect(stderr).toMatch(/az rest --method DELETE --uri \S+\/appRoleAssignedTo\/\S+/);
  });

  it('lets no other service account in after the trust moved', async () => {
    await run('--namespace', 'elsewhere');
    const [credential] = [...entra.directory.federatedCredentials.values()].flat();
    expect(credential?.subject).toBe('system:serviceaccount:elsewhere:kastellan');
  });

  it('trusts nobody where Entra cannot reach the cluster, and says how Kastellan proves itself then', async () => {
    const { stdout: trusting } = await run();
    const before = grants(entra);
    const { stdout, stderr } = await run('--no-trust', '--issuer', 'https://kubernetes.default.svc');
    expect(grants(entra)).toEqual(before);
    const { tenantId, clientId } = (load(trusting) as Identity).entra;
    expect(load(stdout)).toEqual({ entra: { tenantId, clientId, proof: 'secret' } });
    expect(stderr).toContain(`az ad app credential reset --id ${clientId} --append`);
  });

  it.each([
    [['--with', 'flying'], /there is no feature flying; known are: secret-limits/],
    [
      ['--issuer', 'https://kubernetes.default.svc'],
      /Entra cannot reach the cluster's issuer.* or use --no-trust/,
    ],
    [['--issuer', 'http://issuer.example'], /has to begin with https/],
    [['--display-name', 'a"b'], /the display name may hold/],
    [['--with'], /--with needs a value/],
  ])('says what is wrong with %p before anything is made', async (options, said) => {
    const writes = entra.requestLog.length;
    await expect(run(...options)).rejects.toMatchObject({ stderr: expect.stringMatching(said) });
    expect(entra.requestLog).toHaveLength(writes);
  });
});

function grants({ directory }: Entra): unknown {
  return structuredClone({
    assignments: directory.assignments,
    trusted: [...directory.federatedCredentials.values()],
    objects: [...directory.entries.keys()],
  });
}
