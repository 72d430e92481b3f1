import type { AuditEntry } from '../domain/audit/audit.ts';

/** Who receives every entry of the audit log. */
export interface AuditSink {
  /** As the configuration calls it. */
  readonly name: string;
  /**
   * Sends entries in their order; a receiver may get an entry more than once.
   * @throws KastellanError `audit.receiver-unreachable`, `audit.receiver-refused` if it did not take all of them
   */
  send(entries: readonly AuditEntry[], signal: AbortSignal): Promise<void>;
}

/** The last entry that a sink has taken. */
export interface SinkPosition {
  readonly sequence: number;
  readonly hash: string;
}

export interface SinkPositions {
  find(sink: string): Promise<SinkPosition | undefined>;
  save(sink: string, position: SinkPosition): Promise<void>;
}
