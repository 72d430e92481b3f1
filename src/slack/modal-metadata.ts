import type { ModalView } from '@slack/web-api';
import { z } from 'zod';
import type { Telemetry } from '../ports.ts';

/** What a modal of ours carries along in `private_metadata`; undefined where it is not of this shape. */
export function readMetadata<T>(schema: z.ZodType<T>, metadata: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(metadata)).data;
  } catch {
    return undefined;
  }
}

const traced = z.looseObject({ traceparent: z.string() });

/** The same modal, which carries the trace in which it is shown along: what comes of it belongs there. */
export function inTrace(telemetry: Telemetry, view: ModalView): ModalView {
  const traceparent = telemetry.traceparent();
  if (traceparent === undefined) return view;
  const carried = readMetadata(z.looseObject({}), view.private_metadata ?? '{}');
  return { ...view, private_metadata: JSON.stringify({ ...carried, traceparent }) };
}

/** The trace that a modal of ours carries along, as the visitor who uses it goes on with it. */
export function traceIn(metadata: string | undefined): { traceparent(): Promise<string | undefined> } {
  const traceparent = readMetadata(traced, metadata ?? '')?.traceparent;
  return { traceparent: async () => traceparent };
}
