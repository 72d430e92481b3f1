import { setTimeout as sleep } from 'node:timers/promises';
import { asKastellanError, KastellanError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Journal } from '../../domain/requests/journal.ts';
import type { Proof } from '../../domain/requests/request.ts';
import { ADDRESS_PROOF } from '../../domain/setup/ask-again.ts';
import { authDifferences } from '../../domain/setup/auth-values.ts';
import {
  credentialSecretName,
  dashboardAddress,
  prefixedGroup,
  redirectUri,
} from '../../domain/setup/naming.ts';
import type { LevelSpec } from '../../domain/setup/setup.ts';
import type { InstalledRelease } from '../../ports/releases.ts';
import type { Step, StepRun } from '../requests/step.ts';
import { allRest, sampleRight } from './level-rights.ts';
import { proveMembers } from './member-proof.ts';
import { type Provable, provableOf } from './provable.ts';
import { plannedValues } from './release.ts';
import type { SetupJob } from './systems.ts';

const DASHBOARD_PATIENCE_MS = 30_000;
const POLL_MS = 1_000;

/**
 * Looks from the outside whether sign-in works: nothing is called done because an API said 200.
 * Its work throws KastellanError `setup.not-proved`.
 */
export function proofStep(job: SetupJob): Step {
  const withMembers = job.spec.levels.filter(({ members }) => members.length > 0);
  return {
    name: 'proof',
    title: 'Proof',
    needs: ['rollout', ...withMembers.map(({ level }) => `members:${level}`)],
    async apply(run) {
      const about = provableOf(job, run);
      await waitForDashboard(job, run);
      const note = await requireProofs(run, await proveAll(job, about));
      await rememberSignInLog(job, run, about.clientId);
      return note;
    },
  };
}

/**
 * Waits while the dashboard answers 5xx, half a minute at the most: right after a rollout, what stands before K10 may not
 * know the new pods yet. What is wrong for good is told by the proof.
 */
export async function waitForDashboard(
  { spec, systems }: Pick<SetupJob, 'spec' | 'systems'>,
  run: Pick<StepRun, 'report' | 'signal'>,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < DASHBOARD_PATIENCE_MS; waitedMs += POLL_MS) {
    const answer = await systems.signIn.dashboardRedirect(dashboardAddress(spec)).catch(() => undefined);
    if (answer === undefined || answer.redirected || !answer.broken) return;
    run.report(answer.detail);
    await sleep(POLL_MS, undefined, { signal: run.signal });
  }
}

/**
 * Remembers the proofs as `proofs`; `provenIn` reads them again.
 * @throws KastellanError `setup.not-proved` where one does not hold
 */
export async function requireProofs(run: StepRun, proofs: readonly Proof[]): Promise<string> {
  await run.remember({ proofs: proofs.map((proof) => ({ ...proof })) });
  const failed = proofs.filter(({ holds }) => !holds);
  if (failed.length === 0) return `${proofs.length} of ${proofs.length} hold`;
  throw new KastellanError({
    code: 'setup.not-proved',
    message: `Everything was carried out, but this does not hold: ${failed.map(({ name, detail }) => `${name} (${detail})`).join('; ')}.`,
    hint: 'Mend what is named and retry from here: only the proof runs again. Or roll back.',
  });
}

/** Remembers since when the first sign-in can be waited for, as `waitsSince`, if Entra shows Kastellan its log. */
async function rememberSignInLog(job: SetupJob, run: StepRun, clientId: string): Promise<void> {
  // Sign-in does not work until the values are committed.
  if (job.request.plan?.handOver !== undefined) return;
  // Entra's log knows no milliseconds.
  const now = new Date(Math.floor(job.systems.clock.now().getTime() / 1_000) * 1_000);
  try {
    await job.systems.directory.listSignIns(clientId, now);
    await run.remember({ waitsSince: now.toISOString() });
  } catch (thrown) {
    // A log that cannot be read, for want of a licence or a permission above all, stops no set-up that is proved.
    if (asKastellanError(thrown).code === 'unexpected') throw thrown;
  }
}

/** What the proof of a run held, as `requireProofs` remembered it. */
export function provenIn(journal: Journal): Proof[] {
  const proofs = journal['proof']?.memory['proofs'];
  return Array.isArray(proofs) ? (proofs as unknown as Proof[]) : [];
}

/** Looks from the outside whether sign-in works; reads only. */
export async function proveAll(job: SetupJob, about: Provable): Promise<Proof[]> {
  const open = await openProofs(job, about);
  return Promise.all([
    proved('issuer matches', () => proveIssuer(job)),
    proved('secret accepted', () => proveSecret(job, about)),
    ...job.spec.levels.map((level) =>
      proved(`${level.level} group has its rights in K10`, () => proveRights(job, about, level)),
    ),
    ...open,
  ]);
}

