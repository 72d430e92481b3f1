import type { z } from 'zod';
import { KastellanError } from '../../domain/errors.ts';

/**
 * Reads a stored JSON value and checks its shape.
 * @param what the value's name for the error: `request 7kq2mx9d`
 * @throws KastellanError `store.corrupt` when it is not JSON or has another shape
 */
export function parseStored<T>(schema: z.ZodType<T>, text: string, what: string): T {
  const result = schema.safeParse(parseJson(text, what));
  if (result.success) return result.data;
  const places = result.error.issues.map((issue) => issue.path.join('.') || 'the whole value');
  throw corrupt(what, `unexpected at ${[...new Set(places)].slice(0, 5).join(', ')}`);
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text itself, which belongs into no log.
    throw corrupt(what, 'not JSON');
  }
}

function corrupt(what: string, problem: string): KastellanError {
  return new KastellanError({
    code: 'store.corrupt',
    message: `What Redis holds for ${what} cannot be read: ${problem}.`,
    hint: 'It was changed by hand or written by a newer Kastellan. Restore it from a backup, or run the newer version.',
  });
}
