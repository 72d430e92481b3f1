import { KastellanError } from '../../domain/errors.ts';
import { objectAt } from '../../domain/json.ts';
import { memberSession } from '../../domain/setup/member-session.ts';
import type { LevelSpec, ObservedLevel, ObservedMember, ObservedRelease } from '../../domain/setup/setup.ts';
import { named } from '../../domain/setup/setup-plan.ts';
import type { SetupJob } from './systems.ts';

const SAMPLE = 5;
// Stands for a group that is yet to be made: as long as every object ID.
const NEW_GROUP = '00000000-0000-0000-0000-000000000000';

interface FoundProblem {
  readonly member: ObservedMember;
  readonly problem: string;
}

/**
 * Warnings that members of a level could not sign in to K10 as they are: Entra would send too many groups, or none. Nothing
 * is said of what cannot be read now; the proof at the end looks again.
 */
export async function memberWarnings(
  job: SetupJob,
  levels: Readonly<Record<string, ObservedLevel>>,
  { values }: Pick<ObservedRelease, 'values'>,
): Promise<string[]> {
  // Otherwise Entra sends the groups of the application alone.
  if (job.spec.signIn.groupClaims !== 'SecurityGroup') return [];
  const warnings = job.spec.levels.map(async (level) => {
    const observed = levels[level.level];
    const members = (observed?.members ?? []).slice(0, SAMPLE);
    const groupId = observed?.group?.objectId ?? NEW_GROUP;
    const problems = members.map(async (member) => {
      const problem = await problemOf(job, values, member, groupId);
      return problem === undefined ? [] : [{ member, problem }];
    });
    return warningOf(level, (await Promise.all(problems)).flat());
  });
  return (await Promise.all(warnings)).flat();
}

function warningOf({ level }: LevelSpec, found: readonly FoundProblem[]): string[] {
  const [first] = found;
  if (first === undefined) return [];
  const who = named(found.map(({ member }) => member));
  return [`Of the members looked at for ${level}, ${who} could not get in to K10: ${first.problem}.`];
}

async function problemOf(
  job: SetupJob,
  values: ObservedRelease['values'],
  { objectId }: ObservedMember,
  groupId: string,
): Promise<string | undefined> {
  try {
    const groups = await job.systems.directory.listGroupsOf(objectId);
    const sent = [...new Set([...groups, groupId])];
    const person = { objectId, userPrincipalName: '' };
    const session = memberSession(job.spec, objectAt(values, 'auth'), person, sent);
    return 'problem' in session ? session.problem : undefined;
  } catch (thrown) {
    if (thrown instanceof KastellanError) return undefined;
    throw thrown;
  }
}
