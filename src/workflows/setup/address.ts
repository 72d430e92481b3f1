import { setTimeout as sleep } from 'node:timers/promises';
import { asKastellanError } from '../../domain/errors.ts';
import { dashboardAddress, redirectUri, type ServedAt, servedPath } from '../../domain/setup/naming.ts';
import type { Obstacle } from '../../domain/setup/setup.ts';
import type { FieldProblem } from '../../domain/setup/setup-form.ts';
import type { SignIn } from '../../ports/sign-in.ts';

/** What a look at the dashboard's address came to. */
interface AddressFindings {
  /** K10 answers, but not at this address: sign-in would fail. */
  readonly obstacle: Obstacle | undefined;
  /** What could not be seen, or looks unlike K10; a sentence each. */
  readonly warnings: readonly string[];
}

/** What is known of where K10 is served besides what was asked. */
interface KnownAddresses {
  /** Path that the release's values give, without slashes at its ends; absent: the release's name. */
  readonly path?: string | undefined;
  /** What Ingresses and Routes serve; left out where the configuration has the address. */
  readonly found?: readonly string[];
}

type Answer = Awaited<ReturnType<SignIn['dashboardRedirect']>>;
type Seen = Answer | { readonly silent: string };

const NONE: AddressFindings = { obstacle: undefined, warnings: [] };
const CALLBACK = /\/auth-svc\/v0\/oidc\/redirect$/;

/**
 * Asks the dashboard's address as a browser without a session would, before anything is changed. Only what is certain stands
 * in the way: people may reach what Kastellan does not, so silence is a warning.
 */
export async function checkAddress(
  signIn: SignIn,
  at: ServedAt,
  known: KnownAddresses = {},
): Promise<AddressFindings> {
  const elsewhere = otherThanServed(at, known);
  const { obstacle, warnings } = await probe(signIn, at, known);
  return { obstacle, warnings: [...elsewhere, ...warnings] };
}

async function probe(signIn: SignIn, at: ServedAt, known: KnownAddresses): Promise<AddressFindings> {
  const address = dashboardAddress(at);
  const seen = await fetchSeen(signIn, address);
  if ('silent' in seen) {
    const path = known.path ?? at.release;
    if (known.path !== undefined && servedPath(at) !== path) return refused(at, path);
    return warned(
      `${seen.silent} From where Kastellan runs it could not be checked whether ${address} is K10, and the proof at the end needs it.`,
    );
  }
  if (seen.redirected) return whereItSendsBack(at, seen.redirectUri);
  if (looksLikeK10(seen)) return customPath(at);
  const other = await answersElsewhere(signIn, at, known);
  if (other !== undefined) return refused(at, other);
  return warned(`${seen.detail} That is not what K10 answers at ${address}.`);
}

// K10 names the redirect URI that Entra has to know; of it only the path is K10's own, the rest is what set-up sets.
function whereItSendsBack(at: ServedAt, sent: string): AddressFindings {
  const path = URL.parse(sent)?.pathname ?? '';
  if (!CALLBACK.test(path)) {
    return warned(
      `Something in front of ${dashboardAddress(at)} signs people in by itself (it names the redirect URI ${sent}): K10 is not seen behind it.`,
    );
  }
  if (path === new URL(redirectUri(at)).pathname) return NONE;
  return refused(at, path.replace(CALLBACK, '').replace(/^\//, ''));
}

// A K10 that asks nobody to sign in through a provider yet does not say where it will send people back to.
function customPath(at: ServedAt): AddressFindings {
  if (at.path === undefined || at.path === at.release) return NONE;
  return warned(
    `K10 is served at the path /${at.path}/, and not at /${at.release}/. Whether it sends people back there shows only after the upgrade; if it does not, the proof fails and everything can be rolled back.`,
  );
}

async function answersElsewhere(
  signIn: SignIn,
  at: ServedAt,
  known: KnownAddresses,
): Promise<string | undefined> {
  const own = servedPath(at);
  const paths = [...new Set([known.path ?? at.release, at.release])].filter((path) => path !== own);
  for (const path of paths) {
    const seen = await fetchSeen(signIn, dashboardAddress({ ...at, path }));
    if (!('silent' in seen) && (seen.redirected ? CALLBACK.test(seen.redirectUri) : looksLikeK10(seen)))
      return path;
  }
  return undefined;
}

function refused(at: ServedAt, path: string): AddressFindings {
  const right = dashboardAddress({ ...at, path });
  return {
    obstacle: {
      code: 'setup.address-path',
      message: `K10 answers at ${right} and not at ${dashboardAddress(at)}: the Helm release is called ${at.release}${path === at.release ? '' : `, but its path is /${path}`}.`,
      hint: `Give ${right} as the address.`,
    },
    warnings: [],
  };
}

function looksLikeK10({ broken, isK10 }: Extract<Answer, { redirected: false }>): boolean {
  return !broken && isK10;
}

function otherThanServed(at: ServedAt, { found = [] }: KnownAddresses): string[] {
  const host = (address: string): string | undefined => URL.parse(address)?.hostname;
  const own = host(at.origin);
  if (found.length === 0 || found.some((address) => host(address) === own)) return [];
  return [`No Ingress or Route of K10 serves ${at.origin}; they serve ${found.join(' and ')}.`];
}

async function fetchSeen(signIn: SignIn, address: string): Promise<Seen> {
  try {
    return await signIn.dashboardRedirect(address);
  } catch (thrown) {
    return { silent: asKastellanError(thrown).message };
  }
}

function warned(warning: string): AddressFindings {
  return { obstacle: undefined, warnings: [warning] };
}

/**
 * What is certainly wrong with the address of a form, at its field.
 * @param within milliseconds to look; what is not answered by then is looked at again when the plan is made
 */
export async function findAddressProblems(
  signIn: SignIn,
  at: ServedAt,
  within: number,
): Promise<FieldProblem[]> {
  const timer = new AbortController();
  const looked = checkAddress(signIn, at).then(({ obstacle }) =>
    obstacle === undefined
      ? []
      : [{ field: 'dashboardUrl', message: `${obstacle.message} ${obstacle.hint ?? ''}`.trim() }],
  );
  const late = sleep(within, [], { signal: timer.signal }).catch(() => []);
  const problems = await Promise.race([looked, late]);
  timer.abort();
  return problems;
}
