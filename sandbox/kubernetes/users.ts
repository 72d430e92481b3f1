import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ObjectStore } from './store.ts';

/** Who a request comes from, as authorisation sees it. */
export interface User {
  name: string;
  groups: string[];
  uid?: string;
}

const prefix = 'system:serviceaccount:';

/** The groups every service account is in. */
function serviceAccountUser(namespace: string, name: string): User {
  return {
    name: `${prefix}${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}

/** The bearer tokens of the cluster and who they stand for. */
export class TokenBook {
  readonly #users = new Map<string, User>();
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** A new token for a user; `groups` come on top of `system:authenticated`. */
  issue(name: string, groups: readonly string[] = []): string {
    const account = accountOf(name);
    const user = account
      ? serviceAccountUser(account.namespace, account.name)
      : { name, groups: [...groups, 'system:authenticated'] };
    const token = randomBytes(24).toString('base64url');
    this.#users.set(token, user);
    return token;
  }

  /** Who holds this token; undefined for an unknown one and for a service account that has been deleted. */
  userOf(token: string): User | undefined {
    const user = this.#users.get(token);
    const account = user && accountOf(user.name);
    if (!account) return user;
    const object = this.#store.get('serviceaccounts', account.namespace, account.name);
    return object ? { ...user, uid: object.metadata.uid ?? '' } : undefined;
  }

  /** Makes a token worthless. */
  revoke(token: string): void {
    this.#users.delete(token);
  }
}

function accountOf(userName: string): { namespace: string; name: string } | undefined {
  if (!userName.startsWith(prefix)) return undefined;
  const [namespace = '', name = ''] = userName.slice(prefix.length).split(':');
  return { namespace, name };
}

/** The bearer token of a request, or undefined. */
export function bearerToken(headers: IncomingHttpHeaders): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

/** Whom a request wants to act as, and the groups it names for that. */
export interface Impersonation {
  user: User;
  groups: string[];
}

/**
 * What the impersonation headers ask for, or undefined without them.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
 */
export function impersonation(headers: IncomingHttpHeaders): Impersonation | undefined {
  const name = headers['impersonate-user'];
  if (typeof name !== 'string') return undefined;
  const raw = headers['impersonate-group'] ?? [];
  const groups = (Array.isArray(raw) ? raw : raw.split(',')).map((group) => group.trim()).filter(Boolean);
  const account = accountOf(name);
  if (account && groups.length === 0) {
    return { user: serviceAccountUser(account.namespace, account.name), groups };
  }
  const all = groups.includes('system:authenticated') ? groups : [...groups, 'system:authenticated'];
  return { user: { name, groups: all }, groups };
}
