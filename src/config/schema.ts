import { z } from 'zod';
import { WEEKDAYS, type WindowRule } from '../domain/rotation-window.ts';
import { parseDuration } from './duration.ts';

function toMs(text: string, context: z.RefinementCtx<string>): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  context.addIssue(`is "${text}", but a duration looks like 30s, 15m, 24h or 180d`);
  return z.NEVER;
}

/** A duration as people write it, given as milliseconds. */
const duration = (fallback: string) => z.string().default(fallback).transform(toMs);

const DAY_MS = 86_400_000;

/** A duration of whole days, given as their number. */
const days = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== undefined && ms % DAY_MS === 0) return ms / DAY_MS;
  context.addIssue(`is "${text}", but has to be whole days, like 14d`);
  return z.NEVER;
});

/** A time of the day, given as minutes after midnight. */
const timeOfDay = z.string().transform((text, context) => {
  const minutes = minutesOf(text);
  if (minutes !== undefined) return minutes;
  context.addIssue(`is "${text}", but a time of the day looks like 09:00`);
  return z.NEVER;
});

function minutesOf(time: string): number | undefined {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time) ?? [];
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}

const timeZone = z.string().default('UTC').refine(isTimeZone, 'is no time zone like Europe/Berlin');

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const name = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/,
    'takes small letters, digits and hyphens, 40 at most, like prod-eu',
  );
const kubernetesName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?$/, 'is not a name Kubernetes takes');
const slackUser = z.string().regex(/^[UW][A-Z0-9]{2,}$/, 'is not a Slack member ID (U...)');
const slackChannel = z
  .string()
  .regex(/^[CG][A-Z0-9]{2,}$/, 'is not a Slack channel ID (C...); copy it from the channel details');
const guid = z.guid('is not a GUID like 11111111-2222-3333-4444-555555555555');
const httpsUrl = z.url({ protocol: /^https$/, error: 'has to be an https address' });

const people = z
  .strictObject({
    userGroups: z.array(z.string().min(1)).default([]),
    users: z.array(slackUser).default([]),
  })
  .refine((who) => who.userGroups.length + who.users.length > 0, 'names nobody: add userGroups or users');

/** @param least how many people have to approve at the least */
const approvalRule = (least: 0 | 1) =>
  z.strictObject({
    approvers: people,
    /** How many different people have to approve. */
    required: z.int().min(least).max(10).default(1),
    /** A request nobody decided on ends after this. */
    expiresAfter: duration('24h'),
    /** Approvers are reminded this long before it ends. */
    remindBefore: z.array(duration('4h')).prefault(['4h']),
  });

const accessRule = z
  .strictObject({
    /** Absent: those of approvals.setup. */
    approvers: people.optional(),
    /** How many different people have to approve; 0: nobody. */
    required: z.int().min(0).max(10).default(1),
    longest: duration('8h'),
    /** What the form offers, up to the longest. */
    choices: z.array(duration('1h')).prefault(['1h', '2h', '4h', '8h']),
    expiresAfter: duration('4h'),
    remindBefore: z.array(duration('1h')).prefault(['1h']),
    /** Who may decide, too, when nobody has for so long. */
    escalation: z.strictObject({ after: duration('30m'), approvers: people }).optional(),
    /** What is taken away when a grant ends. */
    atEnd: z.enum(['membership', 'both', 'binding']).default('membership'),
  })
  .prefault({});

const rotation = {
  /** How long before the end of a client secret the calendar asks for a rotation; absent or `never`: it does not. */
  autoRotateBefore: z
    .string()
    .transform((text, context) => (text === 'never' ? text : toMs(text, context)))
    .optional(),
};

