/** What the load generator is told. */
export interface LoadOrder {
  /** Where signed requests are taken. */
  readonly url: string;
  readonly signingSecret: string;
  readonly teamId: string;
  /** What stands behind `/kasten`. */
  readonly text: string;
  readonly perSecond: number;
  /** So many are sent at the same moment, and the next ones once their time has come. */
  readonly atOnce: number;
  readonly seconds: number;
}

/** What it measured. */
export interface LoadResult {
  readonly latenciesMs: readonly number[];
  /** By how much each request was sent too late: the generator's own fault. */
  readonly lateMs: readonly number[];
  readonly sent: number;
  /** Not acknowledged with 200 within three seconds. */
  readonly lost: number;
}
