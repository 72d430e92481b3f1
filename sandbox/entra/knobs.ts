/** One rule for the secrets of applications, in Graph's words; what is left out is null, or `enabled`. */
export interface SecretRule {
  restrictionType: 'passwordAddition' | 'passwordLifetime' | 'customPasswordAddition';
  maxLifetime?: string;
  state?: 'enabled' | 'disabled';
  restrictForAppsCreatedAfterDateTime?: string;
  /** Actors whose attribute `id` (set and name, joined by an underscore) has this value are exempt. */
  exempt?: { id: string; value: string };
}

/** A policy that is assigned to one application and wins over the tenant's default one, rule by rule. */
export interface AssignedPolicy {
  displayName: string;
  /** The application's `uniqueName`. */
  application: string;
  isEnabled?: boolean;
  rules: SecretRule[];
}

/** Turns what usually goes well in a test into what hurts with the real service. All of it may change at run time. */
export interface Knobs {
  /** New objects are not found by anybody for this long. */
  replicationLagMs: number;
  /** Every n-th Graph request is answered 429; 0 turns it off. */
  throttle: { every: number; retryAfterSeconds: number };
  /** The next n Graph requests are answered 503. */
  unavailableNext: number;
  /** The next n Graph writes are answered 409. */
  conflictNext: number;
  /** A new client secret is refused by the token endpoint for this long. */
  secretAcceptedAfterMs: number;
  /** The tenant's default app management policy: its usual two rules in short, or any in full. */
  secretPolicy: {
    maxLifetimeDays?: number;
    forbidden?: boolean;
    rules?: SecretRule[];
    servicePrincipalRules?: SecretRule[];
  };
  /** App management policies that are assigned to single applications. */
  assignedPolicies: AssignedPolicy[];
  /** Added to every answer. */
  latencyMs: number;
  /** Graph application permissions that are treated as if consent had been taken back. */
  revokedPermissions: string[];
  /** How far the sandbox's clock is off. */
  clockOffsetMs: number;
  /** Groups are made by `Group.Create` without upsert only, and their owners may not delete them. */
  strictGroups: boolean;
  /** Whether Conditional Access demands a second factor. */
  mfaRequired: boolean;
  /** Whether people may agree by themselves to what an application asks for; else an administrator has to. */
  userConsent: boolean;
  /** Sign-in logs need a premium licence. */
  premiumLicence: boolean;
}

/** Knobs at rest: everything works at once. */
export function defaultKnobs(changed: Partial<Knobs> = {}): Knobs {
  return {
    replicationLagMs: 0,
    throttle: { every: 0, retryAfterSeconds: 2.128 },
    unavailableNext: 0,
    conflictNext: 0,
    secretAcceptedAfterMs: 0,
    secretPolicy: {},
    assignedPolicies: [],
    latencyMs: 0,
    revokedPermissions: [],
    clockOffsetMs: 0,
    strictGroups: false,
    mfaRequired: true,
    userConsent: true,
    premiumLicence: true,
    ...changed,
  };
}
