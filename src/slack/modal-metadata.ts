import type { z } from 'zod';

/** What a modal of ours carries along in `private_metadata`; undefined where it is not of this shape. */
export function readMetadata<T>(schema: z.ZodType<T>, metadata: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(metadata)).data;
  } catch {
    return undefined;
  }
}
