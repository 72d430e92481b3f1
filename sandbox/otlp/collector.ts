import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { attributesOf, decodeTraces, type SentSpan } from './messages.ts';

/** A span as it came in; ids are hexadecimal. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly name: string;
  /** Whether it is a call to somebody else. */
  readonly isCall: boolean;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, string>>;
  readonly events: readonly string[];
  /** Of the process that sent it. */
  readonly resource: Readonly<Record<string, string>>;
}

export interface Collector {
  /** What OTEL_EXPORTER_OTLP_ENDPOINT has to say. */
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** Everything that was sent, byte by byte. */
  readonly bytes: Buffer;
  /** What was sent that no collector takes. */
  readonly refused: readonly string[];
  /** Resolves when something was sent next, whether it was taken or not. */
  next(): Promise<void>;
  close(): Promise<void>;
}

const CLIENT = 3;
const ERROR = 2;

/**
 * A collector of traces: OTLP over HTTP with protobuf, as strict as the protocol.
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-request
 */
export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const chunks: Buffer[] = [];
  const refused: string[] = [];
  let arrival = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    try {
      const body = await bodyOf(request);
      chunks.push(body);
      spans.push(...readSpans(request, body));
      // An empty message: everything was taken.
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    } catch (thrown) {
      refused.push(String(thrown));
      refuse(response);
    }
    arrival.resolve();
    arrival = Promise.withResolvers();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    refused,
    next: () => arrival.promise,
    get bytes() {
      return Buffer.concat(chunks);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function refuse(response: ServerResponse): void {
  response.writeHead(400).end();
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const raw = Buffer.concat(await request.toArray());
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
}

function readSpans(request: IncomingMessage, body: Buffer): CollectedSpan[] {
  const { method, url, headers } = request;
  if (method !== 'POST' || url !== '/v1/traces') throw new Error(`${method} ${url} is not of this protocol`);
  if (headers['content-type'] !== 'application/x-protobuf')
    throw new Error(`${headers['content-type']} is not protobuf`);
  return (decodeTraces(body).resourceSpans ?? []).flatMap(({ resource, scopeSpans = [] }) => {
    const sender = attributesOf(resource?.attributes);
    if (sender['service.name'] === undefined) throw new Error('A resource has no service.name');
    return scopeSpans.flatMap(({ spans = [] }) => spans.map((span) => collected(span, sender)));
  });
}

function collected(span: SentSpan, resource: Record<string, string>): CollectedSpan {
  const { name, startTimeUnixNano: start, endTimeUnixNano: end } = span;
  if (BigInt(start) === 0n || BigInt(end) < BigInt(start)) throw new Error(`${name} ends before it begins`);
  return {
    traceId: idOf(span.traceId, 16),
    spanId: idOf(span.spanId, 8),
    parentId: span.parentSpanId?.length ? idOf(span.parentSpanId, 8) : undefined,
    name,
    isCall: span.kind === CLIENT,
    failed: span.status?.code === ERROR,
    attributes: attributesOf(span.attributes),
    events: (span.events ?? []).map((event) => event.name),
    resource,
  };
}

function idOf(bytes: Uint8Array, length: number): string {
  if (bytes.length !== length || bytes.every((byte) => byte === 0)) throw new Error('An id is none');
  return Buffer.from(bytes).toString('hex');
}
