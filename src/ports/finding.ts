// What a check of a remote system found.

export interface Finding {
  /** What was looked at: `Graph permission Application.ReadWrite.OwnedBy`. */
  readonly subject: string;
  /** `optional`: it is not there, and only what somebody may do without wants it. */
  readonly verdict: 'good' | 'bad' | 'unknown' | 'optional';
  readonly detail: string;
  /** What to do; set when the verdict is not `good`. */
  readonly fix?: string;
  /** Text to copy that goes with the fix: objects for `kubectl apply`. */
  readonly details?: string;
}
