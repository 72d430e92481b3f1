import type { ObservedApplication, ObservedCredential, ObservedRelease, SetupSpec } from '../setup/setup.ts';
import type { RunWindow } from './rotation-window.ts';

/** What is rotated: the client secret of a cluster that was set up. */
export interface RotationSpec {
  /** The set-up it stands on, as it was asked for last. */
  readonly setup: SetupSpec;
  /** Where the calendar asked: when the secret in use ends (ISO time), and the window in which it may run. */
  readonly endsAt?: string;
  readonly window?: RunWindow;
  /** Set by somebody who put it off: the calendar asks again on that day. */
  readonly postponed?: Postponement;
  /** The tear-down after which there is nothing to rotate any more: it was called off. */
  readonly calledOffBy?: string;
}

/** Somebody's *Not now*. */
interface Postponement {
  /** A day: `2026-12-05`. */
  readonly until: string;
  readonly reason: string;
  /** Slack user id. */
  readonly by: string;
  /** ISO time. */
  readonly at: string;
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
  readonly managedBy: ObservedRelease['managedBy'];
  /** Deployments that read the Kubernetes Secret, by name. */
  readonly readers: readonly string[];
  /** All of K10's Deployments, by name. */
  readonly deployments: readonly string[];
  readonly runningActions: number;
  readonly secretPolicy: { readonly maxLifetimeDays: number | undefined };
  /** Sentences for the head of the plan. */
  readonly warnings: readonly string[];
}
