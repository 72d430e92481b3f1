import { KastellanError } from '../../domain/errors.ts';
import type { ObservedRotation } from '../../domain/secrets/rotation.ts';
import { secretObstacle, secretWarning } from '../../domain/secrets/secret-policy.ts';
import { authAbilities } from '../../domain/setup/auth-values.ts';
import {
  credentialDisplayName,
  credentialSecretName,
  previousSecretName,
} from '../../domain/setup/naming.ts';
import type { ObservedApplication, ObservedCredential } from '../../domain/setup/setup.ts';
import { findUnfinished } from '../release/unfinished.ts';
import { findApplication } from '../setup/credential.ts';
import type { SetupJob } from '../setup/systems.ts';

/**
 * Looks at everything a rotation touches, and changes nothing.
 * @throws KastellanError `rotation.credential-missing`, `rotation.kept-inline`, `rotation.not-in-use`, `rotation.release-missing`, where something stands in the way, or cannot be observed
 */
export async function observeRotation(job: SetupJob): Promise<ObservedRotation> {
  const { cluster, directory } = job.systems;
  await cluster.ping();
  const name = credentialSecretName(job.spec.release);
  const [[application, policy], release, deployments, readers, runningActions] = await Promise.all([
    findApplication(job).then(
      async (found) => [found, await directory.secretPolicy(found.objectId)] as const,
    ),
    observeRelease(job),
    cluster.listDeployments(),
    cluster.listReaders(name),
    cluster.countRunningActions(),
  ]);
  const obstacle = secretObstacle(policy, true);
  if (obstacle !== undefined) throw new KastellanError(obstacle);
  const warning = secretWarning(policy, true);
  if (release.byReference && readers.length === 0) throw secretNotMounted(job, name);
  return {
    application,
    ...(await observeBefore(job, application)),
    ...release,
    readers: readers.map((reader) => reader.name).toSorted(),
    deployments: deployments.map((deployment) => deployment.name),
    runningActions,
    secretPolicy: { maxLifetimeDays: policy.maxLifetimeDays },
    // The rest of the set-up's settings is not applied by a rotation.
    warnings: [...(job.lifetimeDifferences ?? []), ...(warning === undefined ? [] : [warning])],
  };
}

// Once this rotation has put in its own, what was before is in the Secret that keeps it.
async function observeBefore(
  job: SetupJob,
  application: ObservedApplication,
): Promise<Pick<ObservedRotation, 'before' | 'beforeIsKnown'>> {
  const { cluster } = job.systems;
  const current = credentialSecretName(job.spec.release);
  const inUse = await cluster.readCredential(current);
  if (inUse === undefined || inUse.clientId !== application.clientId) throw nothingToRotate(job, current);
  const name = holdsOwn(job, application, inUse) ? previousSecretName(job.spec.release) : current;
  // With the secret from before removed, only its Kubernetes Secret may be gone already: there is no way back to it.
  const before = name === current ? inUse : await cluster.readCredential(name);
  if (before === undefined) {
    return { before: { ...inUse, keyId: undefined, hasSecret: false }, beforeIsKnown: true };
  }
  return { before, beforeIsKnown: await isAsEntraSays(job, application, before, name) };
}

/** Whether the Kubernetes Secret holds the secret that this very request made. */
export function holdsOwn(
  job: SetupJob,
  application: ObservedApplication,
  credential: Pick<ObservedCredential, 'keyId'>,
): boolean {
  const own = credentialDisplayName(job.request.cluster, job.request.id);
  return application.secrets.some(
    ({ keyId, displayName }) => displayName === own && keyId === credential.keyId,
  );
}

// Entra shows the first characters of each secret. An edit of the Kubernetes Secret by hand leaves the key ID as it was.
async function isAsEntraSays(
  job: SetupJob,
  application: ObservedApplication,
  { keyId }: ObservedCredential,
  name: string,
): Promise<boolean> {
  if (keyId === undefined) return false;
  const hint = application.secrets.find((secret) => secret.keyId === keyId)?.hint ?? '';
  const value = await job.systems.cluster.readClientSecret(name);
  return value?.reveal().startsWith(hint) ?? true;
}

type Release = Pick<ObservedRotation, 'byReference' | 'chartVersion' | 'managedBy'>;

async function observeRelease(job: SetupJob): Promise<Release> {
  const { releases, cluster } = job.systems;
  const [installed, managedBy] = await Promise.all([releases.find(), cluster.findReleaseManager()]);
  // Argo CD leaves no record for Helm to read: there, only who reads the Kubernetes Secret tells.
  if (installed === undefined && managedBy !== undefined) {
    return { byReference: true, chartVersion: 'unknown', managedBy: managedBy };
  }
  if (installed === undefined) throw releaseMissing(job);
  const { chartVersion } = installed;
  const byReference = authAbilities(installed.authKeys, {}).knowsSecretReference;
  if (byReference) return { byReference, chartVersion, managedBy: managedBy };
  if (managedBy !== undefined) throw keptInline(job, managedBy.name);
  const unfinished = await findUnfinished(releases, installed, job.spec);
  if (unfinished !== undefined) throw new KastellanError(unfinished);
  await releases.checkChart(chartVersion);
  return { byReference, chartVersion, managedBy: managedBy };
}

function releaseMissing({ spec }: SetupJob): KastellanError {
  return new KastellanError({
    code: 'rotation.release-missing',
    message: `There is no Helm release ${spec.release} in the namespace ${spec.namespace}.`,
    hint: 'Install K10 again, and run /kasten setup.',
  });
}

function keptInline({ spec }: SetupJob, managedBy: string): KastellanError {
  return new KastellanError({
    code: 'rotation.kept-inline',
    message: `This chart of ${spec.release} takes the client secret only inside its values, and those are kept by ${managedBy}: Kastellan cannot change them.`,
    hint: 'Upgrade K10 to a chart that knows auth.oidcAuth.clientSecretName and run /kasten setup; or rotate by hand, where the values are kept.',
  });
}

function secretNotMounted({ spec, request }: SetupJob, name: string): KastellanError {
  return new KastellanError({
    code: 'rotation.not-in-use',
    message: `No Deployment of ${spec.release} reads the Kubernetes Secret ${name}, so Kasten on ${request.cluster} does not sign people in with it yet.`,
    hint: '/kasten status shows what is missing: run /kasten setup, or commit the values it handed over.',
  });
}

function nothingToRotate({ spec, request }: SetupJob, name: string): KastellanError {
  return new KastellanError({
    code: 'rotation.credential-missing',
    message: `The Kubernetes Secret ${spec.namespace}/${name} does not hold the client secret of ${request.cluster} any more.`,
    hint: 'Run /kasten setup: it makes a new one.',
  });
}
