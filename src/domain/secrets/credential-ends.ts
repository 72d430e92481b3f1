import {
  type CredentialKind,
  credentialsThatMatter,
  type Purpose,
  type WatchedApplication,
} from './credentials.ts';

/** When a watched credential ends; nothing that a person named or typed is in it. */
interface CredentialEnd {
  readonly purpose: Purpose;
  readonly clientId: string;
  readonly keyId: string;
  readonly kind: CredentialKind;
  /** ISO time. */
  readonly endsAt: string;
}

/** When those credentials end whose end somebody would feel, as one look at Entra saw them. */
export interface CredentialEnds {
  /** ISO time at which the look began. */
  readonly seenAt: string;
  /** How many there are. */
  readonly count: Readonly<Record<Purpose['of'], number>>;
  /** Those that end first, soonest first. */
  readonly soonest: readonly CredentialEnd[];
}

// Each is a series in Prometheus; a tag may fit all ten thousand applications of a tenant.
const MAX_RESULTS = 1_000;

/** @param seenAt when the look began that gave these */
export function credentialEnds(watched: readonly WatchedApplication[], seenAt: Date): CredentialEnds {
  const ends = watched.flatMap((application) =>
    credentialsThatMatter(application, seenAt).map(({ keyId, kind, endsAt }) => ({
      purpose: application.purpose,
      clientId: application.clientId,
      keyId,
      kind,
      endsAt,
    })),
  );
  const soonest = ends.toSorted((a, b) => Date.parse(a.endsAt) - Date.parse(b.endsAt)).slice(0, MAX_RESULTS);
  const countOf = (of: Purpose['of']) => ends.filter(({ purpose }) => purpose.of === of).length;
  const count = { cluster: countOf('cluster'), kastellan: countOf('kastellan'), other: countOf('other') };
  return { seenAt: seenAt.toISOString(), count, soonest };
}
