import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type ControllerParts, recordEvent } from './controller-parts.ts';
import { stringAt } from './json.ts';
import type { KubeObject } from './objects.ts';
import { MissingInput, PodInputs } from './pod-inputs.ts';
import type { PodHandle, RunningPod } from './pod-runtime.ts';
import { PodStatus } from './pod-status.ts';
import { runningPod } from './running-pod.ts';

/** How one run of the containers ended. */
type Ending = { type: 'crashed'; reason: string; lines: readonly string[] } | { type: 'completed' };

const longestBackoffMs = 300_000;

/** Takes one pod through its life: waits for its inputs, starts it, starts it again after a crash, stops it. */
export class PodWorker {
  readonly #parts: ControllerParts;
  readonly #pod: KubeObject;
  readonly #status: PodStatus;
  readonly #abort = new AbortController();
  readonly #changes = new EventEmitter();
  #finished: Promise<void> = Promise.resolve();
  #handle: PodHandle | undefined;

  constructor(parts: ControllerParts, pod: KubeObject) {
    this.#parts = parts;
    this.#pod = pod;
    this.#status = new PodStatus(parts, pod);
  }

  run(): void {
    this.#finished = this.#live().catch((error: unknown) => {
      if (!this.#abort.signal.aborted) throw error;
    });
  }

  /** Resolves when nothing of the pod runs any more. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#finished;
    await this.#handle?.stop();
    this.#handle = undefined;
  }

  /** A Secret or ConfigMap of this namespace has changed: what was missing may be there now. */
  inputsChanged(namespace: string): void {
    if (namespace === this.#pod.metadata.namespace) this.#changes.emit('inputs');
  }

  async #live(): Promise<void> {
    const { signal } = this.#abort;
    this.#status.waiting('ContainerCreating');
    await delay(this.#parts.rolloutDelayMs, undefined, { signal });
    for (let restarts = 0; ; restarts++) {
      await this.#parts.gate.pass(signal);
      const inputs = await this.#inputs();
      const ending = await this.#once(inputs);
      await this.#handle?.stop();
      this.#handle = undefined;
      if (ending.type === 'completed') return this.#status.succeeded();
      if (this.#isOneShot()) return this.#status.failed(ending.reason);
      this.#status.crashed(ending.reason, ending.lines);
      this.#event('BackOff', `Back-off restarting failed container in pod ${this.#pod.metadata.name}`);
      const pause = this.#parts.restartBackoffMs * 2 ** Math.min(restarts, 10);
      await delay(Math.min(pause, longestBackoffMs), undefined, { signal });
      this.#status.forgetLogs();
    }
  }

  #isOneShot(): boolean {
    return stringAt(this.#pod, 'spec', 'restartPolicy') === 'Never';
  }

  /** The volumes and variables, once all of them are there. */
  async #inputs(): Promise<Pick<RunningPod, 'volumes' | 'containers'>> {
    for (;;) {
      const found = this.#findInputs();
      if (!(found instanceof MissingInput)) return found;
      this.#reportMissing(found);
      await once(this.#changes, 'inputs', { signal: this.#abort.signal });
    }
  }

  #findInputs(): Pick<RunningPod, 'volumes' | 'containers'> | MissingInput {
    try {
      const inputs = new PodInputs(this.#parts.store, this.#pod);
      return { volumes: inputs.volumes(), containers: inputs.containers() };
    } catch (error) {
      if (error instanceof MissingInput) return error;
      throw error;
    }
  }

  #reportMissing({ reason, message }: MissingInput): void {
    if (reason === 'FailedMount') {
      this.#event(reason, message);
      this.#status.waiting('ContainerCreating');
    } else {
      this.#event('Failed', `Error: ${message}`);
      this.#status.waiting(reason, message);
    }
  }

  async #once(inputs: Pick<RunningPod, 'volumes' | 'containers'>): Promise<Ending> {
    const { promise, resolve } = Promise.withResolvers<Ending>();
    let over = false;
    const settle = (ending: Ending) => {
      over = true;
      resolve(ending);
    };
    const pod = runningPod(this.#parts, this.#pod, inputs, {
      ready: () => {
        if (over) return;
        if (this.#isJob()) settle({ type: 'completed' });
        else this.#status.running(true);
      },
      unready: (reason) => {
        if (over) return;
        this.#status.running(false);
        this.#event('Unhealthy', `Readiness probe failed: ${reason}`);
      },
      crash: (reason, lines = []) => settle({ type: 'crashed', reason, lines }),
    });
    this.#status.running(false);
    this.#handle = await this.#start(pod);
    const { signal } = this.#abort;
    signal.throwIfAborted();
    const aborted = once(signal, 'abort').then(() => signal.throwIfAborted());
    return (await Promise.race([promise, aborted])) ?? { type: 'completed' };
  }

  async #start(pod: RunningPod): Promise<PodHandle | undefined> {
    try {
      for (const runtime of this.#parts.runtimes) {
        const handle = await runtime.start(pod);
        if (handle) return handle;
      }
      pod.ready();
    } catch (error) {
      pod.crash(error instanceof Error ? error.message : String(error));
    }
    return undefined;
  }

  #isJob(): boolean {
    return this.#pod.metadata.ownerReferences?.some((owner) => owner.kind === 'Job') ?? false;
  }

  #event(reason: string, message: string): void {
    recordEvent(this.#parts, this.#pod, { type: 'Warning', reason, message, component: 'kubelet' });
  }
}
