/** So many at once, and so many more in each minute. */
export interface Bucket {
  readonly burst: number;
  readonly perMinute: number;
}

/** What one bucket refused. */
export interface Limited {
  /** Whose bucket is empty. */
  readonly by: 'person' | 'workspace';
  /** Milliseconds until there is a token again. */
  readonly retryAfterMs: number;
  /** Whether this person was told so within the last seconds. */
  readonly isRepeated: boolean;
}

/** How much people may ask of Kastellan, over all processes: token buckets for each person and for the workspace. */
export interface Limits {
  /**
   * Takes a token for something that a person did; nothing is taken if one is missing.
   * @param person Slack user id
   * @param kind `decision`: what decides or ends access; it has a bucket of its own for each person, and what others do
   *   never empties it
   * @returns undefined if it may be done
   * @throws KastellanError `redis.*`
   */
  take(person: string, kind: 'decision' | 'other'): Promise<Limited | undefined>;
}

/** Rights to do something, by name, which all processes share. */
export interface Budgets {
  /**
   * Takes one now, or one that is there within a time, for which this caller then has to wait. Who names a smaller burst
   * than others leaves them the rest.
   * @param withinMs milliseconds
   * @returns milliseconds to wait before it is used, or, if none was taken, until there is one
   * @throws KastellanError `redis.*`
   */
  take(
    name: string,
    bucket: Bucket,
    withinMs: number,
  ): Promise<{ readonly taken: boolean; readonly waitMs: number }>;
  /**
   * Leaves nothing to take for so many milliseconds.
   * @throws KastellanError `redis.*`
   */
  pause(name: string, bucket: Bucket, ms: number): Promise<void>;
}
