import { type ControllerParts, condition, updateStatus } from './controller-parts.ts';
import { type JsonObject, listAt, stringAt } from './json.ts';
import { type KubeObject, timestamp } from './objects.ts';

/** Writes what the kubelet reports about one pod. */
export class PodStatus {
  readonly #parts: ControllerParts;
  readonly #pod: KubeObject;
  readonly #names: string[];
  #restarts = 0;
  #last: JsonObject = {};
  #startedAt = '';

  constructor(parts: ControllerParts, pod: KubeObject) {
    this.#parts = parts;
    this.#pod = pod;
    this.#names = listAt(pod, 'spec', 'containers').map((container) => stringAt(container, 'name'));
  }

  /** Scheduled, but its containers cannot start yet. */
  waiting(reason: string, message = ''): void {
    const waiting = { reason, ...(message ? { message } : {}) };
    this.#write('Pending', false, { waiting });
  }

  /** The containers run. */
  running(ready: boolean): void {
    if (!ready) this.#startedAt ||= this.#now();
    this.#write('Running', ready, { running: { startedAt: this.#startedAt } });
  }

  /** The containers have ended with an error and will be started again. */
  crashed(reason: string, lines: readonly string[]): void {
    const uid = this.#pod.metadata.uid ?? '';
    const [first = ''] = this.#names;
    for (const line of lines) this.#parts.podLogs.write(uid, first, line);
    this.#restarts += 1;
    this.#last = { terminated: this.#terminated(1, 'Error', reason) };
    this.#startedAt = '';
    const message = `back-off restarting failed container=${first} pod=${this.#pod.metadata.name}_${this.#pod.metadata.namespace}(${uid})`;
    this.#write('Running', false, { waiting: { reason: 'CrashLoopBackOff', message } });
  }

  /** The next run writes a log of its own. */
  forgetLogs(): void {
    for (const name of this.#names) this.#parts.podLogs.restart(this.#pod.metadata.uid ?? '', name);
  }

  succeeded(): void {
    this.#write('Succeeded', false, { terminated: this.#terminated(0, 'Completed', '') });
  }

  failed(reason: string): void {
    this.#write('Failed', false, { terminated: this.#terminated(1, 'Error', reason) });
  }

  #now(): string {
    return timestamp(this.#parts.now());
  }

  #terminated(exitCode: number, reason: string, message: string): JsonObject {
    const times = { startedAt: this.#startedAt || this.#now(), finishedAt: this.#now() };
    return { exitCode, reason, ...(message ? { message } : {}), ...times };
  }

  #write(phase: string, ready: boolean, state: JsonObject): void {
    const { namespace = '', name } = this.#pod.metadata;
    const previous = this.#parts.store.get('pods', namespace, name)?.status;
    const is = (type: string, holds: boolean, reason = '') =>
      condition(this.#parts, previous, { type, status: holds ? 'True' : 'False', reason, message: '' });
    const unready = ready ? '' : 'ContainersNotReady';
    const status: JsonObject = {
      phase,
      conditions: [
        is('PodScheduled', true),
        is('Initialized', true),
        is('ContainersReady', ready, unready),
        is('Ready', ready, unready),
      ],
      hostIP: '127.0.0.1',
      podIP: '127.0.0.1',
      startTime: stringAt(previous, 'startTime') || this.#now(),
      qosClass: 'BestEffort',
      containerStatuses: listAt(this.#pod, 'spec', 'containers').map((container) => ({
        name: stringAt(container, 'name'),
        image: stringAt(container, 'image'),
        imageID: '',
        ready,
        started: 'running' in state,
        restartCount: this.#restarts,
        state,
        lastState: this.#last,
      })),
    };
    updateStatus(this.#parts, 'pods', this.#pod, status, 'kubelet');
  }
}
