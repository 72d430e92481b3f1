import { expiryRules } from '../../domain/requests/policy.ts';
import type { Request, RequestKind } from '../../domain/requests/request.ts';
import { credentialEnds } from '../../domain/secrets/credential-ends.ts';
import {
  type Credential,
  credentialId,
  credentialsThatMatter,
  newerThan,
  type Purpose,
  type WatchedApplication,
} from '../../domain/secrets/credentials.ts';
import { dueReminder } from '../../domain/secrets/expiry.ts';
import {
  type Closing,
  closed,
  lastReminded,
  type Reminder,
  type ReminderSubject,
  remindedOf,
  reopened,
} from '../../domain/secrets/reminder.ts';
import type { World } from '../../ports/world.ts';
import { forEachConcurrently } from '../../workflows/requests/for-each-concurrently.ts';
import { changeReminder } from '../../workflows/secrets/change-reminder.ts';
import { findOwners } from '../../workflows/secrets/find-owners.ts';
import { findWatched } from '../../workflows/secrets/find-watched.ts';
import { clusterOf } from '../../workflows/secrets/show-reminder.ts';
import { tellDigest } from '../../workflows/secrets/tell-digest.ts';
import { tornDownBy } from '../../workflows/setup/active-setups.ts';

type Ports = Pick<
  World,
  | 'rules'
  | 'directory'
  | 'openCluster'
  | 'people'
  | 'notifier'
  | 'requests'
  | 'reminders'
  | 'credentialEnds'
  | 'digests'
  | 'clock'
  | 'log'
>;

const KASTELLAN = 'kastellan';

/**
 * Looks at the credentials of all watched applications, reminds people of those that end, and takes the buttons off the
 * cards of those that were replaced; once a week it tells what is to be tidied up. What it saw is kept for the metrics. It may
 * run at any time, as often as anybody likes and in several processes at once.
 * @throws KastellanError where Entra cannot be read; people are reminded all the same of what was seen before. Else the first
 *   failure, once every credential was looked at
 */
export async function remindOfExpiry(world: Ports): Promise<void> {
  const began = world.clock.now();
  const reminders = new Map((await world.reminders.list()).map((reminder) => [reminder.id, reminder]));
  const watched = await findWatched(world).catch(async (thrown: unknown) => {
    // With its own secret over Kastellan sees nothing any more, and that is when people have to hear of it.
    await remindFromMemory(world, [...reminders.values()]);
    throw thrown;
  });
  await world.credentialEnds.save(credentialEnds(watched, began));
  const now = world.clock.now();
  const matter = watched.flatMap((application) =>
    credentialsThatMatter(application, now).map((credential) => ({
      id: credentialId(application, credential.keyId),
      application,
      credential,
    })),
  );
  const ids = new Set(matter.map(({ id }) => id));
  const settled = [...reminders.values()].filter((known) => known.closed === undefined && !ids.has(known.id));
  const checks = [
    ...matter.map(
      ({ id, application, credential }) =>
        () =>
          consider(world, application, credential, reminders.get(id)),
    ),
    ...settled.map((reminder) => () => close(world, watched, reminder)),
    () => tellDigest(world, watched),
  ];
  await forEachConcurrently(checks, 1, (check) => check());
}

async function consider(
  world: Ports,
  application: WatchedApplication,
  credential: Credential,
  before: Reminder | undefined,
): Promise<void> {
  const due = newlyDue(world, application.purpose, credential, before);
  if (due !== undefined) {
    await remind(world, before, await subjectOf(world, application, credential), due);
  } else if (before?.closed !== undefined) {
    const next = reopened(before, world.clock.now().toISOString());
    await changeReminder(world, next, { action: 'expiry.reopened', actor: KASTELLAN });
  }
}

async function remindFromMemory(world: Ports, reminders: readonly Reminder[]): Promise<void> {
  await forEachConcurrently(reminders, 1, async (reminder) => {
    const { closed: over, purpose, credential } = reminder;
    const due = over === undefined ? newlyDue(world, purpose, credential, reminder) : undefined;
    if (due !== undefined) await remind(world, reminder, reminder, due);
  });
}

