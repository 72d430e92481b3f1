import type { JsonObject } from '../../domain/json.ts';
import { applicationKey } from '../../domain/setup/naming.ts';
import type { ApplicationSettings, LevelSpec, ObservedApplication } from '../../domain/setup/setup.ts';
import { desiredApplication, settingDifferences } from '../../domain/setup/setup-plan.ts';
import { type Step, type StepRun, textFrom } from '../requests/step.ts';
import { groupIdOf, required } from './groups.ts';
import type { SetupJob } from './systems.ts';

/** The app registration with its redirect URI, ID tokens and group claims. */
export function applicationStep(job: SetupJob): Step {
  const { directory } = job.systems;
  const uniqueName = applicationKey(job.request.cluster);
  return {
    name: 'application',
    title: `App ${job.spec.applicationName}`,
    needs: [],
    async apply(run) {
      const existing = await directory.findApplication(uniqueName);
      if (existing === undefined) {
        await run.remember({ created: true });
        return made(
          run,
          await directory.createApplication(uniqueName, desiredApplication(job.spec, undefined)),
        );
      }
      const desired = desiredApplication(job.spec, existing);
      if (settingDifferences(existing.settings, desired).length > 0) {
        if (run.recall('created') !== true) await run.remember({ before: { ...existing.settings } });
        await directory.updateApplication(existing.objectId, desired);
      }
      return made(run, existing);
    },
    async undo(run) {
      const existing = await directory.findApplication(uniqueName);
      if (existing === undefined) return 'is gone';
      if (run.recall('created') === true) {
        await directory.deleteApplication(existing.objectId);
        return 'deleted';
      }
      const before = settingsFrom(run.recall('before'));
      if (before === undefined) return 'was as it is now';
      await directory.updateApplication(existing.objectId, { ...existing.settings, ...before });
      return 'as it was before';
    },
  };
}

async function made(run: StepRun, application: ObservedApplication): Promise<undefined> {
  await run.remember({ applicationId: application.objectId, clientId: application.clientId });
}

function settingsFrom(remembered: unknown): Partial<ApplicationSettings> | undefined {
  // Written by this very step, by an older Kastellan perhaps, which noted fewer settings.
  return remembered === undefined ? undefined : (remembered as JsonObject as Partial<ApplicationSettings>);
}

/** The enterprise application, without which nobody can sign in: switched on, and with the groups assigned if it has to be. */
export function servicePrincipalStep(job: SetupJob): Step {
  const { directory } = job.systems;
  const assigning =
    job.spec.signIn.groupClaims === 'ApplicationGroup' ||
    job.request.plan?.changes.some(({ id }) => id.startsWith('assignment:')) === true;
  return {
    name: 'service-principal',
    title: 'Enterprise application',
    needs: ['application', ...(assigning ? job.spec.levels.map(({ level }) => `group:${level}`) : [])],
    async apply(run) {
      const clientId = required(run, 'application', 'clientId');
      const existing = await directory.findServicePrincipal(clientId);
      if (existing === undefined) await run.remember({ created: true });
      const { objectId } = existing ?? (await directory.createServicePrincipal(clientId));
      await run.remember({ servicePrincipalId: objectId });
      if (existing?.enabled === false) {
        await run.remember({ wasOff: true });
        await directory.enableServicePrincipal(objectId, true);
      }
      return assigning ? assignGroups(job, run, objectId) : undefined;
    },
    async undo(run) {
      const objectId = textFrom(run.recall('servicePrincipalId'));
      if (run.recall('created') !== true) {
        if (objectId !== undefined) await unassign(job, run, objectId);
        if (objectId === undefined || run.recall('wasOff') !== true) return 'was there before, stays';
        await directory.enableServicePrincipal(objectId, false);
        return 'switched off again';
      }
      const clientId = textFrom(run.recallFrom('application', 'clientId'));
      const existing = clientId === undefined ? undefined : await directory.findServicePrincipal(clientId);
      if (existing !== undefined) await directory.deleteServicePrincipal(existing.objectId);
      return 'deleted';
    },
  };
}

async function assignGroups(job: SetupJob, run: StepRun, servicePrincipalId: string): Promise<string> {
  const assigned = await job.systems.directory.listAssignedGroups(servicePrincipalId);
  for (const { level } of job.spec.levels) {
    const groupId = groupIdOf(run, level);
    if (assigned.includes(groupId)) continue;
    await run.remember({ [`assigned:${level}`]: groupId });
    await job.systems.directory.assignGroup(servicePrincipalId, groupId);
  }
  return `${job.spec.levels.length} groups assigned`;
}

async function unassign(job: SetupJob, run: StepRun, servicePrincipalId: string): Promise<void> {
  for (const { level } of job.spec.levels satisfies readonly LevelSpec[]) {
    const groupId = textFrom(run.recall(`assigned:${level}`));
    if (groupId !== undefined) await job.systems.directory.unassignGroup(servicePrincipalId, groupId);
  }
}
