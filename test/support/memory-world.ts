import { createHash } from 'node:crypto';
import type { AuditEvent } from '../../src/domain/audit/audit.ts';
import type { Request } from '../../src/domain/requests/request.ts';
import type { AccessRule, Policy } from '../../src/domain/requests/rules.ts';
import type { Reminder } from '../../src/domain/secrets/reminder.ts';
import type { People, RequestView } from '../../src/ports/messenger.ts';
import type { World } from '../../src/ports/world.ts';
import { QUIET_TELEMETRY } from './quiet-telemetry.ts';

/** A world in memory for the front: requests and audit are kept, cards are noted, Entra finds everybody. */
export interface MemoryWorld {
  readonly world: World;
  readonly requests: Map<string, Request>;
  readonly events: AuditEvent[];
  readonly shown: RequestView[];
  readonly reminders: Map<string, Reminder>;
  readonly queued: string[];
  readonly details: { requestId: string; text: string }[];
  /** Cards on which a button was pressed that acts on the request: id and timestamp. */
  readonly pressed: string[];
}

const HOUR_MS = 3_600_000;

/** How access is asked for unless a test wants something else. */
export const ACCESS: AccessRule = {
  approvers: { userGroups: ['kasten-approvers'], users: [] },
  required: 1,
  expiresAfter: 4 * HOUR_MS,
  remindBefore: [HOUR_MS],
  longest: 8 * HOUR_MS,
  choices: [1, 2, 4, 8].map((hours) => hours * HOUR_MS),
  atEnd: 'membership',
};

/** Break-glass that gives one person the level `admin` for an hour. */
export function breakGlassRule(person: string): NonNullable<Policy['breakGlass']> {
  return {
    level: 'admin',
    people: { userGroups: [], users: [person] },
    duration: HOUR_MS,
    reviews: 2,
    remindEvery: 4 * HOUR_MS,
    pause: HOUR_MS / 4,
    perDay: 3,
    shutAfterRevoke: true,
  };
}

/** Rules with one access level and one approver group. */
export const RULES: Policy = {
  clusters: [
    { name: 'prod-eu', namespace: 'kasten-io', release: 'k10', dashboardUrl: 'https://k10.example.com' },
    { name: 'prod-us', namespace: 'kasten-io', release: 'k10' },
  ],
  accessLevels: [
    {
      name: 'admin',
      description: 'Everything in K10',
      roles: ['admin', 'ns-admin'],
      group: 'Kasten Users',
      access: ACCESS,
    },
    {
      name: 'ns-admin',
      description: "K10's own namespace",
      roles: ['ns-admin'],
      group: 'Kasten Operators',
      access: ACCESS,
    },
  ],
  setup: {
    applicationName: 'kasten-service',
    secretLifetime: 180 * 86_400_000,
    upgradeTimeout: 900_000,
    otherChanges: 'refuse',
    signIn: {
      groupPrefix: 'kasten_azure_',
      usernamePrefix: 'kasten_azure_',
      usernameClaim: 'sub',
      groupClaim: 'groups',
      prompt: 'select_account',
      scopes: 'openid email',
      groupClaims: 'SecurityGroup',
    },
  },
  approvals: {
    setup: {
      approvers: { userGroups: ['kasten-approvers'], users: [] },
      required: 1,
      expiresAfter: 86_400_000,
      remindBefore: [],
    },
  },
  expiry: {
    remindBefore: [30, 14, 7, 3, 1],
    dailyAfter: 30,
    at: 9 * 60,
    timeZone: 'UTC',
    watch: { clientIds: [], tags: [] },
    owners: [],
  },
  operators: ['U0APPROVER'],
  entra: {
    loginUrl: 'https://login.microsoftonline.com',
    tenantId: '11111111-2222-3333-4444-555555555555',
    portalUrl: 'https://entra.microsoft.com',
  },
};

/** The seal of a person in this world. */
function sealOf(user: string): string {
  return createHash('sha256').update(user).digest('hex').slice(0, 16);
}

