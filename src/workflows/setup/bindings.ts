import { KastellanError } from '../../domain/errors.ts';
import { bindingName, prefixedGroup, roleName } from '../../domain/setup/naming.ts';
import type { LevelSpec } from '../../domain/setup/setup.ts';
import type { Binding } from '../../ports/cluster.ts';
import type { Step } from '../requests/step.ts';
import { groupIdOf } from './groups.ts';
import { isResting, isSuspended, mayRest, tooWideBinding } from './own-bindings.ts';
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
        const tooWide = tooWideBinding(bindings, level.level, role);
        const isThere =
          bindings.some(({ groups }) => groups.includes(subject)) || isSuspended(job, level, bindings, role);
        if (isThere && tooWide === undefined) continue;
        await run.remember({ [role.name]: before(isResting(bindings, level.level, role), tooWide, subject) });
        const name = bindingName(level.level, role);
        // What is replaced may be in use by a grant, or rest.
        const isUsed = bindings.some((one) => one.name === name && one.groups.includes(subject));
        const staysAtRest = tooWide?.groups.length === 0 && mayRest(job, level);
        // If access ends by binding, the binding is suspended until access is given.
        if (!isUsed && (staysAtRest || job.atEnd(level.level) === 'binding'))
          await cluster.suspendBinding(name, role);
        else await cluster.applyBinding(name, role, subject);
      }
      return roles.map(({ name }) => name).join(', ');
    },
    async undo(run) {
      const woken = roles.filter(({ name }) => run.recall(name) === 'woken');
      for (const role of woken) await cluster.suspendBinding(bindingName(level.level, role), role);
      const made = roles.filter(({ name }) => run.recall(name) === true);
      for (const role of made) {
        // It is remembered before it is made: where the name was taken, there is nothing of ours to delete.
        await cluster.deleteBinding(bindingName(level.level, role), role).catch(unlessNotOurs);
      }
      return made.length === 0 ? 'were there before, stay' : 'deleted';
    },
  };
}

// What replaces a binding that was too wide stays if the set-up is undone: the level had the role, and needs it no wider.
function before(rested: boolean, tooWide: Binding | undefined, subject: string): 'woken' | 'replaced' | true {
  if (rested || tooWide?.groups.length === 0) return 'woken';
  return tooWide?.groups.includes(subject) === true ? 'replaced' : true;
}

function unlessNotOurs(thrown: unknown): void {
  if (!(thrown instanceof KastellanError) || thrown.code !== 'kubernetes.binding-not-ours') throw thrown;
}
