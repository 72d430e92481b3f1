import { isProperties, type Properties } from '../directory.ts';
import { type Token, tokenize } from './filter-tokens.ts';
import { unsupportedQuery } from './problem.ts';

type Predicate = (item: Properties) => boolean;

export interface Filter {
  readonly matches: Predicate;
  /** Every property path the filter names, e.g. `status/errorCode`. */
  readonly properties: readonly string[];
  /** True if it uses what needs `ConsistencyLevel: eventual` and `$count=true`. */
  readonly advanced: boolean;
}

type Literal = string | number | boolean | null;

const comparisons: Record<string, (left: Literal, right: Literal) => boolean> = {
  eq: (left, right) => left === right,
  ne: (left, right) => left !== right,
  gt: (left, right) => left !== null && right !== null && left > right,
  ge: (left, right) => left !== null && right !== null && left >= right,
  lt: (left, right) => left !== null && right !== null && left < right,
  le: (left, right) => left !== null && right !== null && left <= right,
};

/**
 * Parses the part of OData's `$filter` that directory objects know: comparisons, `in`, `startsWith`, `endsWith`,
 * `any`, `and`, `or`, `not` and parentheses. Raises Graph's 400 for the rest.
 * @see https://learn.microsoft.com/graph/filter-query-parameter
 */
export function parseFilter(text: string): Filter {
  const parser = new FilterParser(tokenize(text));
  const matches = parser.parse();
  return { matches, properties: parser.properties, advanced: parser.advanced };
}

class FilterParser {
  readonly properties: string[] = [];
  advanced = false;
  readonly #tokens: Token[];
  #at = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  parse(): Predicate {
    const predicate = this.#or();
    if (this.#at < this.#tokens.length) throw this.#invalid();
    return predicate;
  }

  #or(): Predicate {
    let left = this.#and();
    while (this.#take('word', 'or')) {
      const [a, b] = [left, this.#and()];
      left = (item) => a(item) || b(item);
    }
    return left;
  }

  #and(): Predicate {
    let left = this.#not();
    while (this.#take('word', 'and')) {
      const [a, b] = [left, this.#not()];
      left = (item) => a(item) && b(item);
    }
    return left;
  }

  #not(): Predicate {
    if (!this.#take('word', 'not')) return this.#primary();
    this.advanced = true;
    const inner = this.#primary();
    return (item) => !inner(item);
  }

  #primary(): Predicate {
    if (this.#take('mark', '(')) {
      const inner = this.#or();
      this.#expect(')');
      return inner;
    }
    const word = this.#word();
    const name = word.toLowerCase();
    if (name === 'startswith' || name === 'endswith') return this.#textFunction(name);
    if (name.endsWith('/any')) return this.#any(word.slice(0, -'/any'.length));
    return this.#comparison(word);
  }

  #textFunction(name: string): Predicate {
    this.#expect('(');
    const read = this.#property(this.#word());
    this.#expect(',');
    const wanted = String(this.#literal());
    this.#expect(')');
    if (name === 'endswith') this.advanced = true;
    return (item) => {
      const value = String(read(item) ?? '');
      return name === 'endswith' ? value.endsWith(wanted) : value.startsWith(wanted);
    };
  }

  #any(path: string): Predicate {
    const read = this.#property(path);
    this.#expect('(');
    const variable = this.#word();
    this.#expect(':');
    const known = this.properties.length;
    const inner = this.#or();
    this.properties.splice(known);
    this.#expect(')');
    return (item) => {
      const values = read(item, true);
      return Array.isArray(values) && values.some((value) => inner({ [variable]: value }));
    };
  }

  #comparison(path: string): Predicate {
    const counts = path.endsWith('/$count');
    const read = counts ? this.#count(path.slice(0, -'/$count'.length)) : this.#property(path);
    const operator = this.#word().toLowerCase();
    if (operator === 'in') return this.#in(read);
    const compare = comparisons[operator];
    if (!compare) throw this.#invalid();
    if (operator === 'ne' || counts) this.advanced = true;
    const wanted = this.#literal();
    // Collections are counted no further: https://learn.microsoft.com/graph/api/resources/application, "owners".
    if (counts && !(/^(eq|ne)$/.test(operator) && (wanted === 0 || wanted === 1))) throw this.#invalid();
    return (item) => compare(read(item) as Literal, wanted);
  }

  #count(path: string): (item: Properties) => unknown {
    const read = this.#property(path);
    return (item) => {
      const values = read(item, true);
      return Array.isArray(values) ? values.length : 0;
    };
  }

  #in(read: (item: Properties) => unknown): Predicate {
    const wanted: Literal[] = [];
    this.#expect('(');
    do wanted.push(this.#literal());
    while (this.#take('mark', ','));
    this.#expect(')');
    return (item) => wanted.includes(read(item) as Literal);
  }

  #property(path: string): (item: Properties, whole?: boolean) => unknown {
    this.properties.push(path);
    const names = path.split('/');
    return (item, whole = false) => {
      let value: unknown = item;
      for (const name of names) value = isProperties(value) ? value[name] : undefined;
      return whole ? value : folded(value);
    };
  }

  #literal(): Literal {
    const token = this.#tokens[this.#at++];
    if (!token || token.type === 'mark') throw this.#invalid();
    if (token.type === 'text') return folded(token.value) as string;
    if (token.value === 'null') return null;
    if (token.value === 'true' || token.value === 'false') return token.value === 'true';
    return /^-?\d+(\.\d+)?$/.test(token.value) ? Number(token.value) : (folded(token.value) as string);
  }

  #word(): string {
    const token = this.#tokens[this.#at++];
    if (token?.type !== 'word') throw this.#invalid();
    return token.value;
  }

  #take(type: Token['type'], value: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.type !== type || token.value.toLowerCase() !== value) return false;
    this.#at += 1;
    return true;
  }

  #expect(mark: string): void {
    if (!this.#take('mark', mark)) throw this.#invalid();
  }

  #invalid(): Error {
    return unsupportedQuery('Invalid filter clause: the expression could not be parsed.');
  }
}

/** Entra compares texts without regard to case; missing values are null. */
function folded(value: unknown): unknown {
  if (value === undefined) return null;
  return typeof value === 'string' ? value.toLowerCase() : value;
}
