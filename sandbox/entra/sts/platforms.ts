import { type Entry, listOf, objectOf } from '../directory.ts';
import { StsProblem } from './sts-problem.ts';

/** Every address an application is registered with, whatever its platform. */
export function redirectUrisOf(application: Entry): string[] {
  return ['web', 'spa', 'publicClient'].flatMap((platform) => urisUnder(application, platform));
}

/**
 * Raises Entra's refusal of a code that was sent to an address of a platform on which no secret is taken.
 * @see https://learn.microsoft.com/entra/identity-platform/reply-url
 */
export function checkPlatform(application: Entry, redirectUri: string | undefined, hasOrigin: boolean): void {
  if (redirectUri === undefined) return;
  if (urisUnder(application, 'spa').includes(redirectUri) && !hasOrigin) {
    throw new StsProblem(
      9002327,
      'invalid_request',
      "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests.",
    );
  }
  if (urisUnder(application, 'publicClient').includes(redirectUri)) {
    throw new StsProblem(
      700025,
      'invalid_client',
      "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    );
  }
}

function urisUnder(application: Entry, platform: string): string[] {
  return listOf(objectOf(application.properties, platform), 'redirectUris').map(String);
}
