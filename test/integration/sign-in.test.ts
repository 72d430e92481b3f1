import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createAuthority } from '../../sandbox/tls/certificate-authority.ts';
import { createSignIn } from '../../src/adapters/sign-in/sign-in.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { SignIn } from '../../src/ports/sign-in.ts';
import { applicationSettings } from '../support/application-settings.ts';
import {
  BOT_CLIENT_ID,
  CANARY,
  type EntraBench,
  openBench,
  trustedServer,
} from '../support/entra-adapter.ts';
import { failureOf } from '../support/failure-of.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function openEntra(): Promise<{ bench: EntraBench; signIn: SignIn; providerUrl: string }> {
  const bench = await openBench();
  closers.push(() => bench.close());
  const providerUrl = `${bench.entra.loginUrl}/${bench.entra.tenantId}/v2.0`;
  return { bench, providerUrl, signIn: createSignIn({ graphUrl: bench.entra.graphUrl }) };
}

/** An HTTPS server that answers as told; gives its origin. */
async function serve(answer: RequestListener, tls = trustedServer): Promise<string> {
  const server: Server = createServer(await tls, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  );
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

const outside = createSignIn({ graphUrl: 'https://graph.example.com', timeoutMs: 5_000 });

describe('The discovery document', () => {
  it('names the issuer', async () => {
    const { signIn, providerUrl } = await openEntra();
    expect(await signIn.discoverIssuer(providerUrl)).toBe(providerUrl);
    expect(await signIn.discoverIssuer(`${providerUrl}/`)).toBe(providerUrl);
  });

  it('of a wrong tenant is missing, which is said in words', async () => {
    const { signIn, bench } = await openEntra();
    const wrong = `${bench.entra.loginUrl}/5d1c2a40-0000-4000-8000-000000000000/v2.0`;
    const failure = await failureOf(signIn.discoverIssuer(wrong));
    expect(failure).toMatchObject({ code: 'sign-in.discovery-failed', retry: { when: 'never' } });
    expect(failure.message).toContain('tenant does not exist');
  });

  it('that is a web page, or names no issuer, is no discovery document', async () => {
    const origin = await serve((request, response) => {
      response.end(request.url?.startsWith('/page') ? '<html>' : '{"issuer":7}');
    });
    for (const path of ['/page', '/other']) {
      const failure = await failureOf(outside.discoverIssuer(`${origin}${path}`));
      expect(failure.code).toBe('sign-in.discovery-failed');
    }
  });

  it('cannot be had from a host that nobody answers on or that shows a strange certificate', async () => {
    const stranger = await createAuthority();
    const origin = await serve((_request, response) => response.end('{}'), stranger.issue());
    expect(await failureOf(outside.discoverIssuer(origin))).toMatchObject({
      code: 'sign-in.untrusted-certificate',
      message: expect.stringContaining(origin),
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
    expect(await failureOf(outside.discoverIssuer('https://localhost:1/x'))).toMatchObject({
      code: 'sign-in.unreachable',
      retry: { when: 'later' },
    });
  });

  it('that cannot be had now is asked for after the pause that was asked for', async () => {
    const origin = await serve((_request, response) => {
      response.writeHead(429, { 'retry-after': '2.5' }).end();
    });
    expect(await failureOf(outside.discoverIssuer(origin))).toMatchObject({
      code: 'sign-in.discovery-failed',
      retry: { when: 'later', afterMs: 2_500 },
    });
  });

  it('that never comes is given up', async () => {
    const origin = await serve(() => undefined);
    const hasty = createSignIn({ graphUrl: origin, timeoutMs: 100 });
    expect(await failureOf(hasty.discoverIssuer(origin))).toMatchObject({ code: 'sign-in.unreachable' });
  });

  it('without an end does not fill the memory', async () => {
    const origin = await serve((_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    expect(await failureOf(outside.discoverIssuer(origin))).toMatchObject({
      code: 'sign-in.discovery-failed',
    });
  });
});

describe('A client secret', () => {
  it('is accepted when it is right', async () => {
    const { signIn, providerUrl } = await openEntra();
    expect(await signIn.tryClientSecret(providerUrl, BOT_CLIENT_ID, new Secret(CANARY))).toEqual({
      accepted: true,
    });
  });

  it("is refused with Entra's code and plain words when it is wrong, ended, or for an app that is not there", async () => {
    const { signIn, providerUrl, bench } = await openEntra();
    const wrong = await signIn.tryClientSecret(providerUrl, BOT_CLIENT_ID, new Secret('CANARY-wrong+&=%'));
    expect(wrong).toMatchObject({ accepted: false, code: 'AADSTS7000215' });
    expect(inspect(wrong)).not.toContain('CANARY');
    const nobody = '5d1c2a40-0000-4000-8000-000000000009';
    expect(await signIn.tryClientSecret(providerUrl, nobody, new Secret('x'))).toMatchObject({
      accepted: false,
      code: 'AADSTS700016',
    });
    bench.entra.knobs.clockOffsetMs = 3 * 365 * 86_400_000;
    expect(await signIn.tryClientSecret(providerUrl, BOT_CLIENT_ID, new Secret(CANARY))).toMatchObject({
      accepted: false,
      code: 'AADSTS7000222',
      message: expect.stringContaining('ended'),
    });
  });

  it('that is new is refused at first and accepted some seconds later', async () => {
    const { signIn, providerUrl, bench } = await openEntra();
    const application = await bench.directory.createApplication('k', applicationSettings());
    await bench.directory.createServicePrincipal(application.clientId);
    bench.entra.knobs.secretAcceptedAfterMs = 9_000;
    const endsAt = new Date(Date.now() + 86_400_000).toISOString();
    const { secret } = await bench.directory.addSecret(application.objectId, { displayName: 's', endsAt });
    const attempt = () => signIn.tryClientSecret(providerUrl, application.clientId, secret);
    expect(await attempt()).toMatchObject({ accepted: false, code: 'AADSTS7000215' });
    bench.entra.knobs.clockOffsetMs += 9_000;
    expect(await attempt()).toEqual({ accepted: true });
  });

  it('travels in the body of the request, never in its address', async () => {
    const { signIn, providerUrl, bench } = await openEntra();
    await signIn.tryClientSecret(providerUrl, BOT_CLIENT_ID, new Secret(CANARY));
    const request = bench.exchanges.at(-1);
    expect(request).toMatchObject({ method: 'POST', requestBody: { client_secret: CANARY } });
    expect(bench.entra.requestLog.map(({ url }) => url).join()).not.toContain('CANARY');
  });

  it('is not shown to a token endpoint on another host', async () => {
    let asked = 0;
    const thief = await serve((_request, response) => {
      asked += 1;
      response.end('{"access_token":"x"}');
    });
    const origin = await serve((_request, response) => {
      response.end(JSON.stringify({ issuer: 'https://i.example.com', token_endpoint: `${thief}/token` }));
    });
    const failure = await failureOf(outside.tryClientSecret(origin, 'c', new Secret(CANARY)));
    expect(failure.code).toBe('sign-in.foreign-token-endpoint');
    expect(asked).toBe(0);
  });

  it('gets no verdict, and shows up in no failure, while the token endpoint is out of order', async () => {
    const origin = await serve((request, response) => {
      if (request.method === 'GET') {
        response.end(JSON.stringify({ token_endpoint: `https://${request.headers.host}/token` }));
        return;
      }
      response.writeHead(503, { 'retry-after': '7' });
      request.pipe(response);
    });
    const failure = await failureOf(outside.tryClientSecret(origin, 'c', new Secret(CANARY)));
    expect(failure).toMatchObject({ code: 'sign-in.unavailable', retry: { when: 'later', afterMs: 7_000 } });
    expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain('CANARY');
  });
});

describe("The dashboard's redirect", () => {
  const authorize =
    'https://login.example.com/t/oauth2/v2.0/authorize?client_id=abc&redirect_uri=https%3A%2F%2Fk10.example.com%2Fk10%2Fauth-svc%2Fv0%2Foidc%2Fredirect&response_type=code';

  it('is followed over hops on its own host, cookies and all, to the sign-in page', async () => {
    const origin = await serve((request, response) => {
      const hops: Record<string, string> = { '/k10/': '/k10/login', '/k10/login': authorize };
      response.statusCode = 302;
      response.setHeader('set-cookie', 'state=1; Path=/');
      const lost = request.url === '/k10/login' && request.headers.cookie !== 'state=1';
      response.setHeader('location', lost ? '/k10/' : (hops[request.url ?? ''] ?? '/'));
      response.end();
    });
    expect(await outside.dashboardRedirect(`${origin}/k10/`)).toEqual({
      redirected: true,
      authorizeUrl: 'https://login.example.com/t/oauth2/v2.0/authorize',
      clientId: 'abc',
      redirectUri: 'https://k10.example.com/k10/auth-svc/v0/oidc/redirect',
    });
  });

  it('that does not happen, goes in circles, or goes elsewhere is told', async () => {
    const origin = await serve((request, response) => {
      const location = { '/circle': '/circle', '/away': 'https://elsewhere.example.com/?secret=1' }[
        request.url ?? ''
      ];
      response.statusCode = location === undefined ? 200 : 302;
      if (request.url === '/down') response.statusCode = 503;
      if (location !== undefined) response.setHeader('location', location);
      response.end('hello');
    });
    expect(await outside.dashboardRedirect(`${origin}/k10/`)).toEqual({
      redirected: false,
      broken: false,
      isK10: false,
      detail: expect.stringContaining('answered 200'),
    });
    expect(await outside.dashboardRedirect(`${origin}/circle`)).toMatchObject({ redirected: false });
    expect(await outside.dashboardRedirect(`${origin}/down`)).toMatchObject({
      redirected: false,
      broken: true,
    });
    const away = await outside.dashboardRedirect(`${origin}/away`);
    expect(away).toMatchObject({
      redirected: false,
      detail: expect.stringContaining('elsewhere.example.com'),
    });
    expect(inspect(away)).not.toContain('secret');
  });

  it('of a dashboard that is down is a failure to try again', async () => {
    expect(await failureOf(outside.dashboardRedirect('https://localhost:1/k10/'))).toMatchObject({
      code: 'sign-in.unreachable',
      retry: { when: 'later' },
    });
  });
});
