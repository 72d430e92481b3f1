import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { KastellanError } from '../domain/errors.ts';
import type { Build } from './build.ts';

/** Looks whether something Kastellan needs is there; raises anything when it is not. */
export type Probe = () => Promise<void>;

export interface HealthOptions {
  /** Default: 127.0.0.1. In a pod, the kubelet needs 0.0.0.0. */
  readonly host?: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Told with each answer about life and readiness. */
  readonly build: Build;
  readonly probes: Readonly<Record<string, Probe>>;
  /** Names of what is away and can be done without for a while: told, but no reason to be not ready. */
  degraded?(): readonly string[];
  /** How long a probe may take, in milliseconds. Default: 2 000. */
  readonly probeTimeoutMs?: number;
  /** What `/metrics` answers; it is not there without. */
  readonly metrics?: { readonly contentType: string; text(): Promise<string> };
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Answers `/livez` (the process runs), `/readyz` (every probe holds: 200, else 503) with the probes and what is degraded by
 * name, and nothing about why: that is in the log; both with version and commit; and `/metrics`.
 * @throws KastellanError `health.port-taken` when the port cannot be had
 */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    // A fault in an answer about Kastellan is no reason to end it.
    answer(request.url ?? '/', response, options).catch(() => send(response, 500, { status: 'failed' }));
  });
  server.listen(options.port, options.host ?? '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new KastellanError({
      code: 'health.port-taken',
      message: `The health endpoints cannot listen on port ${options.port}.`,
      hint: 'Another process has it; set KASTELLAN_HEALTH_PORT to a free one.',
      cause,
    });
  }
  return { port: portOf(server), close: () => close(server) };
}

async function answer(url: string, response: ServerResponse, options: HealthOptions): Promise<void> {
  const path = url.split('?')[0];
  if (path === '/livez') return send(response, 200, { status: 'ok', ...options.build });
  if (path === '/metrics' && options.metrics !== undefined) return sendMetrics(response, options.metrics);
  if (path !== '/readyz') return send(response, 404, { status: 'not found' });
  const names = Object.keys(options.probes);
  const results = await Promise.all(
    Object.values(options.probes).map((probe) => holds(probe, options.probeTimeoutMs ?? 2_000)),
  );
  const ready = results.every(Boolean);
  const probes = Object.fromEntries(names.map((name, at) => [name, results[at] ? 'ok' : 'failed']));
  const degraded = options.degraded?.() ?? [];
  const status = ready ? 'ok' : 'not ready';
  send(response, ready ? 200 : 503, { status, probes, degraded, ...options.build });
}

async function sendMetrics(
  response: ServerResponse,
  metrics: NonNullable<HealthOptions['metrics']>,
): Promise<void> {
  const text = await metrics.text();
  response.writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' });
  response.end(text);
}

async function holds(probe: Probe, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, false);
  });
  const looked = Promise.resolve()
    .then(probe)
    .then(
      () => true,
      () => false,
    );
  const result = await Promise.race([looked, late]);
  clearTimeout(timer);
  return result;
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
