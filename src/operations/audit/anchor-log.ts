import type { Anchor } from '../../domain/audit/anchor.ts';
import { asKastellanError, KastellanError, oneOfAll } from '../../domain/errors.ts';
import type { AnchorFailures, AnchorPlace } from '../../ports/audit-anchors.ts';
import type { AnchorProblemView } from '../../ports/messenger.ts';
import type { AuditLog } from '../../ports/stores.ts';
import type { World } from '../../ports/world.ts';

type AnchorWorld = Pick<World, 'audit' | 'clock' | 'rules' | 'notifier' | 'log'> & {
  readonly failures: AnchorFailures;
};

/** The newest entry that was written to a place, by its name; of places that cannot be read. */
export type WrittenAnchors = Map<string, number>;

// Before that it may be a restart, or an upgrade of the cluster.
const LONG_MS = 3_600_000;

/**
 * Writes the newest entry of the log to every place that does not have it yet. A place whose newest anchor is not in the
 * log gets no other: what shows the change must not be pushed out. Operators are told of that, and of a place that could
 * not be anchored at for an hour, once; each try that failed is logged, because a mark in Redis can say that they were told.
 * @param written what this process has written so far
 * @throws KastellanError `audit.anchor-mismatch`, or what a place throws; of several the first, with what the others say
 */
export async function anchorLog(
  world: AnchorWorld,
  places: readonly AnchorPlace[],
  written: WrittenAnchors,
): Promise<void> {
  const results = await Promise.allSettled(places.map((place) => anchorOrTell(world, place, written)));
  const failed = results.filter((result) => result.status === 'rejected');
  if (failed.length > 0) throw oneOfAll(failed.map(({ reason }) => reason));
}

async function anchorOrTell(world: AnchorWorld, place: AnchorPlace, written: WrittenAnchors): Promise<void> {
  try {
    await anchorAt(world, place, written);
    await world.failures.clear(place.name);
  } catch (thrown) {
    const { code } = asKastellanError(thrown);
    world.log.error({ place: place.name, code }, 'The audit log is not anchored', thrown);
    const problem = await problemWith(world, place, thrown);
    if (problem !== undefined) await tellOperators(world, { place: place.name, problem });
    throw thrown;
  }
}

type AnchorProblem = AnchorProblemView['anchorProblem'];

async function problemWith(
  { failures, clock }: AnchorWorld,
  { name }: AnchorPlace,
  thrown: unknown,
): Promise<AnchorProblem['problem'] | undefined> {
  if (thrown instanceof AnchorMismatch) {
    const { sequence, at } = thrown.anchor;
    return { kind: 'mismatch', sequence, anchoredAt: at };
  }
  const now = clock.now();
  const since = await failures.note(name, now.toISOString());
  if (now.getTime() - Date.parse(since) < LONG_MS) return undefined;
  const { message, hint = '' } = asKastellanError(thrown);
  return { kind: 'unwritten', since, because: `${message} ${hint}`.trim() };
}

async function tellOperators({ rules, notifier }: AnchorWorld, anchorProblem: AnchorProblem): Promise<void> {
  for (const operator of rules.operators) await notifier.tell(operator, 'anchor-problem', { anchorProblem });
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
  throw new AnchorMismatch(place, last);
}

class AnchorMismatch extends KastellanError {
  readonly anchor: Anchor;

  constructor({ name }: AnchorPlace, anchor: Anchor) {
    super({
      code: 'audit.anchor-mismatch',
      message: `Entry ${anchor.sequence} of the audit log is not the one that the ${name} anchored at ${anchor.at}: the log was changed, or Redis was set back.`,
      hint: 'Read /kasten audit verify and docs/operations.md. It is anchored there again once the old anchors are moved away.',
    });
    this.anchor = anchor;
  }
}
