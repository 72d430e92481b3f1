import { createAcceptedAdmins } from '../adapters/redis/accepted-admins.ts';
import { AuditChain } from '../adapters/redis/audit-chain.ts';
import { createAuditLog } from '../adapters/redis/audit-log.ts';
import { createBreakGlassStore } from '../adapters/redis/break-glass-store.ts';
import { announcing, createAnnounce } from '../adapters/redis/changes.ts';
import { createCredentialEndStore } from '../adapters/redis/credential-end-store.ts';
import { createDigestStore } from '../adapters/redis/digest-store.ts';
import { createDiscoveries } from '../adapters/redis/discoveries.ts';
import { createGrantStore } from '../adapters/redis/grant-store.ts';
import { createJournalStore } from '../adapters/redis/journal-store.ts';
import { createLeases } from '../adapters/redis/leases.ts';
import { createBudgets, createLimits } from '../adapters/redis/limits.ts';
import { createPersonLinks } from '../adapters/redis/person-links.ts';
import { createPersonalSeals } from '../adapters/redis/personal-seals.ts';
import { createReminderStore } from '../adapters/redis/reminder-store.ts';
import { createReplays } from '../adapters/redis/replays.ts';
import { createRequestStore } from '../adapters/redis/request-store.ts';
import { createRosters } from '../adapters/redis/rosters.ts';
import { createMessageRecords } from '../adapters/redis/sent-messages.ts';
import { createSignInFailures } from '../adapters/redis/sign-in-failure-store.ts';
import { createSlackReads } from '../adapters/redis/slack-reads.ts';
import { createNotifier } from '../adapters/slack/notifier.ts';
import { createPeople } from '../adapters/slack/people.ts';
import type { Settings } from '../config/load.ts';
import { createWorkQueue, type QueueWatch } from '../jobs/queue.ts';
import { watchGrants } from '../ops/watch-grants.ts';
import { watchRequests } from '../ops/watch-requests.ts';
import type { Log } from '../ports/telemetry.ts';
import type { World } from '../ports/world.ts';
import { cardMessage, directMessage } from '../slack/card-message.ts';
import { openAuditKeys } from './audit-keys.ts';
import { noClusters, openClusters, reachesClusters } from './open-clusters.ts';
import { openEntra } from './open-entra.ts';
import type { Instruments } from './open-instruments.ts';
import type { RedisConnections } from './open-redis.ts';

/** Builds every adapter once and gives the world the operations work on. */
export async function openWorld(
  settings: Settings,
  redis: RedisConnections,
  instruments: Instruments,
  log: Log,
  onAway: (cluster: string, away: boolean) => void,
): Promise<World & { readonly queue: QueueWatch }> {
  const { telemetry, metrics } = instruments;
  const clock = { now: () => new Date() };
  const chain = new AuditChain(redis.requests, clock, openAuditKeys(settings));
  const announce = createAnnounce(redis.requests);
  return {
    ...openEntra(settings, telemetry.watchCall),
    openCluster: reachesClusters(settings)
      ? await openClusters(settings, log, { watch: telemetry.watchCall, onAway })
      : noClusters,
    ...openSlack(settings, redis, instruments, log),
    requests: announcing(watchRequests(createRequestStore(redis.requests, chain), metrics), announce),
    grants: announcing(watchGrants(createGrantStore(redis.requests, chain), metrics), announce),
    breakGlass: createBreakGlassStore(redis.requests, chain),
    links: createPersonLinks(redis.requests, chain),
    rosters: createRosters(redis.requests, chain),
    replays: createReplays(redis.requests),
    limits: createLimits(redis.requests, settings.configuration.limits),
    personalSeals: createPersonalSeals(redis.requests),
    acceptedAdmins: createAcceptedAdmins(redis.requests, chain),
    credentialEnds: createCredentialEndStore(redis.requests, clock.now),
    digests: createDigestStore(redis.requests, chain),
    reminders: createReminderStore(redis.requests, chain, () => clock.now().getTime()),
    signInFailures: createSignInFailures(redis.requests, chain),
    journal: createJournalStore(redis.requests, chain),
    audit: createAuditLog(redis.requests, chain),
    leases: createLeases(redis.requests),
    discoveries: createDiscoveries(redis.requests),
    queue: await createWorkQueue({ connection: redis.requests, log }),
    clock,
    log,
    telemetry,
  };
}

function openSlack(
  settings: Settings,
  redis: RedisConnections,
  { slackFetch, degradation }: Instruments,
  log: Log,
): Pick<World, 'notifier' | 'people' | 'names'> {
  const { configuration, environment } = settings;
  const { approvalsChannel, notificationsChannel } = configuration.slack;
  const client = {
    token: environment.SLACK_BOT_TOKEN,
    apiUrl: configuration.slack.apiUrl,
    fetch: slackFetch,
  };
  return {
    ...createPeople({
      ...client,
      budgets: createBudgets(redis.requests),
      reads: createSlackReads(redis.requests),
      log,
    }),
    notifier: createNotifier({
      ...client,
      channels: {
        approvals: approvalsChannel,
        notifications: notificationsChannel ?? approvalsChannel,
      },
      records: createMessageRecords(redis.requests),
      render: cardMessage,
      renderPersonal: directMessage,
      personalSeals: createPersonalSeals(redis.requests),
      onChannel: (channel, closed) => degradation.set(`${channel} channel`, closed !== undefined),
      log,
    }),
  };
}
