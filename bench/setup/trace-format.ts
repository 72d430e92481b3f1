/** One call to Entra, the cluster, K10 or Slack, or one run of Helm; times are epoch milliseconds. */
export interface RemoteCall {
  /** `GET https://host/path?query`, or `helm upgrade`. */
  readonly what: string;
  /** The step it was made for; none while Kastellan observes and tells. */
  readonly step?: string;
  readonly start: number;
  readonly end: number;
  /** 0 where there is none. */
  readonly status: number;
}

/** One step as it ran. */
export interface StepSpan {
  readonly name: string;
  readonly needs: readonly string[];
  readonly start: number;
  readonly end: number;
}

export interface Trace {
  readonly calls: readonly RemoteCall[];
  readonly steps: readonly StepSpan[];
}
