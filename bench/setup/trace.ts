// Loaded into Kastellan before its own code: writes down when each step ran, and every remote call with the step it
// belongs to. Nothing of what is sent or answered is kept.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import type { ClientRequest } from 'node:http';
import { Engine } from '../../src/workflows/requests/engine.ts';
import type { RemoteCall, StepSpan, Trace } from './trace-format.ts';

const trace: { calls: RemoteCall[]; steps: StepSpan[] } = { calls: [], steps: [] };
const currentStep = new AsyncLocalStorage<string>();
const now = (): number => performance.timeOrigin + performance.now();

const applyAll = Engine.prototype.applyAll;
Engine.prototype.applyAll = function traced(steps) {
  return applyAll.call(
    this,
    steps.map((step) => ({
      ...step,
      apply: (run) =>
        currentStep.run(step.name, async () => {
          const start = now();
          const note = await step.apply(run);
          trace.steps.push({ name: step.name, needs: [...step.needs], start, end: now() });
          return note;
        }),
    })),
  );
};

const open = new WeakMap<object, { call: Omit<RemoteCall, 'end' | 'status'>; status: number }>();

function begin(key: object, what: string): void {
  const step = currentStep.getStore();
  open.set(key, { call: { what, ...(step !== undefined && { step }), start: now() }, status: 0 });
}

function end(key: object): void {
  const known = open.get(key);
  if (known === undefined) return;
  open.delete(key);
  trace.calls.push({ ...known.call, end: now(), status: known.status });
}

interface FetchMessage {
  readonly request: { readonly method: string; readonly origin: string; readonly path: string };
  readonly response?: { readonly statusCode: number };
}

subscribe('undici:request:create', (message) => {
  const { request } = message as FetchMessage;
  begin(request, `${request.method} ${request.origin}${request.path}`);
});
subscribe('undici:request:headers', (message) => {
  const { request, response } = message as FetchMessage;
  const known = open.get(request);
  if (known !== undefined) known.status = response?.statusCode ?? 0;
});
for (const name of ['undici:request:trailers', 'undici:request:error'])
  subscribe(name, (message) => end((message as FetchMessage).request));

interface HttpMessage {
  readonly request: ClientRequest;
  readonly response?: { readonly statusCode?: number };
}

subscribe('http.client.request.start', (message) => {
  const { request } = message as HttpMessage;
  begin(request, `${request.method} ${request.protocol}//${request.getHeader('host')}${request.path}`);
  // The answer is complete only when its body was read; all these are short.
  request.once('close', () => end(request));
});
subscribe('http.client.response.finish', (message) => {
  const { request, response } = message as HttpMessage;
  const known = open.get(request);
  if (known !== undefined) known.status = response?.statusCode ?? 0;
});

subscribe('child_process', (message) => {
  const { process: child } = message as { process: ChildProcess };
  begin(child, 'helm');
  child.once('spawn', () => {
    const known = open.get(child);
    // Helm's verb only: its arguments are nobody's business here.
    if (known !== undefined)
      open.set(child, { ...known, call: { ...known.call, what: `helm ${child.spawnargs[1] ?? ''}` } });
  });
  child.once('close', () => end(child));
});

process.once('exit', () => {
  const file = process.env['BENCH_TRACE'];
  if (file !== undefined) writeFileSync(file, JSON.stringify(trace satisfies Trace));
});
