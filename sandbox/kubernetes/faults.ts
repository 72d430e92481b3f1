/** A way for the server to misbehave; rules are looked at in order, the first that matches wins. */
export interface FaultRule {
  match?: {
    method?: string;
    /** Part of the path with query, or an expression it must match. */
    path?: string | RegExp;
    user?: string;
  };
  /** What to answer instead of doing the work; without it the work is done after the delay. */
  answer?: { status: number; body?: unknown; headers?: Record<string, string> };
  delayMs?: number;
  /** Close the connection without an answer. */
  drop?: boolean;
  /** After so many requests the rule is used up; without it, it stays. */
  times?: number;
}

export interface FaultedRequest {
  method: string;
  url: string;
  user: string;
}

/** The faults of one server: a list that tests change as they go. */
export class Faults {
  readonly rules: FaultRule[] = [];
  #awayUntil = 0;

  /** Adds a rule; the returned function takes it away. */
  add(rule: FaultRule): () => void {
    this.rules.push(rule);
    return () => this.#remove(rule);
  }

  /** For so many milliseconds every connection is cut without an answer, as if the server were gone. */
  away(milliseconds: number): void {
    this.#awayUntil = Date.now() + milliseconds;
  }

  /** All is well again. */
  clear(): void {
    this.rules.length = 0;
    this.#awayUntil = 0;
  }

  get isAway(): boolean {
    return Date.now() < this.#awayUntil;
  }

  /** The rule for a request, counted as used; undefined if the request is served. */
  take(request: FaultedRequest): FaultRule | undefined {
    const rule = this.rules.find((candidate) => matches(candidate, request));
    if (rule?.times === undefined) return rule;
    rule.times -= 1;
    if (rule.times <= 0) this.#remove(rule);
    return rule;
  }

  #remove(rule: FaultRule): void {
    const index = this.rules.indexOf(rule);
    if (index >= 0) this.rules.splice(index, 1);
  }
}

function matches(rule: FaultRule, request: FaultedRequest): boolean {
  const { method, path, user } = rule.match ?? {};
  if (method !== undefined && method !== request.method) return false;
  if (user !== undefined && user !== request.user) return false;
  if (path === undefined) return true;
  return typeof path === 'string' ? request.url.includes(path) : path.test(request.url);
}
