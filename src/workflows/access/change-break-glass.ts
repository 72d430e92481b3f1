import { type BreakGlassRecord, NEVER_TAKEN } from '../../domain/access/break-glass.ts';
import type { AuditEvent } from '../../domain/audit/audit.ts';
import { KastellanError, LATER } from '../../domain/errors.ts';
import type { World } from '../../ports/world.ts';

const MAX_RACES = 20;

type Change = { readonly next: BreakGlassRecord; readonly event: AuditEvent } | undefined;

/**
 * Reads what is remembered of a person's break-glass, lets `decide` say what becomes of it, and writes that as a
 * compare-and-set; if another process was faster, it is decided again.
 * @param person Slack user id
 * @returns whether it was changed
 * @throws KastellanError `break-glass.busy`
 */
export async function changeBreakGlass(
  world: Pick<World, 'breakGlass'>,
  person: string,
  decide: (record: BreakGlassRecord) => Change,
): Promise<boolean> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const record = (await world.breakGlass.find(person)) ?? NEVER_TAKEN;
    const change = decide(record);
    if (change === undefined) return false;
    const { next, event } = change;
    if ((await world.breakGlass.replace(person, next, record.version, event)) === 'replaced') return true;
  }
  throw breakGlassBusy();
}

/** Too many change the same person's record at once; its code is `break-glass.busy`. */
export function breakGlassBusy(): KastellanError {
  return new KastellanError({
    code: 'break-glass.busy',
    message: 'Too many people are using or changing the break-glass of this person at once.',
    hint: 'Nothing was changed; try again in a moment.',
    retry: LATER,
  });
}
