import { KastellanError } from '../../domain/errors.ts';
import { groupKey } from '../../domain/naming.ts';
import type { LevelSpec } from '../../domain/setup.ts';
import { resolvePerson } from '../people.ts';
import { type Step, type StepRun, textFrom } from '../step.ts';
import { findChosenGroup } from './problems.ts';
import type { SetupJob } from './systems.ts';

/** The level's security group: the one that was chosen, the one an earlier run made, or a new one. */
export function groupStep(job: SetupJob, level: LevelSpec): Step {
  const { directory } = job.systems;
  const uniqueName = groupKey(job.request.cluster, level.level);
  return {
    name: `group:${level.level}`,
    title: 'newName' in level.group ? `Group ${level.group.newName}` : `Group for ${level.level}`,
    needs: [],
    async apply(run) {
      const chosen = await findChosenGroup(directory, level);
      const existing = chosen ?? (await directory.findGroup({ uniqueName }));
      if (existing !== undefined) {
        await run.remember({ groupId: existing.objectId });
        return run.recall('created') === true ? undefined : 'was there';
      }
      // Said before it is done: a call that timed out may have made the group all the same.
      await run.remember({ created: true });
      const displayName = 'newName' in level.group ? level.group.newName : uniqueName;
      const description = `May sign in to Veeam Kasten as ${level.level} on ${job.request.cluster}. Kept by Kastellan.`;
      const group = await directory.createGroup({ uniqueName, displayName, description });
      await run.remember({ groupId: group.objectId });
      return undefined;
    },
    async undo(run) {
      if (run.recall('created') !== true) return 'was there before, stays';
      const group = await directory.findGroup({ uniqueName });
      if (group !== undefined) await directory.deleteGroup(group.objectId);
      return 'deleted';
    },
  };
}

/** Adds the people who were asked for and are missing. */
export function membersStep(job: SetupJob, level: LevelSpec): Step {
  const { directory } = job.systems;
  return {
    name: `members:${level.level}`,
    title: `Members for ${level.level}`,
    needs: [`group:${level.level}`],
    async apply(run) {
      const groupId = groupIdOf(run, level.level);
      const people = await Promise.all(level.members.map((id) => resolvePerson(job.systems, id)));
      const present = new Set(await directory.listMembers(groupId));
      const missing = people.map(({ objectId }) => objectId).filter((id) => !present.has(id));
      if (missing.length > 0) {
        await run.remember({ added: [...addedBefore(run), ...missing] });
        await directory.addMembers(groupId, missing);
      }
      return people.length === 1 ? '1 member' : `${people.length} members`;
    },
    async undo(run) {
      const added = addedBefore(run);
      const groupId = textFrom(run.recallFrom(`group:${level.level}`, 'groupId'));
      if (added.length === 0 || groupId === undefined) return 'nobody was added';
      if ((await directory.findGroup({ objectId: groupId })) === undefined) return 'the group is gone';
      await directory.removeMembers(groupId, added);
      return `${added.length} removed`;
    },
  };
}

function addedBefore(run: StepRun): string[] {
  const added = run.recall('added');
  return Array.isArray(added) ? added.filter((id): id is string => typeof id === 'string') : [];
}

/** The object ID that the group step found or made. */
export function groupIdOf(run: StepRun, level: string): string {
  return required(run, `group:${level}`, 'groupId');
}

/** What an earlier step must have remembered. */
export function required(run: StepRun, step: string, key: string): string {
  const value = textFrom(run.recallFrom(step, key));
  if (value !== undefined) return value;
  throw new KastellanError({
    code: 'step.memory-missing',
    message: `The journal does not hold what "${step}" found out (${key}).`,
    hint: 'Roll this request back and ask anew.',
  });
}
