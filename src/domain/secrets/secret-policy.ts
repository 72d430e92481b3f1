import type { Obstacle } from '../setup/setup.ts';

/** What the tenant's app management policies say about new client secrets of one application. */
export interface SecretPolicy {
  /** The policy by which Entra refuses new client secrets; undefined if no policy does. */
  readonly forbiddenBy: ForbiddingPolicy | undefined;
  /** Whole days that a new client secret may live; undefined if no policy limits them. */
  readonly maxLifetimeDays: number | undefined;
}

export interface ForbiddingPolicy {
  /** The tenant's default policy, or the one that is assigned to the application, with its name. */
  readonly policy: 'tenant default' | { readonly name: string };
  /** Whether Kastellan knows that no exemption applies; if not, it may still be allowed to add a secret. */
  readonly certain: boolean;
}

const EXEMPT_KASTELLAN =
  "exempt Kastellan's own enterprise application by a custom security attribute (excludeActors of the restriction passwordAddition)";

/**
 * What keeps Kastellan from adding a client secret, with what an administrator can do about it; undefined if Entra
 * would take one, or might.
 * @param application whether the app registration is there already: only then can a policy be assigned to it
 */
export function secretObstacle({ forbiddenBy }: SecretPolicy, application: boolean): Obstacle | undefined {
  if (forbiddenBy?.certain !== true) return undefined;
  return {
    code: 'entra.secrets-forbidden',
    message: `${subject(forbiddenBy)} forbids client secrets, and K10 cannot sign people in without one.`,
    hint: wayOut(forbiddenBy, application),
  };
}

/** The warning that Entra may refuse a new client secret, if Kastellan cannot read whether an exemption applies. */
export function secretWarning({ forbiddenBy }: SecretPolicy, application: boolean): string | undefined {
  if (forbiddenBy?.certain !== false) return undefined;
  return (
    `${subject(forbiddenBy)} forbids client secrets, with exemptions that Kastellan cannot read: the policy may not ` +
    `apply to Kastellan. If it does, this stops before K10 is changed. ${wayOut(forbiddenBy, application)}`
  );
}

function subject({ policy }: ForbiddingPolicy): string {
  return policy === 'tenant default'
    ? "Your tenant's app management policy"
    : `The app management policy ${policy.name}, which is assigned to this application,`;
}

function wayOut({ policy }: ForbiddingPolicy, application: boolean): string {
  if (policy !== 'tenant default') {
    return `Ask an Entra administrator for an exemption: set the restriction passwordAddition of ${policy.name} to disabled, or ${EXEMPT_KASTELLAN}.`;
  }
  const assign = application
    ? 'assign a policy to this application in which the restriction passwordAddition is disabled, or '
    : '';
  return `Ask an Entra administrator for an exemption: ${assign}${EXEMPT_KASTELLAN}.`;
}