/** @param people the port that is under test, or a stand-in */
export function memoryWorld(people: People): MemoryWorld {
  const requests = new Map<string, Request>();
  const events: AuditEvent[] = [];
  const shown: RequestView[] = [];
  const reminders = new Map<string, Reminder>();
  const queued: string[] = [];
  const details: { requestId: string; text: string }[] = [];
  const pressed: string[] = [];
  const done = new Set<string>();
  const missing = () => {
    throw new Error('not in this world');
  };
  const world: World = {
    rules: RULES,
    people,
    names: { find: async () => new Map() },
    directory: new Proxy({} as World['directory'], {
      get: (_target, name) =>
        name === 'findPeopleByEmail' ? findPeople : name === 'findGroup' ? async () => undefined : missing,
    }),
    signIn: new Proxy({} as World['signIn'], { get: () => missing }),
    openCluster: missing,
    notifier: {
      show: async (view) => void ('request' in view && shown.push(view)),
      addDetail: async (requestId, text) => void details.push({ requestId, text }),
      tell: async () => undefined,
      checkCard: async (id, { ts }) => {
        pressed.push(`${id} at ${ts}`);
        return undefined;
      },
      undrawn: async () => [],
      forget: async () => undefined,
      untold: async () => [],
      forgetNotice: async () => undefined,
      linkTo: async (id) => `https://slack.example/archives/C0OPS/${id}`,
      drain: async () => undefined,
    },
    replays: {
      isFirst: async (what, id) => !done.has(`${what} ${id}`) && done.add(`${what} ${id}`) !== undefined,
    },
    limits: { take: async () => undefined },
    personalSeals: {
      make: async (user) => sealOf(user),
      find: async (user) => sealOf(user),
      since: async () => new Date(0),
    },
    requests: {
      create: async (request, event) => {
        requests.set(request.id, request);
        events.push(event);
      },
      find: async (id) => requests.get(id),
      list: async ({ states, cluster, kind, limit = 100 }) =>
        [...requests.values()]
          .filter(
            (request) =>
              (states === undefined || states.includes(request.state)) &&
              (cluster === undefined || request.cluster === cluster) &&
              (kind === undefined || request.kind === kind),
          )
          .toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
          .slice(0, limit),
      countAccessFor: async (person, since) =>
        [...requests.values()]
          .filter(({ createdAt }) => Date.parse(createdAt) >= since.getTime())
          .filter(({ kind, spec }) => kind === 'access' && spec.beneficiary === person).length,
      changedSince: async (since) =>
        [...requests.values()].filter(({ changedAt }) => Date.parse(changedAt) >= since.getTime()),
      replace: async (next, expected, event) => {
        if (requests.get(next.id)?.version !== expected) return 'conflict';
        requests.set(next.id, next);
        events.push(event);
        return 'replaced';
      },
    },
    grants: {
      create: missing,
      replace: missing,
      find: async () => undefined,
      live: async () => [],
      liveOfPerson: async () => [],
      liveOfMembership: async () => [],
      ofMembership: async () => [],
      unreviewed: async () => [],
      restorable: async () => [],
    },
    rosters: { find: async () => undefined, add: missing, remove: missing },
    acceptedAdmins: { find: async () => new Map(), accept: missing },
    breakGlass: { find: async () => undefined, replace: missing },
    links: { find: async () => undefined, findSlackUser: async () => undefined, save: missing },
    credentialEnds: { find: async () => undefined, save: missing },
    digests: { find: async () => undefined, create: async () => true },
    reminders: {
      find: async (id) => reminders.get(id),
      list: async () => [...reminders.values()],
      replace: async (next, expected, event) => {
        if ((reminders.get(next.id)?.version ?? 0) !== expected) return 'conflict';
        reminders.set(next.id, next);
        events.push(event);
        return 'replaced';
      },
    },
    signInFailures: { find: async () => undefined, replace: missing },
    journal: { read: async () => ({}), write: async () => undefined },
    audit: {
      append: async (event) => {
        events.push(event);
        return { ...event, sequence: events.length, at: new Date().toISOString(), previous: '', hash: '' };
      },
      latest: async () => [],
      find: async () => undefined,
      after: async () => [],
      read: async () => [],
      index: async () => undefined,
      verify: async () => ({ intact: true, entries: events.length, lastHash: 'ab'.repeat(32) }),
    },
    leases: { acquire: async () => undefined, holder: async () => undefined },
    queue: { add: async (id) => void queued.push(id), remind: async (id) => void queued.push(id) },
    discoveries: {
      save: async () => undefined,
      saveSession: async () => undefined,
      findSession: async () => 3_600_000,
      find: async (cluster) => (cluster === 'prod-us' ? ['https://k10.us.example.com'] : []),
    },
    clock: { now: () => new Date() },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    telemetry: QUIET_TELEMETRY,
  };
  return { world, requests, reminders, events, shown, queued, details, pressed };
}

async function findPeople(email: string) {
  return [{ objectId: `entra-${email}`, name: email, userPrincipalName: email, enabled: true, guest: false }];
}
