import type { JsonObject } from '../domain/json.ts';
import type { AuthKeys } from '../domain/setup/auth-values.ts';
import type { RenderedObject } from '../domain/setup/manifest.ts';
import type { ObjectVerbs, RightsReview } from '../domain/setup/rights-review.ts';
import type { Finding } from './finding.ts';
// What the core asks of Helm.

export interface InstalledRelease {
  readonly chart: string;
  readonly chartVersion: string;
  readonly revision: number;
  /** Helm's word: `deployed`, `failed`, `pending-upgrade`, ... */
  readonly status: string;
  /** ISO time of the last change. */
  readonly updatedAt: string;
  /** The user's values of that very revision, secrets included. */
  readonly values: JsonObject;
  /** What K10 gets below `auth`: the chart's defaults and the user's values together. */
  readonly auth: JsonObject;
  /**
   * What the installed chart itself knows below `auth`, from the chart that Helm keeps with the release: no value that a user
   * sets or takes away changes it, and no repository is asked.
   */
  readonly authKeys: AuthKeys;
}

/** The Helm release of one K10. */
export interface Releases {
  /** The release at a revision (default: the newest); undefined where there is none. */
  find(revision?: number): Promise<InstalledRelease | undefined>;
  /** The user's values of a revision (default: the newest), secrets included. */
  userValues(revision?: number): Promise<JsonObject>;
  /** The objects of a revision (default: the newest) as Helm keeps them, without hooks; Secrets' values included. */
  manifest(revision?: number): Promise<RenderedObject[]>;
  /**
   * The objects that an upgrade to these values would make, without hooks; nothing is changed.
   * @param upgrade `integers`: values to send as integers, see `integersIn`
   */
  render(upgrade: {
    chartVersion: string;
    values: JsonObject;
    integers?: readonly string[];
  }): Promise<RenderedObject[]>;
  /**
   * Raises `helm.chart-missing` or `helm.repository-unreachable` when the chart at this version cannot be had; what was found
   * within the last minute counts.
   */
  checkChart(version: string): Promise<void>;
  /** What `helm history` says of a revision; undefined where Helm has dropped it. */
  descriptionOf(revision: number): Promise<string | undefined>;
  /** Whether a revision that Helm still knows was deployed once: after a failed first install there is none. */
  wasEverDeployed(): Promise<boolean>;
  /** `helm upgrade --reset-values` at the given chart version; returns when everything is ready. */
  upgrade(upgrade: {
    chartVersion: string;
    values: JsonObject;
    /** Values to send as integers: see `integersIn`. */
    integers?: readonly string[];
    /** What `helm history` says of the new revision once it is deployed. */
    description: string;
    timeoutMs: number;
    signal: AbortSignal;
  }): Promise<{ revision: number }>;
  rollback(revision: number, timeoutMs: number): Promise<{ revision: number }>;
  /** Removes the record of a revision that a killed run left pending. */
  clearPending(revision: number): Promise<void>;
  /** What the account that Helm uses lacks for an upgrade that does this to these objects. */
  reviewRights(objects: readonly ObjectVerbs[]): Promise<RightsReview>;
  check(): Promise<Finding[]>;
}