/** The reminder that is due and was not sent yet. */
function newlyDue(
  world: Pick<World, 'rules' | 'clock'>,
  purpose: Purpose,
  { endsAt }: Credential,
  before: Reminder | undefined,
): number | undefined {
  const rules = expiryRules(world.rules, clusterOf(purpose));
  const due = dueReminder(endsAt, world.clock.now(), rules, before?.snooze);
  const last = before === undefined ? undefined : lastReminded(before);
  return due !== undefined && (last === undefined || due < last) ? due : undefined;
}

async function remind(
  world: Ports,
  before: Reminder | undefined,
  subject: ReminderSubject,
  days: number,
): Promise<void> {
  const next = remindedOf(before, subject, days, world.clock.now().toISOString());
  const detail = { daysBefore: days };
  await changeReminder(world, next, { action: 'expiry.reminded', actor: KASTELLAN, detail });
}

async function subjectOf(
  world: Pick<World, 'rules' | 'directory' | 'people' | 'log'>,
  application: WatchedApplication,
  credential: Credential,
): Promise<ReminderSubject> {
  const { objectId, clientId, displayName: name, purpose, credentials, inUse } = application;
  const newer = inUse === 'unknown' ? newerThan(credential, credentials) : undefined;
  return {
    id: credentialId(application, credential.keyId),
    application: { objectId, clientId, name },
    purpose,
    credential,
    owners: await findOwners(world, application),
    ...(newer !== undefined && { successor: { hint: newer.hint, endsAt: newer.endsAt } }),
  };
}

async function close(
  world: Ports,
  watched: readonly WatchedApplication[],
  reminder: Reminder,
): Promise<void> {
  const { clientId } = reminder.application;
  const application = watched.find((candidate) => candidate.clientId === clientId);
  // What a cluster uses that cannot be seen now is no news.
  if (application?.assumed) return;
  const at = world.clock.now().toISOString();
  const closing: Closing = { at, ...(await howItWent(world, application, reminder)) };
  await changeReminder(world, closed(reminder, closing), {
    action: `expiry.${closing.how}`,
    actor: closing.by?.person ?? KASTELLAN,
    ...(closing.by !== undefined && { detail: { request: closing.by.requestId } }),
  });
}

async function howItWent(
  world: Pick<World, 'requests'>,
  application: WatchedApplication | undefined,
  { credential, purpose, changedAt }: Reminder,
): Promise<Omit<Closing, 'at'>> {
  const cluster = clusterOf(purpose);
  const teardown = cluster === undefined ? undefined : await tornDownBy(world, cluster);
  if (teardown !== undefined) return { how: 'torn-down', by: doneBy(teardown) };
  if (application === undefined) return { how: 'gone' };
  const { credentials, inUse } = application;
  const successor =
    typeof inUse === 'object'
      ? credentials.find(({ keyId }) => keyId === inUse.keyId)
      : newerThan(credential, credentials);
  if (successor === undefined) {
    return { how: credentials.some(({ keyId }) => keyId === credential.keyId) ? 'unused' : 'removed' };
  }
  const by = await replacedBy(world, cluster, changedAt);
  return {
    how: 'replaced',
    successor: { hint: successor.hint, endsAt: successor.endsAt },
    ...(by !== undefined && { by }),
  };
}

const PUTS_IN: readonly RequestKind[] = ['setup', 'rotation'];

/** The request that put in another secret since people were reminded; undefined where somebody did it by hand. */
async function replacedBy(
  world: Pick<World, 'requests'>,
  cluster: string | undefined,
  since: string,
): Promise<Closing['by'] | undefined> {
  if (cluster === undefined) return undefined;
  const done = await Promise.all(
    // Kind by kind, so that no crowd of requests for access hides it.
    PUTS_IN.map((kind) => world.requests.list({ cluster, kind, states: ['running', 'done'], limit: 5 })),
  );
  const request = done
    .flat()
    .toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
    .find(({ endedAt, startedAt, plan }) => {
      const replaces = plan?.changes.some(({ id, sign }) => id === 'secret' && sign === '+') === true;
      return replaces && startedAt !== undefined && (endedAt === undefined || endedAt > since);
    });
  return request && doneBy(request);
}

function doneBy({ id, asker, decisions }: Request): NonNullable<Closing['by']> {
  const approval = decisions.findLast(({ verdict }) => verdict === 'approve');
  return { requestId: id, person: approval?.by ?? asker };
}
