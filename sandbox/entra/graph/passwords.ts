import { randomBytes, randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { graphTime } from '../clock.ts';
import { isProperties, listOf, objectOf, type Properties, textOf } from '../directory.ts';
import type { World } from '../world.ts';
import { requireAllowedSecret } from './app-management.ts';
import { audit } from './audit.ts';
import { requireRight } from './caller.ts';
import { checkBody, invalidValue } from './check-body.ts';
import { find } from './lookup.ts';
import { changeApplication } from './permissions.ts';
import { badRequest } from './problem.ts';
import { passwordCredentialShape } from './shapes.ts';

interface ApplicationPath {
  Params: { application: string };
}

/** Client secrets. @see https://learn.microsoft.com/graph/api/application-addpassword */
export function passwordRoutes(app: FastifyInstance, world: World): void {
  app.post<ApplicationPath>('/applications/:application/addPassword', (request) => {
    const entry = find(world, 'application', request.params.application);
    requireRight(request.caller, changeApplication, entry);
    const body = checkBody(
      request.body ?? {},
      { passwordCredential: passwordCredentialShape },
      'Application',
    );
    const { start, end } = lifetime(world, objectOf(body, 'passwordCredential'));
    requireAllowedSecret(world, request.caller, entry, { start, end });
    const text = secretText();
    const credential = {
      customKeyIdentifier: null,
      displayName: textOf(objectOf(body, 'passwordCredential'), 'displayName') ?? null,
      endDateTime: graphTime(end),
      hint: text.slice(0, 3),
      keyId: randomUUID(),
      secretText: null,
      startDateTime: graphTime(start),
    };
    entry.properties = {
      ...entry.properties,
      passwordCredentials: [...listOf(entry.properties, 'passwordCredentials'), credential],
    };
    const acceptedAt = world.clock.now().getTime() + world.knobs.secretAcceptedAfterMs;
    world.directory.secretTexts.set(credential.keyId, { text, acceptedAt });
    audit(world, request.caller, 'Update application - Certificates and secrets management', entry);
    return {
      '@odata.context': `${world.url}/v1.0/$metadata#microsoft.graph.passwordCredential`,
      ...credential,
      secretText: text,
    };
  });

  app.post<ApplicationPath>('/applications/:application/removePassword', (request, reply) => {
    const entry = find(world, 'application', request.params.application);
    requireRight(request.caller, changeApplication, entry);
    const body = checkBody(request.body, { keyId: 'guid' }, 'Application');
    const before = listOf(entry.properties, 'passwordCredentials');
    const kept = before.filter((one) => !isProperties(one) || one['keyId'] !== body['keyId']);
    if (kept.length === before.length)
      throw badRequest(`No password credential found with keyId '${String(body['keyId'])}'.`);
    entry.properties = { ...entry.properties, passwordCredentials: kept };
    world.directory.secretTexts.delete(String(body['keyId']));
    audit(world, request.caller, 'Update application - Certificates and secrets management', entry);
    return reply.code(204).send();
  });
}

function lifetime(world: World, asked: Properties): { start: Date; end: Date } {
  const start = asked['startDateTime'] ? new Date(String(asked['startDateTime'])) : world.clock.now();
  const end = asked['endDateTime'] ? new Date(String(asked['endDateTime'])) : twoYearsAfter(start);
  if (end <= start) throw invalidValue('endDateTime', 'Application');
  return { start, end };
}

function twoYearsAfter(start: Date): Date {
  const end = new Date(start);
  end.setUTCFullYear(end.getUTCFullYear() + 2);
  return end;
}

/** Forty characters with the marks that real secrets carry, so that whoever forgets to encode them notices. */
function secretText(): string {
  const text = randomBytes(30).toString('base64url').slice(0, 36);
  return `${text.slice(0, 3)}8Q~${text.slice(3)}.`.slice(0, 40);
}
