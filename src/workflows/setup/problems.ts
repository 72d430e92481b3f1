import { setTimeout as sleep } from 'node:timers/promises';
import { asKastellanError, KastellanError } from '../../domain/errors.ts';
import type { LevelSpec, SetupSpec } from '../../domain/setup.ts';
import type { FieldProblem } from '../../domain/setup-form.ts';
import type { Directory, DirectoryGroup } from '../../ports.ts';
import { type PeopleLookups, resolvePerson } from '../people.ts';

/**
 * What is wrong with the groups and people of a form, at its field.
 * @param within milliseconds to look; what is not answered by then counts as no problem and is looked at again later
 */
export async function findDirectoryProblems(
  world: PeopleLookups,
  spec: SetupSpec,
  within: number,
): Promise<FieldProblem[]> {
  const timer = new AbortController();
  const looked = Promise.all(spec.levels.map((level) => levelProblems(world, level)))
    .then((problems) => problems.flat())
    // Entra being away is no mistake of the person who fills in the form; planning will tell.
    .catch(() => []);
  const late = sleep(within, [], { signal: timer.signal }).catch(() => []);
  const problems = await Promise.race([looked, late]);
  timer.abort();
  return problems;
}

async function levelProblems(world: PeopleLookups, level: LevelSpec): Promise<FieldProblem[]> {
  const group = findChosenGroup(world.directory, level).then(
    () => [],
    (thrown: unknown) => mistake(thrown, `group:${level.level}`, 'setup.group-unfit'),
  );
  const members = level.members.map((id) =>
    resolvePerson(world, id).then(
      () => [],
      (thrown: unknown) => mistake(thrown, `members:${level.level}`, 'person.unfit'),
    ),
  );
  return (await Promise.all([group, ...members])).flat();
}

function mistake(thrown: unknown, field: string, code: string): FieldProblem[] {
  const error = asKastellanError(thrown);
  if (error.code !== code) throw error;
  return [{ field, message: error.hint === undefined ? error.message : `${error.message} ${error.hint}` }];
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
