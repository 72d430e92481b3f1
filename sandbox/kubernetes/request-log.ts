/** One request as it came in and what it was answered; never its body. */
export interface LoggedRequest {
  at: Date;
  method: string;
  /** Without the query. */
  path: string;
  query: string;
  user: string;
  userAgent: string;
  contentType: string;
  /** 0 until it is answered, and for one whose connection was cut. */
  status: number;
}

/** Everything the server was asked. */
export class RequestLog {
  readonly entries: LoggedRequest[] = [];

  /** The requests that ask for a change, reviews (which store nothing) and dry runs left out. */
  writes(): LoggedRequest[] {
    return this.entries.filter(
      (entry) =>
        entry.method !== 'GET' &&
        !/reviews$/.test(entry.path) &&
        !new URLSearchParams(entry.query).has('dryRun'),
    );
  }

  clear(): void {
    this.entries.length = 0;
  }
}
