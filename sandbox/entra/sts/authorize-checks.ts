import { objectOf, textOf } from '../directory.ts';
import type { World } from '../world.ts';
import { findClient } from './authenticate-client.ts';
import type { Form } from './form.ts';
import { redirectUrisOf } from './platforms.ts';
import { refuseScope } from './scopes.ts';
import { StsProblem } from './sts-problem.ts';

/** Raises what Entra shows on a page of its own because the redirect URI cannot be trusted: 700016 and 50011. */
export function checkAuthorize(world: World, query: Form): void {
  const application = findClient(world, query);
  const uri = query['redirect_uri'] ?? '';
  const uris = redirectUrisOf(application);
  if (uris.length === 0) {
    throw new StsProblem(500113, 'invalid_request', 'No reply address is registered for the application.');
  }
  if (!uris.includes(uri)) {
    throw new StsProblem(
      50011,
      'invalid_request',
      `The redirect URI '${uri}' specified in the request does not match the redirect URIs configured for the application '${String(application.properties['appId'])}'. Make sure the redirect URI sent in the request matches one added to your application.`,
    );
  }
}

/** The refusal that goes back to the application, or undefined: 700054, 700051, 70011 and 650053. */
export function refuseAuthorize(world: World, query: Form): StsProblem | undefined {
  const application = world.directory.application(query['client_id'] ?? '');
  const web = objectOf(application?.properties ?? {}, 'web');
  const wanted = query['response_type']?.split(' ') ?? [];
  const implicit = objectOf(web, 'implicitGrantSettings');
  if (wanted.includes('token') && implicit['enableAccessTokenIssuance'] !== true) {
    return new StsProblem(
      700051,
      'unsupported_response_type',
      "response_type 'token' is not enabled for the application.",
    );
  }
  if (wanted.includes('id_token') && implicit['enableIdTokenIssuance'] !== true) {
    return new StsProblem(
      700054,
      'unsupported_response_type',
      "response_type 'id_token' is not enabled for the application.",
    );
  }
  if (!query['scope']?.trim()) {
    return new StsProblem(
      70011,
      'invalid_scope',
      "The provided value for the input parameter 'scope' is not valid.",
    );
  }
  return refuseScope(textOf(application?.properties ?? {}, 'displayName') ?? '', query['scope']);
}

/** Where the browser goes with a refusal: by fragment for token responses, else by query. */
export function refusalAddress(query: Form, problem: StsProblem): string {
  const url = new URL(query['redirect_uri'] ?? '');
  const answer = new URLSearchParams({ error: problem.error, error_description: problem.message });
  if (query['state'] !== undefined) answer.set('state', query['state']);
  const fragment = query['response_type'] !== 'code' && query['response_mode'] !== 'query';
  if (fragment) url.hash = answer.toString();
  else for (const [name, value] of answer) url.searchParams.set(name, value);
  return url.href;
}
