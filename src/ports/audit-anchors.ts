import type { Anchor } from '../domain/audit/anchor.ts';

/** Where the head of the audit log is written to, outside Redis. */
export interface AnchorPlace {
  /** What people call it: `ConfigMap kastellan/kastellan-audit`. */
  readonly name: string;
  /** The anchors there, the oldest first. Absent: what is written there cannot be read back. */
  read?(): Promise<readonly Anchor[]>;
  write(anchor: Anchor): Promise<void>;
}

/** Since when places cannot be anchored at; the same for all processes, and after a restart. */
export interface AnchorFailures {
  /** Notes that a try failed. @returns ISO time of the first of those without a success since */
  note(place: string, at: string): Promise<string>;
  /** Forgets them after a success. */
  clear(place: string): Promise<void>;
}
