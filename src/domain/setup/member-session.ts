import type { JsonObject } from '../json.ts';
import type { EntraPerson } from '../person.ts';
import { groupsThatPass } from './group-allow-list.ts';
import { prefixedGroup } from './naming.ts';
import type { SetupSpec } from './setup.ts';

/** Entra sends no groups at all in a token of somebody who is in more (https://learn.microsoft.com/entra/identity-platform/optional-claims). */
const MAX_TOKEN_GROUPS = 200;
// K10 drops a session token that is larger (https://docs.kasten.io/latest/access/authentication, "Group Allow List").
const MAX_SESSION_BYTES = 4_096;
// Header, signature and the two dots of a signed token; claims besides user and groups come on top.
const SIGNED_BYTES = 80;
// Every user who is signed in is in this group for Kubernetes.
const AUTHENTICATED = 'system:authenticated';

/** As whom K10 asks the cluster on behalf of somebody who signed in. */
export interface MemberSession {
  /** With its prefix; undefined if only Entra knows what the claim will hold. */
  readonly user: string | undefined;
  /** With their prefix, those that K10 drops left out. */
  readonly groups: readonly string[];
}

type Setup = Pick<SetupSpec, 'signIn' | 'providerUrl'>;

/**
 * What K10 makes of a member's token, or why it makes nothing of it.
 * @param auth K10's values below `auth`
 * @param tokenGroups object IDs of the groups that Entra would send
 */
export function memberSession(
  setup: Setup,
  auth: JsonObject,
  person: Pick<EntraPerson, 'objectId' | 'userPrincipalName'>,
  tokenGroups: readonly string[],
): MemberSession | { readonly problem: string } {
  if (tokenGroups.length > MAX_TOKEN_GROUPS) {
    return {
      problem: `Entra leaves the groups out of a token with more than ${MAX_TOKEN_GROUPS}, and this account is in ${tokenGroups.length} security groups; with group claims of the kind ApplicationGroup it sends only those of K10`,
    };
  }
  const prefixed = tokenGroups.map((id) => prefixedGroup(setup.signIn.groupPrefix, id));
  const groups = groupsThatPass(auth, prefixed);
  const user = userName(setup, person);
  const bytes = sessionBytes({ user, groups });
  if (bytes > MAX_SESSION_BYTES) {
    return {
      problem: `K10 drops a session of more than 4 KB, and ${groups.length} groups need at least ${bytes} bytes; auth.groupAllowList, or group claims of the kind ApplicationGroup, make it smaller`,
    };
  }
  return { user, groups: [...groups, AUTHENTICATED] };
}

function userName(
  { signIn, providerUrl }: Setup,
  { objectId, userPrincipalName }: Pick<EntraPerson, 'objectId' | 'userPrincipalName'>,
): string | undefined {
  const claims: Readonly<Record<string, string>> = {
    oid: objectId,
    upn: userPrincipalName,
    preferred_username: userPrincipalName,
  };
  const name = Object.hasOwn(claims, signIn.usernameClaim) ? claims[signIn.usernameClaim] : undefined;
  if (name === undefined) return undefined;
  if (signIn.usernamePrefix === '-') return name;
  return `${signIn.usernamePrefix === '' ? `${providerUrl}#` : signIn.usernamePrefix}${name}`;
}

/** The least that such a session needs as a signed token, in bytes. */
function sessionBytes({ user = '', groups }: MemberSession): number {
  const claims = Buffer.byteLength(JSON.stringify({ user, groups }));
  return SIGNED_BYTES + Math.ceil((claims * 4) / 3);
}
