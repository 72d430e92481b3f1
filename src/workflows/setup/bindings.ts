import { KastellanError } from '../../domain/errors.ts';
import { bindingName, prefixedGroup, type RoleName, roleName } from '../../domain/naming.ts';
import type { LevelSpec } from '../../domain/setup.ts';
import type { Binding } from '../../ports.ts';
import { isResting } from '../access/bindings.ts';
import type { Step } from '../step.ts';
import { groupIdOf } from './groups.ts';
import type { SetupJob } from './systems.ts';

/** Binds the level's prefixed group to K10's roles; a binding that already gives it the role counts as there. */
export function bindingsStep(job: SetupJob, level: LevelSpec): Step {
  const { cluster } = job.systems;
  const roles = level.roles.map((role) => roleName(job.spec.release, role));
  return {
    name: `bindings:${level.level}`,
    title: `Bindings for ${level.level}`,
    needs: [`group:${level.level}`],
    async apply(run) {
      const subject = prefixedGroup(job.spec.signIn.groupPrefix, groupIdOf(run, level.level));
      for (const role of roles) {
        const bindings = await cluster.listBindings(role);
        if (bindings.some(({ groups }) => groups.includes(subject)) || rests(job, level, bindings, role))
          continue;
        await run.remember({ [role.name]: isResting(bindings, level.level, role) ? 'woken' : true });
        const name = bindingName(level.level, role);
        // Where the binding is all that comes and goes, it is there for nobody until somebody is given access.
        if (job.atEnd(level.level) === 'binding') await cluster.restBinding(name, role);
        else await cluster.applyBinding(name, role, subject);
      }
      return roles.map(({ name }) => name).join(', ');
    },
    async undo(run) {
      const woken = roles.filter(({ name }) => run.recall(name) === 'woken');
      for (const role of woken) await cluster.restBinding(bindingName(level.level, role), role);
      const made = roles.filter(({ name }) => run.recall(name) === true);
      for (const role of made) {
        // It is remembered before it is made: where the name was taken, there is nothing of ours to delete.
        await cluster.deleteBinding(bindingName(level.level, role), role).catch(unlessNotOurs);
      }
      return made.length === 0 ? 'were there before, stay' : 'deleted';
    },
  };
}

function unlessNotOurs(thrown: unknown): void {
  if (!(thrown instanceof KastellanError) || thrown.code !== 'kubernetes.binding-not-ours') throw thrown;
}

/**
 * Whether a level's binding is as it should be while nobody was given access: there, with nobody in it. Members for good
 * need it all the time.
 */
export function rests(
  job: Pick<SetupJob, 'atEnd'>,
  { level, members }: LevelSpec,
  bindings: readonly Binding[],
  role: RoleName,
): boolean {
  const atEnd = job.atEnd(level);
  const mayRest = atEnd === 'binding' || (atEnd === 'both' && members.length === 0);
  return mayRest && isResting(bindings, level, role);
}
