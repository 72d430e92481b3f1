import type { AuditEvent } from '../../domain/audit/audit.ts';
import { KastellanError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { groupDescription, groupKey } from '../../domain/setup/group-key.ts';
import { roleName } from '../../domain/setup/naming.ts';
import type { LevelSpec } from '../../domain/setup/setup.ts';
import { named } from '../../domain/setup/setup-plan.ts';
import { type Step, type StepRun, textFrom } from '../requests/step.ts';
import { findMadeGroup } from './find-made-group.ts';
import { isUnbound, observeBinding } from './own-bindings.ts';
import { resolvePerson } from './people.ts';
import { findChosenGroup } from './problems.ts';
import type { SetupJob } from './systems.ts';

/** The level's security group: the one that was chosen, the one an earlier run made, or a new one. */
export function groupStep(job: SetupJob, level: LevelSpec): Step {
  const { directory } = job.systems;
  const { cluster } = job.request;
  const uniqueName = groupKey(cluster, level.level);
  return {
    name: `group:${level.level}`,
    title: 'newName' in level.group ? `Group ${level.group.newName}` : `Group for ${level.level}`,
    needs: [],
    async apply(run) {
      const chosen = await findChosenGroup(directory, level);
      const existing = chosen ?? (await findMadeGroup(directory, cluster, level.level));
      if (existing !== undefined) {
        await run.remember({ groupId: existing.objectId });
        // Choosing a group includes its members. A group that Kastellan made and found again includes none.
        if (chosen !== undefined) await adoptMembers(job, level, chosen.objectId);
        return run.recall('created') === true ? undefined : 'was there';
      }
      // Said before it is done: a call that timed out may have made the group all the same.
      await run.remember({ created: true });
      const displayName = 'newName' in level.group ? level.group.newName : uniqueName;
      const description = groupDescription(cluster, level.level);
      const group = await directory.createGroup({ uniqueName, displayName, description });
      await run.remember({ groupId: group.objectId });
      await job.systems.rosters.add(group.objectId, [], rosterEvent(job, level, []));
      return undefined;
    },
    async undo(run) {
      if (run.recall('created') !== true) return 'was there before, stays';
      const group = await findMadeGroup(directory, cluster, level.level);
      if (group !== undefined) await directory.deleteGroup(group.objectId);
      return 'deleted';
    },
  };
}

/**
 * Adds the people who were asked for and are missing.
 * Its work throws KastellanError `step.memory-missing`.
 */
export function membersStep(job: SetupJob, level: LevelSpec): Step {
  const { directory } = job.systems;
  return {
    name: `members:${level.level}`,
    title: `Members for ${level.level}`,
    needs: [`group:${level.level}`],
    async apply(run) {
      const groupId = groupIdOf(run, level.level);
      const people = await Promise.all(level.members.map((id) => resolvePerson(job.systems, id, 'list')));
      const present = new Set(await directory.listMembers(groupId));
      const missing = people.map(({ objectId }) => objectId).filter((id) => !present.has(id));
      if (missing.length > 0) {
        await run.remember({ added: [...addedBefore(run), ...missing] });
        await directory.addMembers(groupId, missing);
      }
      const ids = people.map(({ objectId }) => objectId);
      await noteMembers(job, level, run, groupId, ids);
      // The card has room for some of the names, the thread for all.
      if (people.length > 0) await run.remember({ people: people.map(({ name }) => name).join(', ') });
      return people.length === 0 ? 'nobody was asked for' : named(people);
    },
    async undo(run) {
      const added = addedBefore(run);
      const groupId = textFrom(run.recallFrom(`group:${level.level}`, 'groupId'));
      if (groupId !== undefined) await forgetMembers(job, level, run, groupId);
      if (added.length === 0 || groupId === undefined) return 'nobody was added';
      if ((await directory.findGroup({ objectId: groupId })) === undefined) return 'the group is gone';
      await directory.removeMembers(groupId, added);
      return `${added.length} removed`;
    },
  };
}

function addedBefore(run: StepRun): string[] {
  return idsFrom(run.recall('added'));
}

function idsFrom(remembered: Json | undefined): string[] {
  return Array.isArray(remembered) ? remembered.filter((id): id is string => typeof id === 'string') : [];
}

// Also of a group that was adopted before, for another cluster or an earlier set-up: who has come into it since was approved now.
async function adoptMembers(job: SetupJob, level: LevelSpec, groupId: string): Promise<void> {
  const { directory, rosters } = job.systems;
  const roster = await rosters.find(groupId);
  const roles = level.roles.map((role) => roleName(job.spec.release, role));
  const bindings = await Promise.all(roles.map((role) => observeBinding(job, level, role, groupId)));
  if (roster !== undefined && !isUnbound(bindings)) return;
  const members = await notForATime(job, groupId, await directory.listMembers(groupId));
  const ids = members.filter((id) => roster?.has(id) !== true);
  if (roster === undefined || ids.length > 0) await rosters.add(groupId, ids, rosterEvent(job, level, ids));
}

/**
 * Those of a group's members who do not have it for a time only: they belong to it for good once somebody chooses it.
 * @param members object IDs
 */
export async function notForATime(
  { systems }: SetupJob,
  groupId: string,
  members: readonly string[],
): Promise<string[]> {
  const live = (await systems.grants.live()).filter(({ group }) => group.objectId === groupId);
  const given = new Set(live.map(({ person }) => person.objectId));
  return members.filter((id) => !given.has(id));
}

async function noteMembers(
  job: SetupJob,
  level: LevelSpec,
  run: StepRun,
  groupId: string,
  ids: readonly string[],
): Promise<void> {
  const { rosters } = job.systems;
  const known = await rosters.find(groupId);
  const fresh = ids.filter((id) => known?.has(id) !== true);
  if (fresh.length === 0) return;
  await run.remember({ rostered: [...idsFrom(run.recall('rostered')), ...fresh] });
  await rosters.add(groupId, fresh, rosterEvent(job, level, fresh));
}

async function forgetMembers(job: SetupJob, level: LevelSpec, run: StepRun, groupId: string): Promise<void> {
  const ids = idsFrom(run.recall('rostered'));
  if (ids.length > 0) await job.systems.rosters.remove(groupId, ids, rosterEvent(job, level, ids));
}

function rosterEvent({ request }: SetupJob, { level }: LevelSpec, people: readonly string[]): AuditEvent {
  return {
    action: 'roster.changed',
    actor: 'kastellan',
    requestId: request.id,
    cluster: request.cluster,
    detail: { level, people },
  };
}

/**
 * The object ID that the group step found or made.
 * @throws KastellanError `step.memory-missing`
 */
export function groupIdOf(run: StepRun, level: string): string {
  return required(run, `group:${level}`, 'groupId');
}

/**
 * What an earlier step must have remembered.
 * @throws KastellanError `step.memory-missing`
 */
export function required(run: StepRun, step: string, key: string): string {
  const value = textFrom(run.recallFrom(step, key));
  if (value !== undefined) return value;
  throw new KastellanError({
    code: 'step.memory-missing',
    message: `The journal does not hold what "${step}" found out (${key}).`,
    hint: 'Roll this request back and ask anew.',
  });
}
