import type { Policy } from '../../src/domain/requests/rules.ts';
import type { AskableLevel } from '../../src/workflows/requests/requesters.ts';

/** Every level, for a person who may ask for each of them for themselves and for others, or as is said. */
export function askable(
  { accessLevels }: Policy,
  rights: Partial<Omit<AskableLevel, 'level'>> = {},
): AskableLevel[] {
  return accessLevels.map(({ name }) => ({ level: name, forSelf: true, onBehalf: true, ...rights }));
}
