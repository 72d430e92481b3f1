import { EventEmitter } from 'node:events';

/** One thing that went between the app and Slack. Headers, and so tokens, are not kept. */
export interface TrafficEntry {
  at: number;
  direction: 'to_app' | 'from_app';
  kind:
    | 'web_api'
    | 'slash_commands'
    | 'interactive'
    | 'events_api'
    | 'ack'
    | 'response_url'
    | 'upload'
    | 'socket'
    | 'notice';
  /** A Web API method, an envelope's type, or what happened in a few words. */
  name: string;
  /** What was sent, as JSON. */
  body: string;
}

/** Everything that went over the wire, oldest first, and a way to hear of more. */
export class Traffic {
  readonly entries: TrafficEntry[] = [];
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  /** Keeps one entry and tells whoever listens. */
  add(direction: TrafficEntry['direction'], kind: TrafficEntry['kind'], name: string, body: unknown): void {
    const entry = { at: Date.now(), direction, kind, name, body: JSON.stringify(body) ?? '' };
    this.entries.push(entry);
    this.#emitter.emit('entry', entry);
  }

  /** Calls `listener` for each new entry, until the function it returns is called. */
  onEntry(listener: (entry: TrafficEntry) => void): () => void {
    this.#emitter.on('entry', listener);
    return () => this.#emitter.off('entry', listener);
  }

  /** The app's calls of one Web API method, oldest first. */
  callsOf(method: string): TrafficEntry[] {
    return this.entries.filter(
      (entry) => entry.kind === 'web_api' && entry.direction === 'from_app' && entry.name === method,
    );
  }
}
