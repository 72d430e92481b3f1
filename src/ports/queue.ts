/** Wakes a worker for a request; carries nothing but its id. */
export interface WorkQueue {
  add(requestId: string, delayMs?: number): Promise<void>;
  /** Wakes one soon for a request that may have been forgotten; not again for those that just wait their turn. */
  remind(requestId: string): Promise<void>;
}
