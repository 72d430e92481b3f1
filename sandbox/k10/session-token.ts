import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Who somebody is, as K10 remembers it in their browser. */
export interface SessionClaims {
  /** The name the cluster knows, with its prefix. */
  user: string;
  /** With their prefix. */
  groups: string[];
}

/** Longer ones are dropped (https://docs.kasten.io/latest/access/authentication, "Group Allow List"). */
const maxBytes = 4096;

/** Makes and reads the tokens that K10 keeps in a cookie. They end with the service that made them. */
export class SessionTokens {
  readonly #key = randomBytes(32);
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** A signed token, or undefined if it would be longer than K10 accepts. */
  issue(claims: SessionClaims, seconds: number): string | undefined {
    const expires = Math.floor(this.#now().getTime() / 1000) + seconds;
    const payload = JSON.stringify({ ...claims, exp: expires });
    const body = [{ alg: 'HS256', typ: 'JWT' }, JSON.parse(payload)].map(encode).join('.');
    const token = `${body}.${this.#sign(body)}`;
    return token.length > maxBytes ? undefined : token;
  }

  /** What a token says, or undefined if it is not ours or has ended. */
  read(token: string): SessionClaims | undefined {
    const [head = '', payload = '', signature = ''] = token.split('.');
    const [given, expected] = [signature, this.#sign(`${head}.${payload}`)].map((text) => Buffer.from(text));
    if (!given || !expected || given.length !== expected.length) return undefined;
    if (!timingSafeEqual(given, expected)) return undefined;
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as SessionClaims & {
      exp: number;
    };
    if (claims.exp * 1000 <= this.#now().getTime()) return undefined;
    return { user: claims.user, groups: claims.groups };
  }

  #sign(body: string): string {
    return createHmac('sha256', this.#key).update(body).digest('base64url');
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