/** When the calendar may have K10 restarted, by the clock on the wall. */
const rotate = z
  .strictObject({
    days: z.array(z.enum(WEEKDAYS)).min(1, 'names no day').default(['Mon', 'Tue', 'Wed', 'Thu']),
    between: z.string().default('09:00-15:00'),
    timeZone,
  })
  .transform(({ between, ...rule }, context): WindowRule => {
    const [from, to] = between.split('-').map(minutesOf);
    if (from !== undefined && to !== undefined) return { ...rule, from, to };
    context.addIssue({
      code: 'custom',
      path: ['between'],
      message: `is "${between}", but a window looks like 09:00-15:00`,
    });
    return z.NEVER;
  });

const accessLevel = z.strictObject({
  name,
  /** What it lets people do, in words. */
  description: z.string().min(1).max(200),
  roles: z.array(z.enum(['admin', 'ns-admin', 'mc-admin', 'config-view'])).min(1),
  /** Name of the Entra group that set-up proposes. */
  group: z.string().min(1).max(200),
  /** How it is asked for, given for a time, and taken back. */
  access: accessRule,
});

/** Access that is given at once and looked at afterwards. */
const breakGlass = z.strictObject({
  /** Name of the access level. */
  level: name,
  people,
  duration: duration('1h'),
  /** How many different approvers of the level look at it afterwards. */
  reviews: z.int().min(1).max(5).default(2),
  /** How often they are asked until they have. */
  remindEvery: duration('4h'),
});

const remindBefore = z.array(days).min(1, 'names no day').max(20);
const owners = z.array(slackUser).default([]);

