import { createSign, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startEntra } from '../../sandbox/entra/start-entra.ts';
import { createAuthority } from '../../sandbox/tls/certificate-authority.ts';
import { entraHosts } from '../../src/adapters/entra/clouds.ts';
import { type CredentialOptions, createCredential } from '../../src/adapters/entra/credential.ts';
import { createDirectory } from '../../src/adapters/entra/directory.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { Directory } from '../../src/ports/directory.ts';
import {
  BOT_CLIENT_ID,
  CANARY,
  type EntraBench,
  GIVEN_CREDENTIAL,
  MINIMAL,
  openBench,
  trustedServer,
} from '../support/entra-adapter.ts';
import { failureOf } from '../support/failure-of.ts';

let folder: string;
const closers: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kastellan-credential-'));
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await rm(folder, { recursive: true, force: true });
});

async function open(): Promise<EntraBench> {
  const bench = await openBench();
  closers.push(() => bench.close());
  return bench;
}

function directoryWith(bench: EntraBench, change: Partial<CredentialOptions>): Directory {
  const credential = createCredential({ ...bench.credential, clientSecret: undefined, ...change });
  return createDirectory({ hosts: bench.hosts, credential, throttleBudgetMs: 0 });
}

describe('Kastellan signs in to Entra', () => {
  it('with a certificate', async () => {
    const bench = await open();
    const { key, cert } = await (await createAuthority()).issue([], 'rsa');
    const [application] = bench.entra.directory
      .all('application')
      .filter(({ properties }) => properties['appId'] === BOT_CLIENT_ID);
    bench.entra.directory.certificates.set(application?.id ?? '', [cert]);
    const certificatePath = join(folder, 'bot.pem');
    await writeFile(certificatePath, `${cert}\n${key}`);
    const [first] = await directoryWith(bench, { certificatePath }).check();
    expect(first).toMatchObject({ verdict: 'good', detail: expect.stringContaining('certificate') });
  });

  it('with the token of a workload identity', async () => {
    const issuer = 'https://cluster.example.com';
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const subject = 'system:serviceaccount:kastellan:kastellan';
    const audience = 'api://AzureADTokenExchange';
    const entra = await startEntra({
      tls: await trustedServer,
      seed: {
        applications: [
          {
            clientId: BOT_CLIENT_ID,
            displayName: 'Kastellan',
            permissions: MINIMAL,
            federatedCredentials: [{ name: 'cluster', issuer, subject, audiences: [audience] }],
          },
        ],
        trustedIssuers: [
          {
            issuer,
            jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256' } as never] },
          },
        ],
      },
    });
    closers.push(() => entra.close());
    const federatedTokenFile = join(folder, 'token');
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer, sub: subject, aud: audience, iat: now, nbf: now, exp: now + 600 };
    const unsigned = [{ alg: 'RS256', kid: 'k' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = createSign('RSA-SHA256').update(unsigned).sign(privateKey, 'base64url');
    await writeFile(federatedTokenFile, `${unsigned}.${signature}`);
    const hosts = entraHosts('global', { login: entra.loginUrl, graph: entra.graphUrl });
    const credential = createCredential({
      tenantId: entra.tenantId,
      clientId: BOT_CLIENT_ID,
      federatedTokenFile,
      authorityHost: hosts.login,
      customAuthority: hosts.customAuthority,
    });
    const [first] = await createDirectory({ hosts, credential }).check();
    expect(first).toMatchObject({ verdict: 'good', detail: expect.stringContaining('workload identity') });
  });
});

describe('An access token that Entra does not take before its time is over', () => {
  const asked = ({ entra }: EntraBench, path: RegExp) =>
    entra.requestLog.filter(({ url }) => path.test(url)).map(({ status }) => status);

  it('is replaced by one new one, and nobody who was asking sees it', async () => {
    const bench = await open();
    await bench.directory.findGroup({ uniqueName: 'x' });
    bench.entra.knobs.clockOffsetMs += 2 * 3_600_000;
    const names = ['a', 'b', 'c'];
    const found = await Promise.all(names.map((uniqueName) => bench.directory.findGroup({ uniqueName })));
    expect(found).toEqual([undefined, undefined, undefined]);
    expect(asked(bench, /groups\(uniqueName='[abc]'\)/).sort()).toEqual([401, 401, 401, 404, 404, 404]);
    expect(asked(bench, /oauth2\/v2.0\/token/)).toEqual([200, 200]);
  });

  it('is not replaced a second time when the new one is refused, too', async () => {
    const bench = await open();
    const credential = createCredential(bench.credential);
    // Whoever signs in with this never has a token that Graph takes.
    const getToken = async () => ({ token: 'not-one-of-entra', expiresOnTimestamp: Date.now() + 3_600_000 });
    const directory = createDirectory({
      hosts: bench.hosts,
      credential: { ...credential, connect: () => ({ getToken }) },
    });
    const failure = await failureOf(directory.findGroup({ uniqueName: 'y' }));
    expect(failure).toMatchObject({ code: 'entra.token-refused', retry: { when: 'later' } });
    expect(asked(bench, /groups\(uniqueName='y'\)/)).toEqual([401, 401]);
  });
});

describe('When Kastellan cannot sign in to Entra', () => {
  it('a wrong tenant is called that', async () => {
    const bench = await open();
    const tenantId = '5d1c2a40-0000-4000-8000-000000000000';
    const directory = directoryWith(bench, { tenantId, clientSecret: new Secret(CANARY) });
    const failure = await failureOf(directory.findGroup({ uniqueName: 'x' }));
    expect(failure).toMatchObject({
      code: 'entra.sign-in-failed',
      message: expect.stringContaining('tenant does not exist'),
    });
  });

  it('a certificate file that is not there is called that', async () => {
    const bench = await open();
    const directory = directoryWith(bench, { certificatePath: join(folder, 'none.pem') });
    const failure = await failureOf(directory.findGroup({ uniqueName: 'x' }));
    expect(failure).toMatchObject({
      code: 'entra.sign-in-failed',
      hint: expect.stringContaining('credential'),
    });
  });

  /** A directory whose login host does this when it is asked for a token. */
  async function signedInAt(
    answerToken: (response: ServerResponse) => void,
    timeoutMs: number,
  ): Promise<Directory> {
    const bench = await open();
    const server = createServer(await trustedServer, (request, response) => {
      const login = `https://${request.headers.host}/t`;
      const metadata = {
        issuer: `${login}/v2.0`,
        authorization_endpoint: `${login}/oauth2/v2.0/authorize`,
        token_endpoint: `${login}/oauth2/v2.0/token`,
        jwks_uri: `${login}/keys`,
      };
      if (request.method === 'GET') response.end(JSON.stringify(metadata));
      else answerToken(response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => server.closeAllConnections(), promisify(server.close.bind(server)));
    const login = `https://localhost:${(server.address() as AddressInfo).port}`;
    return createDirectory({
      hosts: { ...bench.hosts, login },
      credential: createCredential({ ...bench.credential, tenantId: 't', authorityHost: login, timeoutMs }),
    });
  }

  it('a login host that takes the question and never answers is given up', async () => {
    const directory = await signedInAt(() => undefined, 500);
    expect(await failureOf(directory.findGroup({ uniqueName: 'x' }))).toMatchObject({
      code: 'entra.sign-in-failed',
      retry: { when: 'later' },
    });
  });

  it.each([
    [503, 'temporarily_unavailable', 'later'],
    [500, 'invalid_request', 'later'],
    [429, 'invalid_request', 'later'],
    [401, 'invalid_client', 'never'],
  ])('an answer %i (%s) with a code of Entra is worth a try: %s', async (status, error, when) => {
    const body = { error, error_codes: [90033], error_description: 'AADSTS90033: A transient error.' };
    const directory = await signedInAt((response) => {
      const headers = { 'content-type': 'application/json', 'retry-after-ms': '1' };
      response.writeHead(status, headers).end(JSON.stringify(body));
    }, 30_000);
    expect(await failureOf(directory.findGroup({ uniqueName: 'x' }))).toMatchObject({
      code: 'entra.sign-in-failed',
      message: expect.stringContaining('AADSTS90033'),
      retry: { when },
    });
  });

  it('a machine that never answers for its identity is given up', async () => {
    const { hosts } = await open();
    const silent = { getToken: () => new Promise<never>(() => undefined) };
    const credential = {
      ...GIVEN_CREDENTIAL,
      kind: 'managed identity',
      timeoutMs: 1,
      connect: () => silent,
    } as const;
    const directory = createDirectory({ hosts, credential });
    expect(await failureOf(directory.findGroup({ uniqueName: 'x' }))).toMatchObject({
      code: 'entra.sign-in-failed',
      retry: { when: 'later' },
    });
  });

  it('a login host that nobody answers on is told from one whose certificate is strange', async () => {
    const stranger = await createAuthority();
    const strange = await startEntra({ tls: await stranger.issue(), seed: {} });
    closers.push(() => strange.close());
    const login = async (loginUrl: string) => {
      const hosts = entraHosts('global', { login: loginUrl, graph: loginUrl });
      const credential = createCredential({
        tenantId: strange.tenantId,
        clientId: BOT_CLIENT_ID,
        clientSecret: new Secret(CANARY),
        authorityHost: hosts.login,
        customAuthority: true,
      });
      return await failureOf(
        createDirectory({ hosts, credential, throttleBudgetMs: 0 }).findGroup({ uniqueName: 'x' }),
      );
    };
    expect(await login(strange.loginUrl)).toMatchObject({ code: 'entra.untrusted-certificate' });
    expect(await login('https://localhost:1')).toMatchObject({
      code: 'entra.unreachable',
      retry: { when: 'later' },
    });
  });
});
