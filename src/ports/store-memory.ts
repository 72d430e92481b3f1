/** How much memory the store uses, in bytes: of a Cluster, the primary that is fullest. */
export interface MemoryUse {
  readonly usedBytes: number;
  /** What it may use; absent where nothing limits it. */
  readonly limitBytes?: number;
}

export interface StoreMemory {
  /** Undefined where the store does not tell. */
  read(): Promise<MemoryUse | undefined>;
  /**
   * Notes that memory is short, unless that is noted already.
   * @param at ISO time
   * @returns since when it has been noted to be short, the same for every process
   */
  noteShort(at: string): Promise<string>;
  /** Notes that it is not short any more. */
  noteEnough(): Promise<void>;
}
