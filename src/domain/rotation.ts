import type { ObservedApplication, ObservedCredential, ObservedRelease, SetupSpec } from './setup.ts';

/** What is rotated: the client secret of a cluster that was set up. */
export interface RotationSpec {
  /** The set-up it stands on, as it was asked for last. */
  readonly setup: SetupSpec;
  /** Why now, in somebody's words. */
  readonly why?: string;
}

/** A Kubernetes Secret during a rotation: the one K10 reads, the one that waits, the one that was before. */
export interface ObservedRotation {
  readonly application: ObservedApplication;
  /** What the Kubernetes Secret held before this rotation changed it. */
  readonly before: ObservedCredential;
  /** Whether its value begins as Entra says that the secret of its key ID does; false: somebody put in another. */
  readonly beforeIsKnown: boolean;
  /** Whether K10 takes the secret by the name of the Kubernetes Secret; else it stands in the values. */
  readonly byReference: boolean;
  readonly chartVersion: string;
  readonly keeper: ObservedRelease['keeper'];
  /** Deployments that read the Kubernetes Secret, by name. */
  readonly readers: readonly string[];
  /** All of K10's Deployments, by name. */
  readonly deployments: readonly string[];
  readonly runningActions: number;
  readonly secretPolicy: { readonly maxLifetimeDays: number | undefined };
}
