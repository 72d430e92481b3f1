import type { AnchorOf, AnchorReport } from '../../domain/audit/anchor.ts';
import type { ChainCheck } from '../../domain/audit/audit.ts';
import { asKastellanError } from '../../domain/errors.ts';
import type { AnchorPlace } from '../../ports/audit-anchors.ts';
import type { AuditLog } from '../../ports/stores.ts';

export type LogVerification = ChainCheck & { readonly anchors: readonly AnchorReport[] };

interface ReadPlace extends AnchorReport {
  readonly anchors: readonly AnchorOf[];
}

/** Walks the whole log, compares it with every anchor that can be read, and says from when to when it is anchored. */
export async function verifyLog(audit: AuditLog, places: readonly AnchorPlace[]): Promise<LogVerification> {
  // Before the log: what is anchored while that is read would seem to be missing.
  const read = await Promise.all(places.map(readPlace));
  const check = await audit.verify(read.flatMap(({ anchors }) => anchors));
  return { ...check, anchors: read.map(({ anchors: _, ...report }) => report) };
}

async function readPlace(place: AnchorPlace): Promise<ReadPlace> {
  const by = place.name;
  if (place.read === undefined)
    return { by, anchors: [], unread: 'it keeps its anchors to itself: compare them there' };
  try {
    const anchors = (await place.read()).map((anchor) => ({ ...anchor, by }));
    const [from, to] = [anchors[0], anchors.at(-1)];
    return { by, anchors, ...(from !== undefined && to !== undefined && { span: { from, to } }) };
  } catch (thrown) {
    return { by, anchors: [], unread: asKastellanError(thrown).message };
  }
}
