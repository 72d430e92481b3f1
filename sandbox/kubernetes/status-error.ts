import type { JsonObject } from './json.ts';
import { qualifiedKind, type ResourceKind, resourceName } from './kinds.ts';

export interface StatusCause {
  reason: string;
  message: string;
  field: string;
}

/** An answer other than success; it goes out as a Kubernetes `Status`. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: JsonObject | undefined;

  constructor(code: number, reason: string, message: string, details?: JsonObject) {
    super(message);
    this.name = 'StatusError';
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  /** The JSON body, see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
  toStatus(): JsonObject {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }
}

function detailsOf(kind: ResourceKind, name: string, extra: JsonObject = {}): JsonObject {
  return {
    ...(name ? { name } : {}),
    ...(kind.group ? { group: kind.group } : {}),
    kind: kind.plural,
    ...extra,
  };
}

export function notFound(kind: ResourceKind, name: string): StatusError {
  const message = `${resourceName(kind)} "${name}" not found`;
  return new StatusError(404, 'NotFound', message, detailsOf(kind, name));
}

export function noSuchPath(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(kind: ResourceKind, name: string): StatusError {
  const message = `${resourceName(kind)} "${name}" already exists`;
  return new StatusError(409, 'AlreadyExists', message, detailsOf(kind, name));
}

export function modified(kind: ResourceKind, name: string): StatusError {
  return conflict(
    kind,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}

export function conflict(kind: ResourceKind, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${resourceName(kind)} "${name}": ${why}`;
  return new StatusError(409, 'Conflict', message, detailsOf(kind, name));
}

export function forbidden(kind: ResourceKind, name: string, why: string): StatusError {
  const subject = name ? `${resourceName(kind)} "${name}"` : resourceName(kind);
  return new StatusError(403, 'Forbidden', `${subject} is forbidden: ${why}`, detailsOf(kind, name));
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized');
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new StatusError(415, 'UnsupportedMediaType', message);
}

export function expired(message: string): StatusError {
  return new StatusError(410, 'Expired', message);
}

/** 422 with the field at fault, worded as the API server does. */
export function invalid(kind: ResourceKind, name: string, causes: readonly StatusCause[]): StatusError {
  const texts = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const message = `${qualifiedKind(kind)} "${name}" is invalid: ${list}`;
  return new StatusError(422, 'Invalid', message, {
    ...detailsOf(kind, name),
    kind: kind.kind,
    causes,
  });
}

export function requiredField(field: string, message = 'Required value'): StatusCause {
  return { reason: 'FieldValueRequired', message, field };
}

export function invalidField(field: string, value: unknown, why: string): StatusCause {
  return {
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
    field,
  };
}
