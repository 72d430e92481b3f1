import type { FastifyInstance, FastifyReply, FastifyRequest, InjectOptions } from 'fastify';
import { isProperties, listOf, type Properties } from '../directory.ts';
import { GraphProblem } from './problem.ts';

interface Part {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: unknown;
  readonly dependsOn: readonly string[];
}

interface PartAnswer {
  readonly id: string;
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

const maxParts = 20;

/** Up to 20 requests in one. @see https://learn.microsoft.com/graph/json-batching */
export function batchRoute(app: FastifyInstance): void {
  app.post('/$batch', async (request: FastifyRequest, reply: FastifyReply) => {
    const parts = readParts(request.body);
    const answers = new Map<string, Promise<PartAnswer>>();
    // Side by side, except where one waits for another by name.
    for (const part of parts) answers.set(part.id, runAfter(app, request, part, answers));
    return reply.send({ responses: await Promise.all(answers.values()) });
  });
}

async function runAfter(
  app: FastifyInstance,
  outer: FastifyRequest,
  part: Part,
  answers: ReadonlyMap<string, Promise<PartAnswer>>,
): Promise<PartAnswer> {
  const before = await Promise.all(part.dependsOn.map((id) => answers.get(id)));
  const failed = before.some((answer) => (answer?.status ?? 424) >= 400);
  return failed ? dependencyFailed(part) : run(app, outer, part);
}

async function run(app: FastifyInstance, outer: FastifyRequest, part: Part): Promise<PartAnswer> {
  const options: InjectOptions = {
    method: part.method as NonNullable<InjectOptions['method']>,
    url: `/v1.0${part.url}`,
    headers: {
      ...part.headers,
      authorization: outer.headers.authorization ?? '',
      'x-sandbox-batch-part': outer.id,
    },
    ...(part.body === undefined ? {} : { payload: JSON.stringify(part.body) }),
  };
  const answer = await app.inject(options);
  const headers = partHeaders(answer.headers);
  const status = { id: part.id, status: answer.statusCode, headers };
  return answer.body === '' ? status : { ...status, body: JSON.parse(answer.body) };
}

function partHeaders(all: Record<string, unknown>): Record<string, string> {
  const kept = ['content-type', 'retry-after', 'location'];
  const names: Record<string, string> = {
    'content-type': 'Content-Type',
    'retry-after': 'Retry-After',
    location: 'Location',
  };
  return Object.fromEntries(
    kept.filter((name) => all[name] !== undefined).map((name) => [names[name] ?? name, String(all[name])]),
  );
}

function dependencyFailed(part: Part): PartAnswer {
  const error = { code: 'FailedDependency', message: 'Failed Dependency' };
  return { id: part.id, status: 424, body: { error } };
}

function readParts(body: unknown): Part[] {
  const requests = isProperties(body) ? listOf(body, 'requests') : [];
  if (requests.length === 0) throw invalid('The batch request must contain at least one request.');
  if (requests.length > maxParts)
    throw invalid('Number of batch request steps exceeds the maximum value of 20.');
  const parts = requests.map(readPart);
  const seen = new Set<string>();
  for (const part of parts) {
    if (seen.has(part.id)) throw invalid(`Request Id '${part.id}' has to be unique in a batch.`);
    if (part.dependsOn.some((id) => !seen.has(id)))
      throw invalid(`Request '${part.id}' depends on an unknown request.`);
    seen.add(part.id);
  }
  return parts;
}

function readPart(value: unknown): Part {
  if (!isProperties(value)) throw invalid('A batch step must be an object.');
  const { id, method, url, body } = value;
  if (
    typeof id !== 'string' ||
    typeof method !== 'string' ||
    typeof url !== 'string' ||
    !url.startsWith('/')
  ) {
    throw invalid('A batch step needs an id, a method and a relative url.');
  }
  if (url.startsWith('/$batch')) throw invalid('Batch requests cannot be nested.');
  const headers = readHeaders(value['headers']);
  const json = Object.entries(headers).some(
    ([name, text]) => name.toLowerCase() === 'content-type' && text.startsWith('application/json'),
  );
  if (body !== undefined && !json) throw invalid(`Request '${id}' has a body but no Content-Type header.`);
  return {
    id,
    method: method.toUpperCase(),
    url,
    headers,
    body,
    dependsOn: listOf(value, 'dependsOn').map(String),
  };
}

function readHeaders(value: unknown): Record<string, string> {
  const given: Properties = isProperties(value) ? value : {};
  return Object.fromEntries(Object.entries(given).map(([name, text]) => [name, String(text)]));
}

function invalid(message: string): GraphProblem {
  return new GraphProblem(400, 'BadRequest', message);
}
