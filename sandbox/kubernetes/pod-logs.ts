import type { ServerResponse } from 'node:http';
import { isObject, listAt, stringAt } from './json.ts';
import type { KubeObject } from './objects.ts';
import { isTrue } from './request-info.ts';
import { badRequest } from './status-error.ts';

interface ContainerLog {
  current: string[];
  previous: string[];
  followers: Set<(line: string | undefined) => void>;
}

/** What the containers have written, by pod and container; a restart keeps one earlier run. */
export class PodLogs {
  readonly #logs = new Map<string, ContainerLog>();

  /** The log of a container, made on first use. */
  of(podUid: string, container: string): ContainerLog {
    const key = `${podUid}/${container}`;
    const found = this.#logs.get(key);
    if (found) return found;
    const made: ContainerLog = { current: [], previous: [], followers: new Set() };
    this.#logs.set(key, made);
    return made;
  }

  write(podUid: string, container: string, line: string): void {
    const log = this.of(podUid, container);
    log.current.push(line);
    for (const follower of log.followers) follower(line);
  }

  /** The container starts anew: what it wrote so far is its previous log. */
  restart(podUid: string, container: string): void {
    const log = this.of(podUid, container);
    log.previous = log.current;
    log.current = [];
  }

  /** The pod is gone: its logs go with it, and those who follow them are told. */
  forget(podUid: string): void {
    for (const [key, log] of this.#logs) {
      if (!key.startsWith(`${podUid}/`)) continue;
      for (const follower of log.followers) follower(undefined);
      this.#logs.delete(key);
    }
  }
}

/**
 * Writes a container's log: the last `tailLines`, the `previous` run's, or on and on with `follow`.
 * @throws StatusError 400 while the container has not started, or if it is not said which one is meant.
 */
export function podLog(
  logs: PodLogs,
  pod: KubeObject,
  query: URLSearchParams,
  response: ServerResponse,
): void {
  const container = containerName(pod, query.get('container'));
  const waiting = waitingReason(pod, container);
  const log = logs.of(pod.metadata.uid ?? '', container);
  const previous = isTrue(query.get('previous'));
  if (previous && log.previous.length === 0) {
    throw badRequest(`previous terminated container "${container}" in pod "${pod.metadata.name}" not found`);
  }
  if (waiting && log.current.length === 0 && !previous) {
    throw badRequest(
      `container "${container}" in pod "${pod.metadata.name}" is waiting to start: ${waiting}`,
    );
  }
  const lines = previous ? log.previous : log.current;
  const tail = query.get('tailLines');
  const shown = tail === null ? lines : lines.slice(Math.max(0, lines.length - Number(tail)));
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.flushHeaders();
  for (const line of shown) response.write(`${line}\n`);
  if (!isTrue(query.get('follow')) || previous) {
    response.end();
    return;
  }
  const follower = (line: string | undefined) => {
    if (line === undefined) response.end();
    else response.write(`${line}\n`);
  };
  log.followers.add(follower);
  response.on('close', () => log.followers.delete(follower));
}

function containerName(pod: KubeObject, asked: string | null): string {
  const names = listAt(pod, 'spec', 'containers').map((container) => stringAt(container, 'name'));
  if (asked === null && names.length > 1) {
    throw badRequest(
      `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names.join(' ')}]`,
    );
  }
  const name = asked ?? names[0] ?? '';
  if (!names.includes(name)) {
    throw badRequest(`container ${name} is not valid for pod ${pod.metadata.name}`);
  }
  return name;
}

function waitingReason(pod: KubeObject, container: string): string {
  const statuses = listAt(pod, 'status', 'containerStatuses');
  if (statuses.length === 0) return 'ContainerCreating';
  const status = statuses.filter(isObject).find((candidate) => candidate['name'] === container);
  return stringAt(status, 'state', 'waiting', 'reason');
}
