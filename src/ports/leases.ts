export interface Lease {
  /** Aborts when the lease was lost: whoever holds it must stop. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
}

/** A lock that dies with its holder: it is renewed while held and ends by itself. */
export interface Leases {
  /** @returns undefined when somebody else holds it */
  acquire(name: string, holder: string): Promise<Lease | undefined>;
  /** Who holds it now. */
  holder(name: string): Promise<string | undefined>;
}
