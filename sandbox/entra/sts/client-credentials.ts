import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Entry } from '../directory.ts';
import { graphAudiences } from '../graph/caller.ts';
import { graphRolesOf } from '../graph-app-roles.ts';
import { issuerOf, type World } from '../world.ts';
import { authenticateClient, findClient } from './authenticate-client.ts';
import type { Form } from './form.ts';
import { StsProblem } from './sts-problem.ts';

const lifetimeSeconds = 3599;

/**
 * Answers `grant_type=client_credentials` for any registered application that proves itself.
 * The token's `roles` are the Graph permissions it has consent for. Raises Entra's refusals.
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
export async function clientCredentials(world: World, form: Form): Promise<object> {
  const application = findClient(world, form);
  const audience = audienceOf(world, form['scope']);
  await authenticateClient(world, application, form);
  const appId = String(application.properties['appId']);
  const principal = world.directory.servicePrincipal(appId);
  if (!principal || !world.directory.isVisible(principal)) {
    throw new StsProblem(
      7000229,
      'unauthorized_client',
      `The client application '${appId}' is missing service principal in the tenant '${world.directory.tenantId}'.`,
    );
  }
  if (principal.properties['accountEnabled'] === false) {
    throw new StsProblem(7000112, 'unauthorized_client', `Application '${appId}' is disabled.`);
  }
  return {
    token_type: 'Bearer',
    expires_in: lifetimeSeconds,
    ext_expires_in: lifetimeSeconds,
    access_token: await accessToken(world, application, principal, audience),
  };
}

function audienceOf(world: World, scope: string | undefined): string {
  if (!scope)
    throw new StsProblem(
      90014,
      'invalid_request',
      "The required field 'scope' is missing from the credential.",
    );
  const resource = scope.replace(/\/\.default$/, '');
  if (resource === scope) {
    throw new StsProblem(
      1002012,
      'invalid_scope',
      `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
    );
  }
  if (!graphAudiences(world).includes(resource)) {
    throw new StsProblem(
      500011,
      'invalid_resource',
      `The resource principal named ${resource} was not found in the tenant.`,
    );
  }
  return resource;
}

async function accessToken(
  world: World,
  application: Entry,
  principal: Entry,
  audience: string,
): Promise<string> {
  const appId = String(application.properties['appId']);
  const now = Math.floor(world.clock.now().getTime() / 1000);
  const revoked = new Set(world.knobs.revokedPermissions);
  const roles = graphRolesOf(world.directory, principal).filter((role) => !revoked.has(role));
  return await new SignJWT({
    appid: appId,
    app_displayname: application.properties['displayName'],
    idtyp: 'app',
    oid: principal.id,
    tid: world.directory.tenantId,
    uti: randomUUID(),
    ver: '1.0',
    ...(roles.length > 0 ? { roles } : {}),
  })
    .setProtectedHeader({ alg: 'RS256', kid: world.signingKey.kid, typ: 'JWT' })
    .setIssuer(issuerOf(world))
    .setSubject(principal.id)
    .setAudience(audience)
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(now + lifetimeSeconds)
    .sign(world.signingKey.privateKey);
}
