import { z } from 'zod';
import { WEEKDAYS, type WindowRule } from '../domain/secrets/rotation-window.ts';
import { claimProblems } from '../domain/setup/sign-in-claims.ts';
import { sharedNames } from './shared-names.ts';
import {
  days,
  duration,
  durationOrNever,
  guid,
  httpsUrl,
  kubernetesName,
  name,
  path,
  receiverUrl,
  sinkUrl,
  slackChannel,
  slackUser,
  stretchOfDay,
  timeOfDay,
  timeZone,
} from './values.ts';

/*
 * Every setting of kastellan.yaml. The descriptions are the reference of the configuration and what editors show: after a
 * change, `make reference` writes both anew.
 */

const inSlack = {
  userGroups: z
    .array(z.string().min(1))
    .default([])
    .describe('Slack user groups by handle, without `@`, or by ID; read anew at every click.'),
  users: z.array(slackUser).default([]).describe('Single people.'),
};

const people = z
  .strictObject(inSlack)
  .refine((who) => who.userGroups.length + who.users.length > 0, 'names nobody: add userGroups or users');

const requesters = z
  .strictObject({
    ...inSlack,
    entraGroups: z
      .array(guid)
      .default([])
      .describe(
        "Entra security groups by object ID. Members of groups inside them count, too; a person's Entra account is read from Entra at every request.",
      ),
  })
  .refine(
    ({ userGroups, users, entraGroups }) => userGroups.length + users.length + entraGroups.length > 0,
    'names nobody: add userGroups, users or entraGroups',
  );

/** Without an approval, the list of those who may ask is all that stands between a person and the change. */
function requireRequesters(
  rule: { readonly required: number; readonly requesters?: unknown },
  context: z.RefinementCtx,
): void {
  if (rule.required > 0 || rule.requesters !== undefined) return;
  const message = 'is missing: with `required: 0` no approval is needed, so list who may ask';
  context.addIssue({ code: 'custom', path: ['requesters'], message });
}

/** @param least how many people have to approve at the least */
const approvalRule = (least: 0 | 1) =>
  z
    .strictObject({
      requesters: requesters
        .optional()
        .describe(
          `Who may ask. Left out: full members of the workspace.${least === 0 ? ' Has to be there with `required: 0`.' : ''}`,
        ),
      approvers: people.describe('Who decides: user groups, single people, or both.'),
      required: z
        .int()
        .min(least)
        .max(10)
        .default(1)
        .describe(
          least === 0
            ? 'How many different people have to approve. The requester never counts. 0: no approval; it starts as soon as it is planned, and approvers may only retry and roll back.'
            : 'How many different people have to approve. The requester never counts.',
        ),
      expiresAfter: duration
        .prefault('24h')
        .describe(
          'A request expires after this without a decision. What was approved begins, or is retried, only until then.',
        ),
      remindBefore: z
        .array(duration)
        .prefault(['4h'])
        .describe('How long before that approvers are reminded.'),
    })
    .superRefine(requireRequesters);

const otherChanges = z.enum(['refuse', 'allow']);

const accessRule = z
  .strictObject({
    requesters: requesters
      .optional()
      .describe(
        'Who may ask for the level for themselves. Left out: full members of the workspace. Has to be there with `required: 0`.',
      ),
    onBehalf: requesters
      .optional()
      .describe(
        'Who may ask for the level for another person. Left out: those who may ask for themselves; with `required: 0` no person may.',
      ),
    approvers: people.optional().describe('Who decides. Left out: those who decide on set-ups.'),
    required: z
      .int()
      .min(0)
      .max(10)
      .default(1)
      .describe(
        'How many different people have to approve; 0: no approval. Neither the requester nor the person who gets access counts.',
      ),
    longest: duration.prefault('8h').describe('The longest time that can be asked for.'),
    choices: z
      .array(duration)
      .prefault(['1h', '2h', '4h', '8h'])
      .describe('What the form offers, up to the longest.'),
    expiresAfter: duration
      .prefault('4h')
      .describe(
        'A request expires after this without a decision. What was approved begins, or is retried, only until then.',
      ),
    remindBefore: z.array(duration).prefault(['1h']).describe('How long before that approvers are reminded.'),
    escalation: z
      .strictObject({
        after: duration.prefault('30m').describe('How long the request has had no decision.'),
        approvers: people.describe('Who may then decide, too.'),
      })
      .optional()
      .describe('Allows others to decide, too, after some time without a decision. Left out: never.'),
    atEnd: z
      .enum(['membership', 'both', 'binding'])
      .default('membership')
      .describe('What is taken away at the end: the membership of the group, its bindings in K10, or both.'),
  })
  .superRefine(requireRequesters)
  .prefault({})
  .describe(
    'How the level is asked for, given for a time, and taken back. Left out: those who decide on set-ups approve, for eight hours at the most.',
  );

