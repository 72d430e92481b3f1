import { randomUUID } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import type { Clock } from '../clock.ts';

/** A refusal of the token endpoint. `text` is the sentence after the code. */
export class StsProblem extends Error {
  readonly code: number;
  readonly error: string;
  readonly status: number;

  constructor(code: number, error: string, text: string, status = error === 'invalid_client' ? 401 : 400) {
    super(`AADSTS${code}: ${text}`);
    this.code = code;
    this.error = error;
    this.status = status;
  }
}

/**
 * The body Entra answers with.
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
export function stsBody(
  problem: { error: string; code: number; message: string },
  clock: Clock,
): Record<string, unknown> {
  const traceId = randomUUID();
  const correlationId = randomUUID();
  const timestamp = clock
    .now()
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d{3}Z$/, 'Z');
  return {
    error: problem.error,
    error_description: `${problem.message} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
    error_codes: [problem.code],
    timestamp,
    trace_id: traceId,
    correlation_id: correlationId,
    error_uri: `https://login.microsoftonline.com/error?code=${problem.code}`,
  };
}

export function sendStsProblem(reply: FastifyReply, problem: StsProblem, clock: Clock): FastifyReply {
  return reply.code(problem.status).header('cache-control', 'no-store').send(stsBody(problem, clock));
}
