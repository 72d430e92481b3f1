import { KastellanError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { applicationKey } from '../../domain/setup/naming.ts';
import type { ApplicationSettings, ObservedApplication } from '../../domain/setup/setup.ts';
import { named, settingDifferences } from '../../domain/setup/setup-plan.ts';
import {
  detachRedirect,
  ownSecrets,
  removalDecision,
  whyGroupStays,
} from '../../domain/teardown/entra-removals.ts';
import { type Step, type StepRun, textFrom } from '../requests/step.ts';
import { observeGroup } from './observe.ts';
import type { TeardownJob } from './systems.ts';

/**
 * Deletes the app registration, and with it its enterprise application and client secrets; or, where others have put
 * something into it, takes out what set-up put there. Entra keeps both for 30 days.
 * Its work throws KastellanError `teardown.gone-for-good`.
 */
export function applicationStep(job: TeardownJob): Step {
  const { directory } = job.systems;
  const uniqueName = applicationKey(job.request.cluster);
  return {
    name: 'application',
    title: `App ${job.spec.setup.applicationName} and its enterprise application`,
    needs: job.spec.remove.includes('credential') ? ['credential'] : ['rollout'],
    async apply(run) {
      const application = await directory.findApplication(uniqueName);
      if (application === undefined) {
        await removeServicePrincipal(job, run, textFrom(run.recall('clientId')));
        return run.recall('applicationId') === undefined ? 'was not there' : undefined;
      }
      const removal = removalDecision(job.request.cluster, job.spec, application);
      if (removal === 'let go') return takeOut(job, run, application);
      const { objectId: applicationId, clientId } = application;
      await run.remember({ applicationId, clientId });
      await removeServicePrincipal(job, run, clientId);
      await directory.deleteApplication(applicationId);
      return undefined;
    },
    async undo(run) {
      const before = settingsFrom(run.recall('before'));
      const application = await directory.findApplication(uniqueName);
      if (before !== undefined && application !== undefined) {
        await directory.updateApplication(application.objectId, { ...application.settings, ...before });
        return 'as it was before';
      }
      const applicationId = textFrom(run.recall('applicationId'));
      if (applicationId === undefined) return 'was not there';
      if (application === undefined && !(await directory.restoreApplication(applicationId)))
        throw goneForGood('The app registration');
      await bringBackServicePrincipal(job, run);
      return 'fetched back from the deleted ones';
    },
  };
}

/** Removes the client secrets that Kastellan made where their application stays and no cluster holds them any more. */
export function secretsStep(job: TeardownJob): Step {
  const { directory } = job.systems;
  const { cluster } = job.request;
  return {
    name: 'credential',
    title: 'Client secrets',
    needs: [],
    async apply() {
      const application = await directory.findApplication(applicationKey(cluster));
      if (application === undefined) return 'were not there';
      if (removalDecision(cluster, job.spec, application) === 'removed') return 'go with the app';
      const own = ownSecrets(cluster, application, undefined);
      for (const { keyId } of own) await directory.removeSecret(application.objectId, keyId);
      return `${own.length} removed`;
    },
  };
}

async function takeOut(
  { spec, systems }: TeardownJob,
  run: StepRun,
  { objectId, settings }: ObservedApplication,
): Promise<string> {
  const after = detachRedirect(spec.setup, settings);
  if (settingDifferences(settings, after).length > 0) {
    await run.remember({ before: { ...settings } });
    await systems.directory.updateApplication(objectId, after);
  }
  return "stays without K10's redirect URI: others use it";
}

function settingsFrom(remembered: Json | undefined): Partial<ApplicationSettings> | undefined {
  // Written by this very step, by an older Kastellan perhaps, which noted fewer settings.
  return remembered === undefined ? undefined : (remembered as Partial<ApplicationSettings>);
}

// Before its application: what Entra takes along by itself cannot be waited for.
async function removeServicePrincipal(
  { systems: { directory } }: TeardownJob,
  run: StepRun,
  clientId: string | undefined,
): Promise<void> {
  const found = clientId === undefined ? undefined : await directory.findServicePrincipal(clientId);
  if (found === undefined) return;
  const groups = await directory.listAssignedGroups(found.objectId);
  await run.remember({ servicePrincipalId: found.objectId, assigned: groups });
  await directory.deleteServicePrincipal(found.objectId);
}

// Its assignments do not come back with it.
async function bringBackServicePrincipal(
  { systems: { directory } }: TeardownJob,
  run: StepRun,
): Promise<void> {
  const [objectId, clientId] = [textFrom(run.recall('servicePrincipalId')), textFrom(run.recall('clientId'))];
  if (objectId === undefined || clientId === undefined) return;
  const isThere = (await directory.findServicePrincipal(clientId)) !== undefined;
  if (!isThere && !(await directory.restoreServicePrincipal(objectId)))
    await directory.createServicePrincipal(clientId);
  const back = await directory.findServicePrincipal(clientId);
  const assigned = run.recall('assigned');
  if (back === undefined || !Array.isArray(assigned)) return;
  for (const group of assigned) {
    if (typeof group === 'string') await directory.assignGroup(back.objectId, group);
  }
}

/**
 * Deletes the group that Kastellan made for a level; one that was there before, or that others use, stays.
 * Its work throws KastellanError `teardown.gone-for-good`.
 */
export function groupStep(job: TeardownJob, level: TeardownJob['spec']['levels'][number]): Step {
  const { directory } = job.systems;
  const { remove } = job.spec;
  return {
    name: `group:${level.level}`,
    title: 'newName' in level.group ? `Group ${level.group.newName}` : `Group for ${level.level}`,
    needs: [
      'bindings',
      // Members with a grant are removed first.
      'grants',
      // An application fetched back gets its groups assigned again: they have to be back before it.
      ...(remove.includes('application') ? ['application'] : []),
    ],
    async apply(run) {
      const [group] = await observeGroup(job, level);
      if (group === undefined) return run.recall('groupId') === undefined ? 'was not there' : undefined;
      const reason = whyGroupStays(group);
      if (reason !== undefined) return `stays: ${reason}`;
      await run.remember({ groupId: group.objectId });
      await directory.deleteGroup(group.objectId);
      return group.members.length === 0 ? undefined : `no longer there for ${named(group.members)}`;
    },
    async undo(run) {
      const groupId = textFrom(run.recall('groupId'));
      if (groupId === undefined) return 'was not deleted';
      const isThere = (await directory.findGroup({ objectId: groupId })) !== undefined;
      if (!isThere && !(await directory.restoreGroup(groupId))) throw goneForGood(`The group ${groupId}`);
      return 'fetched back from the deleted ones';
    },
  };
}

function goneForGood(what: string): KastellanError {
  return new KastellanError({
    code: 'teardown.gone-for-good',
    message: `${what} is not among Entra's deleted objects any more, so it cannot be fetched back.`,
    hint: '/kasten setup makes a new one.',
  });
}
