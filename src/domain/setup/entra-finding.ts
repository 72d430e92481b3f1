import type { ObservedSetup, SetupSpec } from './setup.ts';

/** Something in Entra that decides who gets in, or who else could use the app, and is not as people would expect. */
export interface EntraFinding {
  /** What was looked at: `Enterprise application of kasten-service`. */
  readonly subject: string;
  /** What is there, and what it does to people; whole sentences. */
  readonly says: string;
  /**
   * `stops`: no member could sign in, and set-up cannot put it right. `warns`: people must read it first.
   * `notes`: good to know. `unknown`: Entra does not tell.
   */
  readonly weight: 'stops' | 'warns' | 'notes' | 'unknown';
  /** What set-up does about it; absent where it leaves it as it is. */
  readonly planned?: string;
  /** Set where people are kept out by it that only an administrator can let in. */
  readonly keepsOut?: true;
  /** What people can do about it by hand. */
  readonly fix: string;
}

/** What the findings are drawn from. */
export interface ObservedEntra {
  /** `origin` is absent where nobody knows the dashboard's address. */
  readonly spec: Pick<
    SetupSpec,
    'release' | 'path' | 'applicationName' | 'levels' | 'signIn' | 'providerUrl'
  > & {
    readonly origin?: string;
  };
  readonly observed: Pick<
    ObservedSetup,
    'application' | 'servicePrincipal' | 'surroundings' | 'levels' | 'credential'
  >;
  readonly now: Date;
}