// Where somebody else keeps the release, redirect and values hold only after the values were committed there; until then
// they are no failure. A release without Helm's record has no values to read, and the redirect has to speak for both.
async function openProofs(job: SetupJob, about: Provable): Promise<Proof[]> {
  const { cluster, releases } = job.systems;
  const [managedBy, installed, redirect] = await Promise.all([
    cluster.findReleaseManager(),
    releases.find(),
    proved(ADDRESS_PROOF, () => proveRedirect(job, about)),
  ]);
  if (managedBy !== undefined && installed === undefined) {
    return redirect.holds ? [redirect, ...(await proveSessions(job, about, {}))] : [];
  }
  const values = await proved('values as planned', () => proveValues(job, about, installed));
  if (managedBy !== undefined && !values.holds) return [];
  return [redirect, values, ...(await proveSessions(job, about, installed?.auth ?? {}))];
}

/** @param auth K10's values below `auth`, chart defaults included; empty if nothing records them */
async function proveSessions(job: SetupJob, about: Provable, auth: JsonObject): Promise<Proof[]> {
  const proofs = job.spec.levels.map(async (level) => {
    const question = { level, groupId: about.groupIds[level.level] ?? '', clientId: about.clientId, auth };
    try {
      return await proveMembers(job, question);
    } catch (thrown) {
      const error = asKastellanError(thrown);
      if (error.code === 'unexpected') throw thrown;
      return [{ name: `a member for ${level.level} gets in`, holds: false, detail: error.message }];
    }
  });
  return (await Promise.all(proofs)).flat();
}

/** A proof by name: `look` gives the problem, or undefined where it holds. */
export async function proved(name: string, check: () => Promise<string | undefined>): Promise<Proof> {
  try {
    const problem = await check();
    return { name, holds: problem === undefined, detail: problem ?? '' };
  } catch (thrown) {
    const error = asKastellanError(thrown);
    if (error.code === 'unexpected') throw thrown;
    return { name, holds: false, detail: error.message };
  }
}

/** Whether Entra names itself as K10 expects it. */
export async function proveIssuer({ spec, systems }: SetupJob): Promise<string | undefined> {
  const issuer = await systems.signIn.discoverIssuer(spec.providerUrl);
  return issuer === spec.providerUrl ? undefined : `Entra says ${issuer}, K10 expects ${spec.providerUrl}`;
}

/** Whether Entra takes the secret that the Kubernetes Secret holds. */
export async function proveSecret(
  { spec, systems }: SetupJob,
  { clientId }: Pick<Provable, 'clientId'>,
): Promise<string | undefined> {
  const secret = await systems.cluster.readClientSecret(credentialSecretName(spec.release));
  if (secret === undefined) return 'the Kubernetes Secret is not there';
  const answer = await systems.signIn.tryClientSecret(spec.providerUrl, clientId, secret);
  return answer.accepted ? undefined : `${answer.code}: ${answer.message}`;
}

async function proveRights(
  { spec, systems, atEnd }: SetupJob,
  { groupIds }: Provable,
  level: LevelSpec,
): Promise<string | undefined> {
  const checks = level.roles.map((role) => sampleRight(role, spec.namespace));
  const objectId = groupIds[level.level] ?? '';
  const group = prefixedGroup(spec.signIn.groupPrefix, objectId);
  const [found, answers] = await Promise.all([
    systems.directory.findGroup({ objectId }),
    systems.cluster.groupMay(group, checks),
  ]);
  // Kubernetes knows only the group's name, and still allows it after the group is gone.
  if (found === undefined) return 'the group is not in Entra any more';
  const refused = checks.find((_check, index) => answers[index] !== true);
  if (refused !== undefined && (await allRest({ spec, systems, atEnd }, level))) return undefined;
  return refused === undefined ? undefined : `${group} may not ${refused.verb} ${refused.resource}`;
}

/** Whether the dashboard sends people to Entra with this application, and back to itself. */
export async function proveRedirect(
  { spec, systems }: SetupJob,
  { clientId }: Pick<Provable, 'clientId'>,
): Promise<string | undefined> {
  const answer = await systems.signIn.dashboardRedirect(dashboardAddress(spec));
  if (!answer.redirected) return answer.detail;
  const uri = redirectUri(spec);
  if (answer.clientId !== clientId) return `it uses the app ${answer.clientId} instead of ${clientId}`;
  if (answer.redirectUri !== uri) return `it names the redirect URI ${answer.redirectUri} instead of ${uri}`;
  const authority = spec.providerUrl.replace(/\/v2\.0$/, '/');
  return answer.authorizeUrl.startsWith(authority)
    ? undefined
    : `it sends people to ${new URL(answer.authorizeUrl).origin}`;
}

async function proveValues(
  job: SetupJob,
  about: Provable,
  installed: InstalledRelease | undefined,
): Promise<string | undefined> {
  if (installed === undefined) return 'there is no Helm release';
  const differences = authDifferences(installed.values, await plannedValues(job, about, installed));
  return differences.length === 0
    ? undefined
    : `different: ${differences.map(({ path }) => path).join(', ')}`;
}
