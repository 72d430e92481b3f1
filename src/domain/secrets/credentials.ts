import { createHash } from 'node:crypto';

export type CredentialKind = 'secret' | 'certificate';

/** A client secret or certificate of an app registration, without what is secret about it. */
export interface Credential {
  readonly keyId: string;
  readonly kind: CredentialKind;
  readonly name: string | null;
  /** How people tell it from others: a secret's first three characters, a certificate's SHA-1 thumbprint. */
  readonly hint: string | null;
  /** ISO times. */
  readonly startsAt: string;
  readonly endsAt: string;
}

/** An app registration and what it can prove itself with. */
export interface ApplicationCredentials {
  readonly objectId: string;
  readonly clientId: string;
  readonly displayName: string;
  readonly uniqueName: string | null;
  readonly tags: readonly string[];
  readonly credentials: readonly Credential[];
}

/** Why an application is watched: it signs people in to K10, Kastellan itself runs as it, or the configuration says so. */
export type Purpose =
  | { readonly of: 'cluster'; readonly cluster: string }
  | { readonly of: 'kastellan' }
  | { readonly of: 'other' };

/** A watched application, with what is known about the use of its credentials. */
export interface WatchedApplication extends ApplicationCredentials {
  readonly purpose: Purpose;
  /** The key that is in use: `none` where it is known that none of these is, `unknown` where nobody can tell. */
  readonly inUse: { readonly keyId: string } | 'none' | 'unknown';
  /** Whether that is taken from what was seen last, because the cluster cannot be reached now. */
  readonly assumed?: true;
}

/** The same name for the same credential in every process; it can be read aloud and stands in buttons. */
export function credentialId(application: Pick<ApplicationCredentials, 'clientId'>, keyId: string): string {
  return createHash('sha256').update(`${application.clientId} ${keyId}`).digest('hex').slice(0, 12);
}

/**
 * The credentials whose end somebody would feel: the one in use; where nobody knows which that is, all, except those
 * that have ended and that a newer one has replaced.
 */
export function credentialsThatMatter(application: WatchedApplication, now: Date): readonly Credential[] {
  const { credentials, inUse } = application;
  if (inUse === 'none') return [];
  if (inUse !== 'unknown') return credentials.filter(({ keyId }) => keyId === inUse.keyId);
  return credentials.filter(
    (credential) => !hasEnded(credential, now) || newerThan(credential, credentials) === undefined,
  );
}

/** The credential of the same kind that began later and lasts longer: the newest of them. */
export function newerThan(credential: Credential, others: readonly Credential[]): Credential | undefined {
  return others
    .filter(
      ({ kind, startsAt, endsAt }) =>
        kind === credential.kind &&
        Date.parse(startsAt) > Date.parse(credential.startsAt) &&
        Date.parse(endsAt) > Date.parse(credential.endsAt),
    )
    .toSorted((a, b) => Date.parse(b.endsAt) - Date.parse(a.endsAt))[0];
}

/** The key in use of several, by what is known of it; `unknown` where that fits none or more than one. */
export function keyWithHint(
  credentials: readonly Credential[],
  kind: CredentialKind,
  hint: string,
): { readonly keyId: string } | 'unknown' {
  const [match, another] = credentials.filter((one) => one.kind === kind && one.hint === hint);
  return match === undefined || another !== undefined ? 'unknown' : { keyId: match.keyId };
}

export function hasEnded({ endsAt }: Pick<Credential, 'endsAt'>, now: Date): boolean {
  return Date.parse(endsAt) <= now.getTime();
}
