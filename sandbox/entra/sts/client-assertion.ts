import { X509Certificate } from 'node:crypto';
import {
  type CryptoKey,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  importX509,
  jwtVerify,
} from 'jose';
import type { Entry } from '../directory.ts';
import { issuerOf, type World } from '../world.ts';
import type { Form } from './form.ts';
import { StsProblem } from './sts-problem.ts';

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * Checks a signed assertion: by one of the application's certificates, or by an issuer that a federated identity
 * credential of the application names. Raises Entra's refusals.
 * @see https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 */
export async function checkAssertion(world: World, application: Entry, form: Form): Promise<void> {
  const assertion = form['client_assertion'] ?? '';
  if (form['client_assertion_type'] !== assertionType) {
    throw new StsProblem(
      7000218,
      'invalid_client',
      "The request body must contain the parameter 'client_assertion_type'.",
    );
  }
  const { issuer, subject } = readIssuer(assertion);
  if (issuer === application.properties['appId']) return await byCertificate(world, application, assertion);
  await byFederation(world, application, assertion, issuer, subject);
}

function readIssuer(assertion: string): { issuer: string; subject: string } {
  try {
    const { iss = '', sub = '' } = decodeJwt(assertion);
    decodeProtectedHeader(assertion);
    return { issuer: iss, subject: sub };
  } catch {
    throw new StsProblem(50027, 'invalid_client', 'JWT token is invalid or malformed.');
  }
}

async function byCertificate(world: World, application: Entry, assertion: string): Promise<void> {
  const clientId = String(application.properties['appId']);
  const audience = [`${world.url}/${world.directory.tenantId}/oauth2/v2.0/token`, issuerOf(world)];
  const algorithm = decodeProtectedHeader(assertion).alg ?? 'RS256';
  for (const certificate of world.directory.certificates.get(application.id) ?? []) {
    const key = await importX509(certificate, algorithm);
    if (await verifies(world, assertion, key, { issuer: clientId, subject: clientId, audience }))
      return requireValid(world, certificate);
  }
  throw new StsProblem(
    700027,
    'invalid_client',
    'The certificate with identifier used to sign the client assertion is not registered on application.',
  );
}

function requireValid(world: World, certificate: string): void {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  const now = world.clock.now();
  if (validFromDate <= now && now < validToDate) return;
  throw new StsProblem(
    1000502,
    'invalid_client',
    'The provided certificate is not within its specified validity period.',
  );
}

async function byFederation(
  world: World,
  application: Entry,
  assertion: string,
  issuer: string,
  subject: string,
): Promise<void> {
  const credentials = world.directory.federatedCredentials.get(application.id) ?? [];
  const credential = credentials.find((one) => one.issuer === issuer && one.subject === subject);
  const trusted = world.seed.trustedIssuers?.find((one) => one.issuer === issuer);
  if (!credential || !trusted) {
    throw new StsProblem(
      700213,
      'invalid_client',
      `No matching federated identity record found for presented assertion subject '${subject}'.`,
    );
  }
  const expected = { issuer, subject, audience: credential.audiences };
  if (!(await verifies(world, assertion, createLocalJWKSet(trusted.jwks), expected))) {
    throw new StsProblem(
      700212,
      'invalid_client',
      'No matching federated identity record found for presented assertion.',
    );
  }
}

type Key = Parameters<typeof jwtVerify>[1] | CryptoKey;

async function verifies(
  world: World,
  assertion: string,
  key: Key,
  expected: { issuer: string; subject: string; audience: string[] },
): Promise<boolean> {
  const options = { ...expected, currentDate: world.clock.now(), clockTolerance: 300 };
  try {
    await (typeof key === 'function'
      ? jwtVerify(assertion, key, options)
      : jwtVerify(assertion, key as CryptoKey, options));
    return true;
  } catch (error) {
    if (error instanceof errors.JWTExpired) {
      throw new StsProblem(700024, 'invalid_client', 'Client assertion is not within its valid time range.');
    }
    return false;
  }
}