/** When the calendar may have K10 restarted, by the clock on the wall. */
const rotate = z
  .strictObject({
    days: z
      .array(z.enum(WEEKDAYS))
      .min(1, 'names no day')
      .default(['Mon', 'Tue', 'Wed', 'Thu'])
      .describe('Days on which a window opens.'),
    between: stretchOfDay
      .prefault('09:00-15:00')
      .describe('When it opens and closes, by the clock on the wall; `22:00-04:00` closes on the day after.'),
    timeZone: timeZone.describe('Whose clock. Summer time is kept.'),
  })
  .transform(({ between, ...rule }): WindowRule => ({ ...rule, ...between }));

const accessLevel = z.strictObject({
  name: name.describe('What people call it, in the same letters.'),
  description: z.string().min(1).max(200).describe('What it lets people do, in words.'),
  roles: z
    .array(z.enum(['admin', 'ns-admin', 'mc-admin', 'config-view']))
    .min(1)
    .describe(
      "Roles of K10's chart, without the release's name before them; `mc-admin` administers every joined cluster.",
    ),
  group: z
    .string()
    .min(1)
    .max(200)
    .describe(
      "Name of the Entra group that the form proposes; with more than one cluster, the cluster's name is added.",
    ),
  sharedGroup: z
    .boolean()
    .default(false)
    .describe(
      'Whether clusters may share one group; then access for a time on one of them is access on all.',
    ),
  access: accessRule,
});

const breakGlass = z.strictObject({
  level: name.describe('Name of the access level that is given.'),
  people: people.describe('Who may take it.'),
  duration: duration.prefault('1h').describe('For how long; not longer than the level allows.'),
  reviews: z
    .int()
    .min(1)
    .max(5)
    .default(2)
    .describe('How many different approvers of the level review it afterwards.'),
  remindEvery: duration.prefault('4h').describe('How often they are asked until they have.'),
  pause: duration
    .prefault('15m')
    .describe('How long after the end of one the same person waits for another on the same cluster.'),
  perDay: z
    .int()
    .min(1)
    .max(50)
    .default(5)
    .describe(
      'How many one person may take within 24 hours, on all clusters together; those that gave nothing do not count.',
    ),
  shutAfterRevoke: z
    .boolean()
    .default(true)
    .describe(
      'Whether `/kasten revoke` also shuts break-glass to the person, until an operator opens it again with `/kasten break-glass open`.',
    ),
});

const remindBefore = z.array(days).min(1, 'names no day').max(20);

