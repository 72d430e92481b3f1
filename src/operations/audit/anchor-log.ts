import { KastellanError } from '../../domain/errors.ts';
import type { AnchorPlace } from '../../ports/audit-anchors.ts';
import type { AuditLog } from '../../ports/stores.ts';
import type { World } from '../../ports/world.ts';

type AnchorWorld = Pick<World, 'audit' | 'clock'>;

/** The newest entry that was written to a place, by its name; of places that cannot be read. */
export type WrittenAnchors = Map<string, number>;

/**
 * Writes the newest entry of the log to every place that does not have it yet. A place whose newest anchor is not in the
 * log gets no other: what shows the change must not be pushed out.
 * @param written what this process has written so far
 * @throws KastellanError `audit.anchor-mismatch`, or what a place throws; the other places were written all the same
 */
export async function anchorLog(
  world: AnchorWorld,
  places: readonly AnchorPlace[],
  written: WrittenAnchors,
): Promise<void> {
  const results = await Promise.allSettled(places.map((place) => anchorAt(world, place, written)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function anchorAt(
  { audit, clock }: AnchorWorld,
  place: AnchorPlace,
  written: WrittenAnchors,
): Promise<void> {
  const last = await checkedSequence(audit, place, written);
  const [newest] = await audit.latest(1);
  if (newest === undefined || newest.sequence === last) return;
  const { sequence, hash } = newest;
  await place.write({ sequence, hash, at: clock.now().toISOString() });
  written.set(place.name, sequence);
}

async function checkedSequence(
  audit: AuditLog,
  place: AnchorPlace,
  written: WrittenAnchors,
): Promise<number | undefined> {
  if (place.read === undefined) return written.get(place.name);
  const last = (await place.read()).at(-1);
  if (last === undefined || (await audit.find(last.sequence))?.hash === last.hash) return last?.sequence;
  throw new KastellanError({
    code: 'audit.anchor-mismatch',
    message: `Entry ${last.sequence} of the audit log is not the one that the ${place.name} anchored at ${last.at}: the log was changed, or Redis was set back.`,
    hint: 'Read /kasten audit verify and docs/operations.md. It is anchored there again once the old anchors are moved away.',
  });
}
