/** Who somebody is. */
export const sessionCookie = 'k10_session';

/** Which sign-in they are in the middle of. */
export const attemptCookie = 'k10_sign_in';

export interface Cookie {
  name: string;
  value: string;
  path: string;
  seconds: number;
}

/** A `Set-Cookie` line. `Lax`, because the provider sends people back from another site. */
export function setCookie({ name, value, path, seconds }: Cookie): string {
  return `${name}=${value}; Path=${path}; Max-Age=${Math.round(seconds)}; Secure; HttpOnly; SameSite=Lax`;
}

export function clearCookie(name: string, path: string): string {
  return `${setCookie({ name, value: '', path, seconds: 0 })}; Expires=Thu, 01 Jan 1970 00:00:00 GMT`;
}

/** The value of a cookie in a `Cookie` header, '' if it is not there. */
export function cookieOf(header: string | undefined, name: string): string {
  const pair = header?.split('; ').find((candidate) => candidate.startsWith(`${name}=`));
  return pair?.slice(name.length + 1) ?? '';
}
