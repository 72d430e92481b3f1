import { randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { ServerCertificate } from '../../sandbox/tls/certificate-authority.ts';

/** Tells the API server who holds a token. */
export interface TokenReviewer {
  readonly url: string;
  /** A new bearer token of a user in these groups. */
  issue(user: string, groups: readonly string[]): string;
  close(): Promise<void>;
}

/**
 * Serves the token reviews that the API server asks for, so that tests can invent people while it runs.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication
 */
export async function startTokenReviewer(tls: ServerCertificate): Promise<TokenReviewer> {
  const users = new Map<string, { username: string; groups: readonly string[] }>();
  const server = createServer({ key: tls.key, cert: tls.cert }, (request, response) => {
    void (async () => {
      const review = (await json(request)) as { apiVersion: string; spec: { token: string } };
      const user = users.get(review.spec.token);
      const status = user === undefined ? { authenticated: false } : { authenticated: true, user };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ apiVersion: review.apiVersion, kind: 'TokenReview', status }));
    })().catch(() => response.writeHead(400).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    issue: (username, groups) => {
      const token = randomBytes(24).toString('base64url');
      users.set(token, { username, groups });
      return token;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