const cluster = z.strictObject({
  name: name.meta({
    description:
      'What people call it: small letters, digits and hyphens, 40 at most. Groups and the application are found again by it, so keep it.',
    examples: ['prod-eu'],
  }),
  context: z.string().optional().describe('Context in the kubeconfig. Left out: its current one.'),
  kubeconfig: path
    .optional()
    .describe('Path of a kubeconfig. Left out: `KUBECONFIG`, else the cluster in which Kastellan runs.'),
  helm: z
    .strictObject({
      kubeconfig: path.describe('Path of the kubeconfig by which Helm alone reaches the cluster.'),
      context: z.string().optional().describe('Context in it. Left out: its current one.'),
    })
    .optional()
    .describe(
      'How Helm reaches the cluster, where `helm upgrade` runs as an account of its own. Left out: as Kastellan does.',
    ),
  namespace: kubernetesName.default('kasten-io').describe('Where K10 is installed.'),
  release: kubernetesName.default('k10').describe("Name of K10's Helm release."),
  dashboardUrl: httpsUrl.optional().meta({
    description:
      "Address that people open. Left out: it is looked up in the Ingress or Route of K10's gateway.",
    examples: ['https://k10.example.com'],
  }),
  chart: z
    .strictObject({
      repository: z
        .string()
        .regex(/^(https?|oci):\/\//, 'has to begin with https:// or oci://')
        .default('https://charts.kasten.io/')
        .describe('`https://` of a chart repository, or `oci://`.'),
      name: z.string().min(1).default('k10').describe('Name of the chart.'),
      path: path.optional().meta({
        description: 'A chart archive, where no repository can be reached. It wins over the repository.',
        examples: ['/etc/kastellan/charts/k10-8.0.4.tgz'],
      }),
    })
    .prefault({}),
  otherChanges: otherChanges.optional().describe('Instead of `setup.otherChanges`.'),
  rotation: z
    .strictObject({
      autoRotateBefore: durationOrNever
        .optional()
        .describe('Instead of `rotation.autoRotateBefore`; `never`: the calendar does not rotate here.'),
      rotate: rotate.optional().describe('A window of its own. It replaces `rotation.rotate` as a whole.'),
    })
    .prefault({})
    .describe('What is different from `rotation` on this cluster.'),
  expiry: z
    .strictObject({
      remindBefore: remindBefore.optional().describe('Instead of `expiry.remindBefore`.'),
      dailyAfter: days.optional().describe('Instead of `expiry.dailyAfter`.'),
      owners: z
        .array(slackUser)
        .default([])
        .describe('Who answers for its client secret. Left out: the owners of the application in Entra.'),
    })
    .prefault({})
    .describe('What is different from `expiry` on this cluster.'),
});

/** What people can be given if the configuration names no access levels. */
export const ADMIN_AND_NS_ADMIN = [
  { name: 'admin', description: 'Everything in K10', roles: ['admin', 'ns-admin'], group: 'Kasten Users' },
  {
    name: 'ns-admin',
    description: "Look after K10's own namespace: its pods, Secrets and settings",
    roles: ['ns-admin'],
    group: 'Kasten Operators',
  },
] satisfies z.input<typeof accessLevel>[];

const slack = z.strictObject({
  approvalsChannel: slackChannel.describe('Where plans are shown and decided. Invite the bot to it.'),
  notificationsChannel: slackChannel
    .optional()
    .describe(
      'The channel for notices about secrets and certificates that expire. Invite the bot to it. Left out: the approvals channel.',
    ),
  apiUrl: z.url().optional().describe("Base address of Slack's API. Only for tests and the sandbox."),
});

const entra = z.strictObject({
  tenantId: guid.describe('Directory (tenant) ID, from the overview page of the Entra portal.'),
  cloud: z
    .enum(['global', 'usgov', 'dod', 'china'])
    .default('global')
    .describe("Microsoft's cloud that the tenant is in; `usgov` is GCC High."),
  loginUrl: httpsUrl.optional().describe('Another address for sign-in. Only for tests and the sandbox.'),
  graphUrl: httpsUrl
    .optional()
    .describe('Another address for Microsoft Graph. Only for tests and the sandbox.'),
});

const approvals = z.strictObject({
  setup: approvalRule(1).describe('Who asks for set-ups and decides on them, and how.'),
  rotation: approvalRule(0)
    .optional()
    .describe(
      'Who asks for rotations of a client secret and decides on them. Left out: as `approvals.setup` says.',
    ),
  teardown: approvalRule(1)
    .optional()
    .describe('Who asks for tear-downs and decides on them. Left out: as `approvals.setup` says.'),
});

const rotation = z
  .strictObject({
    autoRotateBefore: durationOrNever
      .optional()
      .describe(
        'How long before the end of a client secret the calendar rotates it. Left out or `never`: it does not.',
      ),
    rotate: rotate.prefault({}),
  })
  .prefault({});

const expiry = z
  .strictObject({
    remindBefore: remindBefore
      .prefault(['30d', '14d', '7d', '3d', '1d'])
      .describe('How long before the end people are reminded. They are on the day itself, too.'),
    dailyAfter: days.prefault('30d').describe('For how long they are reminded daily after the end.'),
    at: timeOfDay.prefault('09:00').describe("When a day's reminder comes."),
    timeZone: timeZone.describe(
      'The time zone of that, of the days that are counted, and of those in tables and in the card of failed sign-ins. Elsewhere Slack shows each reader their own.',
    ),
    digest: z
      .enum([...WEEKDAYS, 'never'])
      .default('Mon')
      .transform((day) => (day === 'never' ? undefined : WEEKDAYS.indexOf(day) + 1))
      .describe('The day of the week on which people hear what is to be tidied up.'),
    longestLifetime: days
      .optional()
      .describe(
        'A client secret that lives longer is named there. Left out: one that lives longer than the tenant allows.',
      ),
    watch: z
      .strictObject({
        clientIds: z.array(guid).default([]).describe('By their client IDs.'),
        tags: z.array(z.string().min(1)).default([]).describe('By a tag they have in Entra.'),
      })
      .prefault({})
      .describe('Applications besides those that Kastellan set up.'),
    owners: z
      .array(slackUser)
      .default([])
      .describe('Who is named where Entra names no owner that Slack knows by e-mail address.'),
  })
  .prefault({});

const configMap = z.strictObject({
  namespace: kubernetesName.describe('Its namespace.'),
  name: kubernetesName.describe(
    'Its name. It has to be there: Kastellan reads and patches it, and makes none.',
  ),
  context: z.string().optional().describe('Context in the kubeconfig. Left out: its current one.'),
  kubeconfig: path
    .optional()
    .describe('Path of a kubeconfig. Left out: `KUBECONFIG`, else the cluster in which Kastellan runs.'),
});

const audit = z
  .strictObject({
    anchors: z
      .strictObject({
        every: duration
          .prefault('5m')
          .describe('How often the newest entry is written there, if there is a newer one.'),
        configMap: configMap
          .optional()
          .describe('An annotation of this ConfigMap. The chart makes it and fills this in.'),
        file: path
          .optional()
          .describe('A file to which a line is appended, on a volume that Redis cannot write.'),
        webhook: receiverUrl
          .optional()
          .describe('An address that gets each anchor, signed with `KASTELLAN_AUDIT_WEBHOOK_SECRET`.'),
      })
      .prefault({})
      .describe(
        'Where the newest entry of the audit log is written to, so that a log which was cut or set back is found. Left out: nowhere.',
      ),
    sinks: z
      .array(
        z.strictObject({
          name: name.describe('What people call it. Where it is, is kept by this name.'),
          url: sinkUrl.describe(
            '`https://`: gets JSON lines, signed with `KASTELLAN_AUDIT_WEBHOOK_SECRET`. `syslog+tls://host:port`: gets RFC 5424. Without encryption, `http://` and `syslog+tcp://`, only on this machine.',
          ),
        }),
      )
      .max(10)
      .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'has two with one name')
      .default([])
      .describe(
        'Who receives every entry of the audit log, in order, at least once, as soon as it is written.',
      ),
  })
  .prefault({});

