/** How one call of the Web API goes wrong. */
export type ApiFault =
  | { kind: 'status'; status: number }
  | { kind: 'rate-limited'; retryAfterSeconds: number }
  | { kind: 'error'; error: string }
  /** The call takes effect, but the connection ends before the answer. */
  | { kind: 'done-but-cut' }
  /** The connection stays open and nothing ever comes. */
  | { kind: 'silence' };

interface Planned {
  method: string;
  fault: ApiFault;
  times: number;
}

/** Mishaps laid out in advance: the next calls of a method meet them. */
export class Faults {
  readonly #planned: Planned[] = [];

  /** Lets the next `times` calls of `method` go wrong in this way. */
  failNext(method: string, fault: ApiFault, times = 1): void {
    this.#planned.push({ method, fault, times });
  }

  /** The mishap for this call, if one is due; it is used up by asking. */
  take(method: string): ApiFault | undefined {
    const planned = this.#planned.find((entry) => entry.method === method && entry.times > 0);
    if (planned === undefined) return undefined;
    planned.times -= 1;
    return planned.fault;
  }
}
