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
