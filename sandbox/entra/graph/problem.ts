export interface ProblemDetail {
  code: string;
  message: string;
  target?: string;
}

/** An answer of Graph that is not a success, in Graph's envelope. */
export class GraphProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: ProblemDetail[];
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: string,
    message: string,
    more: { details?: ProblemDetail[]; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = more.details ?? [];
    this.headers = more.headers ?? {};
  }

  /** The JSON body. @see https://learn.microsoft.com/graph/errors */
  body(now: Date, requestId: string): object {
    return {
      error: {
        code: this.code,
        message: this.message,
        ...(this.details.length > 0 ? { details: this.details } : {}),
        innerError: {
          date: now.toISOString().slice(0, 19),
          'request-id': requestId,
          'client-request-id': requestId,
        },
      },
    };
  }
}

export function badRequest(message: string, details: ProblemDetail[] = []): GraphProblem {
  return new GraphProblem(400, 'Request_BadRequest', message, { details });
}

export function unsupportedQuery(message: string): GraphProblem {
  return new GraphProblem(400, 'Request_UnsupportedQuery', message);
}

/** The sentence by which a missing (or not yet replicated) object is reported. */
export function missing(id: string): string {
  return `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`;
}

export function notFound(id: string): GraphProblem {
  return new GraphProblem(404, 'Request_ResourceNotFound', missing(id));
}

export function denied(message = 'Insufficient privileges to complete the operation.'): GraphProblem {
  return new GraphProblem(403, 'Authorization_RequestDenied', message);
}
