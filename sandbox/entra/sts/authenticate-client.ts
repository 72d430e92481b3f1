import { timingSafeEqual } from 'node:crypto';
import { type Entry, isProperties, listOf, type Properties } from '../directory.ts';
import type { World } from '../world.ts';
import { checkAssertion } from './client-assertion.ts';
import type { Form } from './form.ts';
import { StsProblem } from './sts-problem.ts';

/** Finds the application a token request speaks for. Raises 90014 and 700016. */
export function findClient(world: World, form: Form): Entry {
  const clientId = form['client_id'];
  if (!clientId)
    throw new StsProblem(
      900144,
      'invalid_request',
      "The request body must contain the following parameter: 'client_id'.",
    );
  const application = world.directory.application(clientId);
  if (!application || !world.directory.isVisible(application)) {
    throw new StsProblem(
      700016,
      'unauthorized_client',
      `Application with identifier '${clientId}' was not found in the directory '${world.directory.tenantId}'.`,
    );
  }
  return application;
}

/** Proves that the request comes from the application: by secret or by signed assertion. Raises Entra's refusals. */
export async function authenticateClient(world: World, application: Entry, form: Form): Promise<void> {
  if (form['client_assertion']) return await checkAssertion(world, application, form);
  const secret = form['client_secret'];
  if (!secret) {
    throw new StsProblem(
      7000218,
      'invalid_client',
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    );
  }
  checkSecret(world, application, secret);
}

function checkSecret(world: World, application: Entry, secret: string): void {
  const appId = String(application.properties['appId']);
  const credential = listOf(application.properties, 'passwordCredentials')
    .filter(isProperties)
    .find((one) => matches(world, one, secret));
  if (!credential) {
    throw new StsProblem(
      7000215,
      'invalid_client',
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${appId}'.`,
    );
  }
  if (new Date(String(credential['endDateTime'])) <= world.clock.now()) {
    throw new StsProblem(
      7000222,
      'invalid_client',
      `The provided client secret keys for app '${appId}' are expired. Visit the portal to create new keys for your app.`,
    );
  }
}

/** A secret that is too new is not known yet to the token endpoint, which looks exactly like a wrong one. */
function matches(world: World, credential: Properties, secret: string): boolean {
  const known = world.directory.secretTexts.get(String(credential['keyId']));
  if (!known || known.acceptedAt > world.clock.now().getTime()) return false;
  const [a, b] = [Buffer.from(known.text), Buffer.from(secret)];
  return a.length === b.length && timingSafeEqual(a, b);
}
