/** What has been done already, in whatever process. */
export interface Replays {
  /**
   * Whether this is done for the first time; from then on it is not.
   * @param what kind of id: `signature`, of a request that was verified; `trigger`, of what a person did; `event`
   * @param forMs how long it is remembered, in milliseconds
   * @throws KastellanError `redis.*`
   */
  isFirst(what: 'signature' | 'trigger' | 'event', id: string, forMs: number): Promise<boolean>;
}
