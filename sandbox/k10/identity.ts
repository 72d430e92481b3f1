import type { SessionClaims } from './session-token.ts';
import type { OidcSettings } from './sign-in-settings.ts';

/**
 * The user and groups that K10 acts as in the cluster, from the claims of an ID token.
 * @throws Error if the claim with the user's name is missing.
 * @see https://docs.kasten.io/latest/access/authentication
 */
export function identityOf(claims: Readonly<Record<string, unknown>>, settings: OidcSettings): SessionClaims {
  const { usernameClaim, groupClaim, groupPrefix, groupAllowList } = settings;
  const name = claims[usernameClaim];
  if (typeof name !== 'string' || name === '') {
    throw new Error(`The ID token has no claim "${usernameClaim}", which is to hold the user's name.`);
  }
  const listed = groupClaim === '' ? [] : claims[groupClaim];
  const groups = (Array.isArray(listed) ? listed : [listed]).filter((group) => typeof group === 'string');
  // The list holds names as the cluster knows them, because K10's chart also puts them into bindings just so.
  const named = groups.map((group) => `${groupPrefix}${group}`);
  const kept = named.filter((group) => groupAllowList.length === 0 || groupAllowList.includes(group));
  return { user: `${userPrefix(settings)}${name}`, groups: kept };
}

/** Without a prefix, names that are no mail addresses get the issuer's; `-` means none. */
function userPrefix({ usernamePrefix, usernameClaim, providerUrl }: OidcSettings): string {
  if (usernamePrefix === '-') return '';
  if (usernamePrefix !== '' || usernameClaim === 'email') return usernamePrefix;
  return `${providerUrl}#`;
}
