import { z } from 'zod';

/** What a modal of ours carries along in `private_metadata`; undefined where it is not of this shape. */
export function readMetadata<T>(schema: z.ZodType<T>, metadata: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(metadata)).data;
  } catch {
    return undefined;
  }
}

const traced = z.looseObject({ traceparent: z.string() });

/** What a modal carries along, and with it the trace in which it is shown: what comes of the modal belongs there. */
export function withTrace(metadata: string | undefined, traceparent: string): string | undefined {
  const carried = readMetadata(z.looseObject({}), metadata ?? '{}');
  return carried === undefined ? metadata : JSON.stringify({ ...carried, traceparent });
}

/** The trace that a modal of ours carries along, as the visitor who uses it goes on with it. */
export function traceIn(metadata: string | undefined): { traceparent(): Promise<string | undefined> } {
  const traceparent = readMetadata(traced, metadata ?? '')?.traceparent;
  return { traceparent: async () => traceparent };
}
