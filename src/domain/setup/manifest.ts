import type { JsonObject } from '../json.ts';

/** One Kubernetes object as a chart renders it, or as Helm keeps it in a release. */
export interface RenderedObject {
  /** `v1`, `rbac.authorization.k8s.io/v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent for an object that belongs to no namespace. */
  readonly namespace?: string;
  readonly name: string;
  /** The whole object, Secrets' values included: never stored, logged or shown. */
  readonly body: JsonObject;
}
