import type { StepRun } from '../requests/step.ts';
import { clientIdOf } from './credential.ts';
import { groupIdOf } from './groups.ts';
import type { SetupJob } from './systems.ts';

/** What a set-up has made in Entra: K10's values name it, and the proofs are about it. */
export interface Provable {
  readonly clientId: string;
  /** Object IDs by access level. */
  readonly groupIds: Readonly<Record<string, string>>;
}

/** The same as the steps of this run have remembered it. */
export function provableOf({ spec }: Pick<SetupJob, 'spec'>, run: StepRun): Provable {
  const groupIds = Object.fromEntries(spec.levels.map(({ level }) => [level, groupIdOf(run, level)]));
  return { clientId: clientIdOf(run), groupIds };
}
