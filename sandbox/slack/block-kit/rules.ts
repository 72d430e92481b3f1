import { isJson, type Json } from '../json.ts';

/** One thing that is wrong, and where: `pointer` is a JSON pointer into what was sent. */
export interface Issue {
  message: string;
  pointer: string;
}

/** What the walk through a payload collects and needs to know. */
export interface Walk {
  surface: 'message' | 'modal' | 'home';
  issues: Issue[];
}

/** Checks one value and adds what is wrong with it to the walk. */
export type Rule = (value: unknown, pointer: string, walk: Walk) => void;

/** Adds one issue. */
export function fault(walk: Walk, pointer: string, message: string): void {
  walk.issues.push({ message, pointer });
}

/**
 * A string of `min` to `max` characters. Half a surrogate pair is refused, because not every reader of JSON takes it:
 * https://www.rfc-editor.org/rfc/rfc8259#section-8.2
 */
export function str(max: number, min = 1): Rule {
  return (value, pointer, walk) => {
    if (typeof value !== 'string') return fault(walk, pointer, 'must provide a string');
    if (!value.isWellFormed()) fault(walk, pointer, 'must be valid Unicode');
    if (value.length > max) fault(walk, pointer, `must be less than ${max + 1} characters`);
    if (value.length < min) fault(walk, pointer, `must be more than ${min - 1} characters`);
  };
}

/** True or false. */
export const bool: Rule = (value, pointer, walk) => {
  if (typeof value !== 'boolean') fault(walk, pointer, 'must be a boolean');
};

/** A whole number from `min` to `max`. */
export function int(min: number, max: number): Rule {
  return (value, pointer, walk) => {
    if (!Number.isInteger(value)) return fault(walk, pointer, 'must be an integer');
    if (Number(value) < min || Number(value) > max) {
      fault(walk, pointer, `must be between ${min} and ${max}`);
    }
  };
}

/** One of these words. */
export function word(...words: string[]): Rule {
  return (value, pointer, walk) => {
    if (typeof value !== 'string' || !words.includes(value)) {
      fault(walk, pointer, `must be a valid enum value [${words.join(', ')}]`);
    }
  };
}

/** A string of a shape, with a name for the shape. */
export function shaped(pattern: RegExp, name: string): Rule {
  return (value, pointer, walk) => {
    if (typeof value !== 'string' || !pattern.test(value)) fault(walk, pointer, `must be a valid ${name}`);
  };
}

/** An absolute web address of at most `max` characters. */
export function url(max = 3000): Rule {
  const length = str(max);
  return (value, pointer, walk) => {
    length(value, pointer, walk);
    if (typeof value === 'string' && !/^(https?|slack|mailto):/.test(value)) {
      fault(walk, pointer, 'must be a valid URL');
    }
  };
}

/** A list of `min` to `max` items, each by the same rule. */
export function list(item: Rule, max: number, min = 1): Rule {
  return (value, pointer, walk) => {
    if (!Array.isArray(value)) return fault(walk, pointer, 'must provide an array');
    if (value.length > max) fault(walk, pointer, `no more than ${max} items allowed`);
    if (value.length < min) fault(walk, pointer, `no fewer than ${min} items allowed`);
    for (const [at, entry] of value.entries()) item(entry, `${pointer}/${at}`, walk);
  };
}

/** The fields of an object: those it must have and those it may have; no others. */
export interface Shape {
  needs?: Record<string, Rule>;
  may?: Record<string, Rule>;
}

/** An object of a shape. `type` is always allowed: it is what chose the shape. */
export function object(shape: Shape): Rule {
  return (value, pointer, walk) => {
    if (!isJson(value)) return fault(walk, pointer, 'must provide an object');
    const { needs = {}, may = {} } = shape;
    for (const field of Object.keys(needs)) {
      if (value[field] === undefined) fault(walk, pointer, `missing required field: ${field}`);
    }
    const { type: _chosenBy, ...fields } = value;
    for (const [field, entry] of Object.entries(fields)) {
      const rule = needs[field] ?? may[field] ?? unknownField(field, pointer);
      if (entry !== undefined) rule(entry, `${pointer}/${field}`, walk);
    }
  };
}

function unknownField(field: string, pointer: string): Rule {
  return (_value, _pointer, walk) => fault(walk, pointer, `invalid additional property: ${field}`);
}

/** An object whose `type` chooses its rule. */
export function byType(rules: Record<string, Rule>, what = 'type'): Rule {
  return (value, pointer, walk) => {
    if (!isJson(value)) return fault(walk, pointer, 'must provide an object');
    const rule = rules[typeOf(value)];
    if (rule === undefined) fault(walk, `${pointer}/type`, `unsupported ${what}: ${typeOf(value)}`);
    else rule(value, pointer, walk);
  };
}

/** Two rules, one after the other. */
export function both(first: Rule, second: Rule): Rule {
  return (value, pointer, walk) => {
    first(value, pointer, walk);
    second(value, pointer, walk);
  };
}

/** The `type` of a block or element, or ''. */
export function typeOf(value: Json): string {
  return typeof value['type'] === 'string' ? value['type'] : '';
}
