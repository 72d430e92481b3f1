import { setTimeout as sleep } from 'node:timers/promises';
import { asKastellanError, KastellanError } from '../../domain/errors.ts';
import { type GroupUse, useText } from '../../domain/setup/group-use.ts';
import type { LevelSpec } from '../../domain/setup/setup.ts';
import type { FieldProblem } from '../../domain/setup/setup-form.ts';
import type { Directory, DirectoryGroup } from '../../ports/directory.ts';
import { type PeopleLookups, resolvePerson } from './people.ts';
import type { SetupJob } from './systems.ts';

/** What of a set-up is looked at while its form is still open. */
type SetupQuestion = Pick<SetupJob, 'spec' | 'otherUses' | 'mayShare'> & { readonly systems: PeopleLookups };

const GROUP_CODES = new Set(['setup.group-unfit', 'setup.group-shared']);
const PERSON_CODES = new Set(['person.unfit']);

/**
 * What is wrong with the groups and people of a form, at its field.
 * @param within milliseconds to look; what is not answered by then counts as no problem and is looked at again later
 */
export async function findDirectoryProblems(job: SetupQuestion, within: number): Promise<FieldProblem[]> {
  const timer = new AbortController();
  const looked = Promise.all(job.spec.levels.map((level) => levelProblems(job, level)))
    .then((problems) => problems.flat())
    // Entra being away is no mistake of the person who fills in the form; planning will tell.
    .catch(() => []);
  const late = sleep(within, [], { signal: timer.signal }).catch(() => []);
  const problems = await Promise.race([looked, late]);
  timer.abort();
  return problems;
}

async function levelProblems(job: SetupQuestion, level: LevelSpec): Promise<FieldProblem[]> {
  const group = findFitGroup(job, level).then(
    () => [],
    (thrown: unknown) => mistake(thrown, `group:${level.level}`, GROUP_CODES),
  );
  const members = level.members.map((id) =>
    resolvePerson(job.systems, id, 'list').then(
      () => [],
      (thrown: unknown) => mistake(thrown, `members:${level.level}`, PERSON_CODES),
    ),
  );
  return (await Promise.all([group, ...members])).flat();
}

async function findFitGroup(job: SetupQuestion, level: LevelSpec): Promise<void> {
  const group = await findChosenGroup(job.systems.directory, level);
  if (group === undefined) return;
  requireMayShare(job, level, group, await job.otherUses(level.level, group));
}

function mistake(thrown: unknown, field: string, codes: ReadonlySet<string>): FieldProblem[] {
  const error = asKastellanError(thrown);
  if (!codes.has(error.code)) throw error;
  return [{ field, message: error.hint === undefined ? error.message : `${error.message} ${error.hint}` }];
}

/**
 * A group that lets people in elsewhere cannot give access for a time here alone.
 * @throws KastellanError `setup.group-shared`
 */
export function requireMayShare(
  job: Pick<SetupJob, 'mayShare'>,
  { level }: LevelSpec,
  { displayName }: DirectoryGroup,
  others: readonly GroupUse[],
): void {
  if (job.mayShare(level, others)) return;
  const sameLevel = others.every((other) => other.level === level);
  throw new KastellanError({
    code: 'setup.group-shared',
    message: `${displayName} is the group of ${others.map(useText).join(' and ')} already: who is given access for a time through it has it there, too, until the last such grant ends.`,
    hint: `Give a new group's name, so that each cluster has a group of its own${sameLevel ? `; where one group is really meant for all of them, an operator can set sharedGroup for the level ${level}` : ''}.`,
  });
}

/**
 * The existing group a person chose, or undefined where a new one is wanted.
 * @throws KastellanError `setup.group-unfit`
 */
export async function findChosenGroup(
  directory: Directory,
  level: LevelSpec,
): Promise<DirectoryGroup | undefined> {
  if (!('existingId' in level.group)) return undefined;
  const { existingId } = level.group;
  const group = await directory.findGroup({ objectId: existingId });
  if (group === undefined) {
    throw unfit(
      `There is no group with the object ID ${existingId} in Entra.`,
      'Copy the object ID from the group in the Entra portal.',
    );
  }
  if (!group.security) {
    throw unfit(
      `${group.displayName} is no security group.`,
      'Choose a security group: only those come into the token.',
    );
  }
  if (group.fixedBecause !== undefined && level.members.length > 0) {
    throw unfit(
      `${group.displayName} takes no members from Kastellan: ${group.fixedBecause}.`,
      'Leave the members empty, or choose another group.',
    );
  }
  return group;
}

function unfit(message: string, hint: string): KastellanError {
  return new KastellanError({ code: 'setup.group-unfit', message, hint });
}
