import { listOf, objectOf, type Properties, textOf } from '../directory.ts';
import { invalidValue } from './check-body.ts';
import { badRequest } from './problem.ts';

const groupClaims = new Set(['None', 'SecurityGroup', 'DirectoryRole', 'ApplicationGroup', 'All']);
const audiences = new Set([
  'AzureADMyOrg',
  'AzureADMultipleOrgs',
  'AzureADandPersonalMicrosoftAccount',
  'PersonalMicrosoftAccount',
]);

/**
 * Raises Graph's 400 for values an app registration may not have.
 * @see https://learn.microsoft.com/entra/identity-platform/supported-accounts-validation
 */
export function checkApplication(body: Properties): void {
  const wrong = (name: string) => invalidValue(name, 'Application');
  if ('passwordCredentials' in body)
    throw badRequest("Property 'passwordCredentials' cannot be set; use addPassword.");
  const name = textOf(body, 'displayName');
  if (name !== undefined && (name === '' || name.length > 120)) throw wrong('displayName');
  const claims = textOf(body, 'groupMembershipClaims');
  // Several values may be given, separated by commas.
  if (claims?.split(',').some((claim) => !groupClaims.has(claim.trim())))
    throw wrong('groupMembershipClaims');
  const audience = textOf(body, 'signInAudience');
  if (audience !== undefined && !audiences.has(audience)) throw wrong('signInAudience');
  checkWeb(objectOf(body, 'web'));
  checkTags(listOf(body, 'tags'));
  if (listOf(body, 'requiredResourceAccess').length > 50) throw wrong('requiredResourceAccess');
}

function checkWeb(web: Properties): void {
  const uris = listOf(web, 'redirectUris').map(String);
  if (new Set(uris).size < uris.length) {
    throw duplicateUris();
  }
  if (uris.length > 256 || !uris.every(isRedirectUri)) throw invalidValue('web.redirectUris', 'Application');
  const logout = textOf(web, 'logoutUrl');
  if (logout !== undefined && (logout.length > 255 || !logout.startsWith('https://'))) {
    throw invalidValue('web.logoutUrl', 'Application');
  }
}

/** Web redirect URIs are https, or http on the loopback host; no wildcard, no fragment. */
function isRedirectUri(text: string): boolean {
  if (!URL.canParse(text) || text.length > 256 || text.includes('*')) return false;
  const url = new URL(text);
  const loopback = url.protocol === 'http:' && url.hostname === 'localhost';
  return (url.protocol === 'https:' || loopback) && url.hash === '';
}

/** Raises Graph's 400 for an address that more than one platform would have. */
export function checkPlatforms(after: Properties): void {
  const all = platforms.flatMap((name) => listOf(objectOf(after, name), 'redirectUris'));
  if (new Set(all).size < all.length) throw duplicateUris();
}

const platforms = ['web', 'spa', 'publicClient'];

function duplicateUris(): Error {
  const message = 'Request contains a property with duplicate values.';
  return badRequest(message, [{ code: 'DuplicateValue', message, target: 'redirectUris' }]);
}

function checkTags(tags: readonly unknown[]): void {
  const texts = tags.map(String);
  const wrong = texts.some((tag) => tag.length < 1 || tag.length > 256 || /\s/.test(tag));
  if (wrong || new Set(texts).size < texts.length) throw invalidValue('tags', 'Application');
}