const DAY_MS = 86_400_000;
// The card of a request counts what the person asked for in the last 30 days.
const LEAST_KEPT_MS = 30 * DAY_MS;

const history = z
  .strictObject({
    keep: duration
      .refine((ms) => ms >= LEAST_KEPT_MS, 'has to be 30d or longer: cards count the requests of 30 days')
      .prefault('90d')
      .describe(
        'How long requests that are over stay in Redis, with their grants, journals and cards. What is live, and what a cluster still stands on, stays; so does the audit log.',
      ),
  })
  .prefault({});

const setup = z
  .strictObject({
    applicationName: z
      .string()
      .min(1)
      .max(80)
      .default('kasten-service')
      .describe("Name of the app registration; with more than one cluster, the cluster's name is added."),
    secretLifetime: duration
      .prefault('180d')
      .describe('How long a client secret lives, as the form proposes it; cut to what the tenant allows.'),
    upgradeTimeout: duration
      .prefault('15m')
      .describe('How long `helm upgrade` waits for K10 before it is taken back.'),
    otherChanges: otherChanges
      .default('refuse')
      .describe(
        'Whether `helm upgrade` may also change objects that are no part of the sign-in. `refuse`: such a plan is refused, with each change. `allow`: the plan names them in its first lines, and they are made once it is approved.',
      ),
    signIn: z
      .strictObject({
        groupPrefix: z
          .string()
          .max(60)
          .default('kasten_azure_')
          .describe('Before the IDs of groups in Kubernetes. The form has one prefix for groups and users.'),
        usernamePrefix: z
          .string()
          .max(60)
          .default('kasten_azure_')
          .describe('Before the names of users in Kubernetes.'),
        usernameClaim: z
          .string()
          .min(1)
          .max(60)
          .default('sub')
          .describe(
            'Claim that names the user. `preferred_username` and `oid` need the scope `profile`, `email` needs `email`.',
          ),
        groupClaim: z.string().min(1).max(60).default('groups').describe('Claim that names the groups.'),
        prompt: z
          .enum(['none', 'consent', 'login', 'select_account'])
          .default('select_account')
          .describe('What Entra asks at every sign-in.'),
        scopes: z
          .string()
          .min(1)
          .max(200)
          .default('openid email')
          .describe(
            'Scopes that K10 asks for: `openid`, and any of `profile`, `email` and `offline_access`. `groups` is not a scope of Entra.',
          ),
        groupClaims: z
          .enum(['SecurityGroup', 'ApplicationGroup'])
          .default('SecurityGroup')
          .describe(
            'Which groups of a person are in the token. `SecurityGroup`: all security groups. `ApplicationGroup`: those assigned to the application; take it where people are in many groups, because K10 drops tokens over 4 KB. It needs Entra ID P1 and two more permissions.',
          ),
      })
      .superRefine((signIn, context) => {
        for (const { field, message } of claimProblems(signIn))
          context.addIssue({ code: 'custom', path: [field], message: `is wrong: ${message}` });
      })
      .prefault({})
      .describe("K10's sign-in settings, as the form proposes them."),
  })
  .prefault({});

