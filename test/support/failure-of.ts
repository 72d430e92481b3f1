import { KastellanError } from '../../src/domain/errors.ts';

/** The KastellanError that some work ends with. */
export async function failureOf(work: Promise<unknown> | (() => Promise<unknown>)): Promise<KastellanError> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (thrown) {
    if (thrown instanceof KastellanError) return thrown;
    throw thrown;
  }
  throw new Error('It was expected to fail, but it did not.');
}
