import type { Anchor } from '../domain/audit/anchor.ts';

/** Where the head of the audit log is written to, outside Redis. */
export interface AnchorPlace {
  /** What people call it: `ConfigMap kastellan/kastellan-audit`. */
  readonly name: string;
  /** The anchors there, the oldest first. Absent: what is written there cannot be read back. */
  read?(): Promise<readonly Anchor[]>;
  write(anchor: Anchor): Promise<void>;
}
