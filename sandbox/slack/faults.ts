/** How one call of the Web API goes wrong. */
export type ApiFault = Refusal | LostAnswer;

/** Nothing is done. */
export type Refusal =
  | { kind: 'status'; status: number }
  | { kind: 'rate-limited'; retryAfterSeconds: number }
  | { kind: 'error'; error: string }
  /** The connection stays open and nothing ever comes. */
  | { kind: 'silence' };

/** The call takes effect, but the connection ends before the answer, or in the middle of it, or a proxy answers with a page. */
export type LostAnswer = { kind: 'done-but-cut' | 'done-but-broken-off' | 'done-but-a-page' };

export function isLostAnswer(fault: ApiFault): fault is LostAnswer {
  return fault.kind.startsWith('done-');
}

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