const cluster = z.strictObject({
  name,
  /** Context in the kubeconfig; absent: the cluster Kastellan itself runs in, or the current context. */
  context: z.string().optional(),
  /** Path of a kubeconfig file; absent: KUBECONFIG or the cluster Kastellan runs in. */
  kubeconfig: z.string().optional(),
  /** How Helm reaches it, where `helm upgrade` runs as an account of its own. */
  helm: z.strictObject({ kubeconfig: z.string(), context: z.string().optional() }).optional(),
  namespace: kubernetesName.default('kasten-io'),
  release: kubernetesName.default('k10'),
  dashboardUrl: httpsUrl.optional(),
  chart: z
    .strictObject({
      /** https:// of a chart repository, or oci://. */
      repository: z
        .string()
        .regex(/^(https?|oci):\/\//, 'has to begin with https:// or oci://')
        .default('https://charts.kasten.io/'),
      name: z.string().min(1).default('k10'),
      /** Path of a chart archive, where no repository can be reached. */
      path: z.string().optional(),
    })
    .prefault({}),
  /** What is different from `rotation` below on this cluster. */
  rotation: z.strictObject({ ...rotation, rotate: rotate.optional() }).prefault({}),
  /** What differs on this cluster from `expiry` below. */
  expiry: z
    .strictObject({
      remindBefore: remindBefore.optional(),
      dailyAfter: days.optional(),
      owners,
    })
    .prefault({}),
});

const ADMIN_AND_NS_ADMIN = [
  { name: 'admin', description: 'Everything in K10', roles: ['admin', 'ns-admin'], group: 'Kasten Users' },
  {
    name: 'ns-admin',
    description: "Look after K10's own namespace: its pods, Secrets and settings",
    roles: ['ns-admin'],
    group: 'Kasten Operators',
  },
] satisfies z.input<typeof accessLevel>[];

export const Configuration = z
  .strictObject({
    slack: z.strictObject({
      /** Where plans are shown and decided. */
      approvalsChannel: slackChannel,
      /** Where everybody hears of what ends and what was found; absent: the approvals channel. */
      notificationsChannel: slackChannel.optional(),
      /** Base address of Slack's API; only for tests and the sandbox. */
      apiUrl: z.url().optional(),
    }),
    entra: z.strictObject({
      tenantId: guid,
      cloud: z.enum(['global', 'usgov', 'dod', 'china']).default('global'),
      /** Addresses that differ from the cloud's own; only for tests and the sandbox. */
      loginUrl: httpsUrl.optional(),
      graphUrl: httpsUrl.optional(),
    }),
    clusters: z.array(cluster).min(1, 'names no cluster'),
    accessLevels: z.array(accessLevel).min(1).prefault(ADMIN_AND_NS_ADMIN),
    approvals: z.strictObject({
      setup: approvalRule(1),
      /** Absent: as for a set-up. */
      rotation: approvalRule(0).optional(),
      /** Absent: as for a set-up. */
      teardown: approvalRule(1).optional(),
    }),
    /** Absent: nobody gets access without an approval. */
    breakGlass: breakGlass.optional(),
    rotation: z.strictObject({ ...rotation, rotate: rotate.prefault({}) }).prefault({}),
    expiry: z
      .strictObject({
        /** People are reminded this long before a secret or certificate ends, on the day, and after it. */
        remindBefore: remindBefore.prefault(['30d', '14d', '7d', '3d', '1d']),
        /** For how long they are reminded daily after the end. */
        dailyAfter: days.prefault('30d'),
        /** When reminders of a day come. */
        at: timeOfDay.prefault('09:00'),
        timeZone,
        /** The day on which people hear what is to be tidied up. */
        digest: z
          .enum([...WEEKDAYS, 'never'])
          .default('Mon')
          .transform((day) => (day === 'never' ? undefined : WEEKDAYS.indexOf(day) + 1)),
        /** A secret that lives longer is named there; absent: longer than the tenant allows. */
        longestLifetime: days.optional(),
        /** Applications besides those that Kastellan set up. */
        watch: z
          .strictObject({
            clientIds: z.array(guid).default([]),
            tags: z.array(z.string().min(1)).default([]),
          })
          .prefault({}),
        /** Slack user ids; named where Entra names no owner that Slack knows. */
        owners,
      })
      .prefault({}),
    /** Slack user ids of the people who keep Kastellan itself. */
    operators: z.array(slackUser).default([]),
    setup: z
      .strictObject({
        applicationName: z.string().min(1).max(80).default('kasten-service'),
        secretLifetime: duration('180d'),
        upgradeTimeout: duration('15m'),
        signIn: z
          .strictObject({
            groupPrefix: z.string().max(60).default('kasten_azure_'),
            usernamePrefix: z.string().max(60).default('kasten_azure_'),
            usernameClaim: z.string().min(1).max(60).default('sub'),
            groupClaim: z.string().min(1).max(60).default('groups'),
            prompt: z.enum(['none', 'consent', 'login', 'select_account']).default('select_account'),
            scopes: z.string().min(1).max(200).default('openid email'),
            groupClaims: z.enum(['SecurityGroup', 'ApplicationGroup']).default('SecurityGroup'),
          })
          .prefault({}),
      })
      .prefault({}),
  })
  .superRefine((configuration, context) => {
    for (const [list, what] of [
      [configuration.clusters, 'clusters'],
      [configuration.accessLevels, 'accessLevels'],
    ] as const) {
      const names = list.map((item) => item.name);
      const twice = names.find((item, index) => names.indexOf(item) !== index);
      if (twice !== undefined)
        context.addIssue({ code: 'custom', path: [what], message: `has two entries called ${twice}` });
    }
    const { breakGlass: glass, accessLevels } = configuration;
    if (glass !== undefined && accessLevels.every((level) => level.name !== glass.level)) {
      context.addIssue({ code: 'custom', path: ['breakGlass', 'level'], message: 'is no access level' });
    }
  })
  .transform((configuration) => ({
    ...configuration,
    accessLevels: configuration.accessLevels.map((level) => ({
      ...level,
      access: completed(level.access, configuration.approvals.setup.approvers),
    })),
  }));

// What is left open is decided by the same people as set-up, and for no longer than the longest.
function completed(rule: z.output<typeof accessRule>, approvers: z.output<typeof people>) {
  const choices = rule.choices.filter((choice) => choice <= rule.longest).toSorted((a, b) => a - b);
  return {
    ...rule,
    approvers: rule.approvers ?? approvers,
    choices: choices.length === 0 ? [rule.longest] : choices,
  };
}

export type Configuration = z.output<typeof Configuration>;
export type ClusterConfiguration = Configuration['clusters'][number];
