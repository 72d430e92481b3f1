import { KastellanError } from '../../domain/errors.ts';

/**
 * The object ID, without which an object of Graph is of no use.
 * @throws KastellanError `entra.unexpected-answer`
 */
export function requireId(object: { readonly id?: string | undefined } | undefined): string {
  return required(object?.id, 'id');
}

/**
 * A property that Graph always gives.
 * @throws KastellanError `entra.unexpected-answer`
 */
export function required<T>(value: T | null | undefined, name: string): T {
  if (value !== undefined && value !== null) return value;
  throw new KastellanError({
    code: 'entra.unexpected-answer',
    message: `Microsoft Graph gave an object without its ${name}.`,
  });
}

/**
 * Reads records of a list one by one. A record without what Graph always gives is left out: one odd object of somebody
 * else must not hide all the others.
 */
export function readEach<T, R>(records: readonly T[], read: (record: T) => R): R[] {
  return records.flatMap((record) => {
    try {
      return [read(record)];
    } catch (thrown) {
      if (thrown instanceof KastellanError && thrown.code === 'entra.unexpected-answer') return [];
      throw thrown;
    }
  });
}