const bucket = (burst: number, perMinute: number) =>
  z
    .strictObject({
      burst: z.int().min(1).max(100_000).default(burst).describe('How much at once.'),
      perMinute: z
        .int()
        .min(1)
        .max(60_000)
        .default(perMinute)
        .describe('How much in each minute after that.'),
    })
    .prefault({});

const limits = z
  .strictObject({
    perPerson: bucket(20, 30).describe(
      'Commands, buttons, forms and openings of the home tab of one person, without decisions.',
    ),
    decisionsPerPerson: bucket(60, 60).describe(
      'What one person approves, denies, withdraws, retries, reviews or revokes, and break-glass. It counts apart, and what others do never holds it up.',
    ),
    perWorkspace: bucket(200, 1_200).describe('The same as `perPerson`, of all people together.'),
  })
  .prefault({});

export const Configuration = z
  .strictObject({
    slack: slack.describe('The workspace.'),
    entra: entra.describe('The tenant.'),
    clusters: z
      .array(cluster)
      .min(1, 'names no cluster')
      .describe('One entry for each K10 that Kastellan may set up, at least one.'),
    accessLevels: z
      .array(accessLevel)
      .min(1)
      .prefault(ADMIN_AND_NS_ADMIN)
      .describe('What people can be given.'),
    approvals: approvals.describe(
      'Who asks for changes of K10 that affect all its users, and decides on them.',
    ),
    breakGlass: breakGlass
      .optional()
      .describe(
        'Access that is given at once and reviewed afterwards. Left out: no access without an approval.',
      ),
    rotation: rotation.describe(
      'Rotation of client secrets by the calendar. It asks the day before a window opens, and the rotation begins when it opens. Without `autoRotateBefore` it never does; reminders come all the same.',
    ),
    expiry: expiry.describe(
      'Reminders that client secrets and certificates end: of the applications that Kastellan set up, of its own identity, and of those that are listed here.',
    ),
    operators: z
      .array(slackUser)
      .default([])
      .describe('The people who keep Kastellan: they may verify the audit log, retry and roll back.'),
    audit: audit.describe('What makes sure that the audit log is not changed.'),
    history: history.describe('How long is kept what is over.'),
    setup: setup.describe('What the form of a set-up proposes.'),
    limits: limits.describe(
      'How much people may ask of Kastellan, over all processes. What is beyond is not done, and the person is told when to try again.',
    ),
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
    for (const message of sharedNames(configuration))
      context.addIssue({ code: 'custom', path: ['accessLevels'], message });
    const { breakGlass: glass, accessLevels } = configuration;
    if (glass === undefined) return;
    const level = accessLevels.find(({ name }) => name === glass.level);
    const issue = (path: keyof typeof glass, message: string): void =>
      context.addIssue({ code: 'custom', path: ['breakGlass', path], message });
    if (level === undefined) issue('level', 'is no access level');
    // An emergency is too late to learn that.
    else if (glass.duration > level.access.longest)
      issue('duration', `is longer than accessLevels allows for ${level.name}: raise its access.longest`);
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
