import { type Credential, hasEnded, type Purpose, type WatchedApplication } from './credentials.ts';

/**
 * Something to tidy up, and what about it:
 * `unused`: nobody uses this secret any more, or it has ended and is still there; `spare`: it is good beside another one,
 * which is in use as far as anybody knows; `long`: it lives longer than allowed; `unowned`: nobody owns the application.
 */
export interface DigestItem {
  readonly about: 'unused' | 'spare' | 'long' | 'unowned';
  readonly application: string;
  readonly clientId: string;
  readonly purpose: Purpose;
  readonly credential?: Credential;
  /** How the one in use begins, where that is known. */
  readonly inUseHint?: string;
  /** How many days are allowed. */
  readonly allowedDays?: number;
}

/** What was found in one week. */
export interface Digest {
  /** The day on which it was due: `2026-11-23`. */
  readonly week: string;
  readonly items: readonly DigestItem[];
}

const DAY_MS = 86_400_000;

/**
 * What is to be tidied up among the watched applications.
 * @param unowned object IDs of applications without an owner
 * @param allowedDays how long a secret may live; undefined where nobody says
 */
export function tidyUp(
  watched: readonly WatchedApplication[],
  unowned: ReadonlySet<string>,
  allowedDays: number | undefined,
  now: Date,
): DigestItem[] {
  return watched.flatMap((application) => {
    const { objectId, displayName, clientId, purpose } = application;
    const common = { application: displayName, clientId, purpose };
    return [
      ...idle(application, now).map((item) => ({ ...common, ...item })),
      ...long(application, allowedDays, now).map((item) => ({ ...common, ...item })),
      ...(unowned.has(objectId) ? [{ ...common, about: 'unowned' as const }] : []),
    ];
  });
}

type Found = Omit<DigestItem, 'application' | 'clientId' | 'purpose'>;

// What is in use has reminders of its own, also after its end.
function idle({ credentials, inUse, assumed }: WatchedApplication, now: Date): Found[] {
  if (assumed) return [];
  const used = typeof inUse === 'object' ? credentials.find(({ keyId }) => keyId === inUse.keyId) : undefined;
  const others = credentials.filter((credential) => credential !== used);
  const good = others.filter((credential) => !hasEnded(credential, now));
  const over = others.filter((credential) => hasEnded(credential, now));
  const successors = credentials.length - over.length;
  const unused = [...(inUse === 'none' ? good : []), ...(used !== undefined || successors > 0 ? over : [])];
  const spare = used !== undefined ? good : inUse === 'unknown' ? secondsOf(good) : [];
  return [
    ...unused.map((credential): Found => ({ about: 'unused', credential })),
    ...spare.map((credential): Found => {
      const hint = used?.hint ?? undefined;
      return { about: 'spare', credential, ...(hint !== undefined && { inUseHint: hint }) };
    }),
  ];
}

/** All of a kind but the newest, which is most likely the one in use. */
function secondsOf(credentials: readonly Credential[]): Credential[] {
  return credentials.filter((credential) =>
    credentials.some(
      (other) =>
        other.kind === credential.kind && Date.parse(other.startsAt) > Date.parse(credential.startsAt),
    ),
  );
}

function long({ credentials }: WatchedApplication, allowedDays: number | undefined, now: Date): Found[] {
  if (allowedDays === undefined) return [];
  return credentials
    .filter(
      ({ kind, startsAt, endsAt }) =>
        kind === 'secret' &&
        Date.parse(endsAt) > now.getTime() &&
        // A day more is nobody's fault: clocks and roundings differ.
        Date.parse(endsAt) - Date.parse(startsAt) > (allowedDays + 1) * DAY_MS,
    )
    .map((credential) => ({ about: 'long', credential, allowedDays }));
}

/** The id of the card that shows a digest. */
export function digestCardId({ week }: Pick<Digest, 'week'>): string {
  return `${DIGEST_CARD}${week}`;
}

/** The week of the digest that a card shows; undefined if it is another card. */
export function digestOfCard(cardId: string): string | undefined {
  return cardId.startsWith(DIGEST_CARD) ? cardId.slice(DIGEST_CARD.length) : undefined;
}

const DIGEST_CARD = 'digest-';
