import { dayAt } from '../../domain/calendar.ts';
import { asKastellanError } from '../../domain/errors.ts';
import { expiryRules } from '../../domain/requests/policy.ts';
import type { RequestOf } from '../../domain/requests/request.ts';
import { applicationKey } from '../../domain/setup/naming.ts';
import type { SetupSpec } from '../../domain/setup/setup.ts';
import {
  countedIn,
  emptyDay,
  failuresIn,
  type SignInFailures,
  type SignInRecord,
  signInCardId,
  signInsWithoutGroup,
} from '../../domain/status/sign-in-log.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { forEachConcurrently } from '../../workflows/requests/for-each-concurrently.ts';
import { findChosenOrMade } from '../../workflows/setup/find-made-group.ts';
import { lastSetup } from '../../workflows/setup/last-setup.ts';
import { settleFirstSignIn, waitingSetups } from '../../workflows/status/watch-first-sign-in.ts';

type Ports = RequestPorts & Pick<World, 'directory' | 'signInFailures' | 'log' | 'telemetry'>;

// Lines come into the log minutes late, so each look goes back further than the one before it ended.
const LOOKBACK_MS = 60 * 60_000;
// Without a licence or a permission Entra has no log to read; an administrator has to change that first.
const NO_LOG = new Set(['entra.licence-missing', 'entra.permission-missing']);

/**
 * Looks for sign-ins that failed at the applications of all clusters, and sums each day's up in one card by cause. What was
 * counted is not counted again, whoever looks and however often.
 * @throws the first failure, once every cluster was looked at
 */
export async function watchSignIns(world: Ports): Promise<void> {
  let hasLog = true;
  await forEachConcurrently(world.rules.clusters, 1, async ({ name }) => {
    await endOldWaits(world, name);
    if (!hasLog) return;
    try {
      await watchCluster(world, name);
    } catch (thrown) {
      const { code, message } = asKastellanError(thrown);
      if (!NO_LOG.has(code)) throw thrown;
      world.log.info({ code }, `Failed sign-ins are not watched. ${message}`);
      hasLog = false;
    }
  });
}

async function watchCluster(world: Ports, cluster: string): Promise<void> {
  const setup = await lastSetup(world, cluster);
  if (setup === undefined) return;
  const application = await world.directory.findApplication(applicationKey(cluster));
  if (application === undefined) return;
  const now = world.clock.now();
  const since = new Date(now.getTime() - LOOKBACK_MS);
  const waiting = await waitingSetups(world, cluster);
  const read = await world.directory.listSignIns(application.clientId, earliest(since, waiting));
  const members = await membersOfLevels(world, cluster, setup);
  for (const request of waiting) await settleFirstSignIn(world, request, read, members);
  const records = read.filter(({ at }) => Date.parse(at) >= since.getTime());
  const failures = [...failuresIn(records, now), ...signInsWithoutGroup(records, members, now)];
  const { timeZone } = expiryRules(world.rules);
  for (const day of new Set(failures.map(({ at }) => dayAt(new Date(at), timeZone)))) {
    await count(world, emptyDay(cluster, day), failures);
  }
}

// A process that was down for a day still sees the sign-ins that a card waits for.
function earliest(since: Date, waiting: readonly RequestOf<'setup'>[]): Date {
  const begins = waiting.flatMap(({ outcome }) =>
    outcome?.firstSignIn?.state === 'waiting' ? Date.parse(outcome.firstSignIn.since) : [],
  );
  return new Date(Math.min(since.getTime(), ...begins));
}

// Also where the application or the log is gone by now: no card waits for ever.
async function endOldWaits(world: Ports, cluster: string): Promise<void> {
  for (const request of await waitingSetups(world, cluster)) {
    await settleFirstSignIn(world, request, [], new Set());
  }
}

// Object IDs of all members of this cluster's groups.
async function membersOfLevels(
  { directory }: Pick<World, 'directory'>,
  cluster: string,
  setup: SetupSpec,
): Promise<Set<string>> {
  const members = setup.levels.map(async ({ level, group }) => {
    const found = await findChosenOrMade(directory, cluster, { level, group });
    return found === undefined ? [] : directory.listAllMembers(found.objectId);
  });
  return new Set((await Promise.all(members)).flat());
}

async function count(
  world: Pick<World, 'rules' | 'notifier' | 'signInFailures' | 'telemetry'>,
  quiet: SignInFailures,
  failures: readonly SignInRecord[],
): Promise<void> {
  const before = (await world.signInFailures.find(quiet.cluster, quiet.day)) ?? quiet;
  const counted = countedIn(before, failures, expiryRules(world.rules).timeZone);
  if (counted === undefined) return;
  // Another process may have counted them in the meantime; then the next look finds nothing new.
  if (!(await world.signInFailures.replace(counted.failures, before.version))) return;
  for (const { failure } of counted.fresh) {
    if (failure !== undefined) world.telemetry.signInFailed(quiet.cluster, failure.code);
  }
  await world.notifier.show({ failures: counted.failures });
  const news = newCauses(before, counted.failures);
  // Slack does not notify of an edited card, so new causes are also posted in its thread.
  if (before.version > 0 && news.length > 0)
    await world.notifier.addDetail(signInCardId(counted.failures), news.join('\n'));
}

function newCauses(before: SignInFailures, after: SignInFailures): string[] {
  const known = new Set(before.causes.map(({ code }) => code));
  return after.causes
    .filter(({ code }) => !known.has(code))
    .map(({ code, message, hint }) => `New: ${message} ${hint} (${code})`);
}
