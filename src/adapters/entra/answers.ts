import { KastellanError } from '../../domain/errors.ts';

/** The object ID, without which an object of Graph is of no use. */
export function requireId(object: { readonly id?: string | undefined } | undefined): string {
  return required(object?.id, 'id');
}

/** A property that Graph always gives. */
export function required<T>(value: T | null | undefined, name: string): T {
  if (value !== undefined && value !== null) return value;
  throw new KastellanError({
    code: 'entra.unexpected-answer',
    message: `Microsoft Graph gave an object without its ${name}.`,
  });
}
