import { visibleCharacters } from '../requests/reason.ts';
import type { Policy } from '../requests/rules.ts';
import { parseDashboardUrl } from './dashboard-url.ts';
import { displayName, providerUrl } from './naming.ts';
import type { GroupChoice, GroupClaims, LevelSpec, SetupSpec, SignInSettings } from './setup.ts';
import { claimProblems } from './sign-in-claims.ts';

/** The set-up form as a person filled it in: texts, not yet believed. */
export interface SetupForm {
  readonly cluster: string;
  readonly dashboardUrl: string;
  /** Levels to create, by name; a level that is left out is not set up. */
  readonly levels: readonly {
    readonly level: string;
    /** A new group's name, or an existing group's object ID. */
    readonly group: string;
    /** Slack user ids. */
    readonly members: readonly string[];
  }[];
  /** Days, as text. */
  readonly secretLifetimeDays: string;
  readonly groupPrefix: string;
  readonly prompt: string;
  readonly scopes: string;
  readonly usernameClaim: string;
  readonly groupClaims: string;
}

/** One mistake, at the field where it was made: `cluster`, `dashboardUrl`, `group:admin`, `members:admin`, ... */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

export type FormReading =
  | { readonly ok: true; readonly spec: SetupSpec }
  | { readonly ok: false; readonly problems: readonly FieldProblem[] };

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAX_LIFETIME_DAYS = 730;
const PROMPTS = ['none', 'consent', 'login', 'select_account'];
// Kubernetes and the chart pass these on as they are, so only plain characters are let through.
const PREFIX = /^[\w:.@/-]{0,60}$/;

/** Reads the whole form and finds every mistake that needs no look at the world. */
export function readSetupForm(form: SetupForm, rules: Policy): FormReading {
  const cluster = rules.clusters.find(({ name }) => name === form.cluster);
  if (cluster === undefined) {
    return {
      ok: false,
      problems: [{ field: 'cluster', message: 'There is no cluster with this name in the configuration.' }],
    };
  }
  const dashboard = parseDashboardUrl(form.dashboardUrl, cluster.release);
  const problems: FieldProblem[] = [...settingProblems(form), ...levelProblems(form, rules)];
  if (!dashboard.ok) problems.unshift({ field: 'dashboardUrl', message: dashboard.problem });
  if (!dashboard.ok || problems.length > 0) return { ok: false, problems };
  const spec: SetupSpec = {
    ...dashboard.dashboard,
    namespace: cluster.namespace,
    applicationName: displayName(rules.setup.applicationName, cluster.name, rules.clusters.length),
    levels: form.levels.map((level) => levelSpec(level, rules)),
    secretLifetimeDays: Number(form.secretLifetimeDays),
    signIn: signInSettings(form, rules),
    providerUrl: providerUrl(rules.entra.loginUrl, rules.entra.tenantId),
  };
  return { ok: true, spec };
}

function settingProblems(form: SetupForm): FieldProblem[] {
  const days = Number(form.secretLifetimeDays);
  const wrong: [boolean, string, string][] = [
    [
      !/^\d{1,4}$/.test(form.secretLifetimeDays) || days < 1 || days > MAX_LIFETIME_DAYS,
      'secretLifetimeDays',
      `Give a whole number of days from 1 to ${MAX_LIFETIME_DAYS}.`,
    ],
    [
      !PREFIX.test(form.groupPrefix),
      'groupPrefix',
      'The prefix may hold letters, digits and _ : . @ / - only, 60 at most.',
    ],
    [!PROMPTS.includes(form.prompt), 'prompt', `The prompt is one of ${PROMPTS.join(', ')}.`],
    [
      form.groupClaims !== 'SecurityGroup' && form.groupClaims !== 'ApplicationGroup',
      'groupClaims',
      'Choose SecurityGroup or ApplicationGroup.',
    ],
  ];
  const mistakes = wrong.filter(([isWrong]) => isWrong).map(([, field, message]) => ({ field, message }));
  return [...mistakes, ...claimProblems(form)];
}

function levelProblems(form: SetupForm, rules: Policy): FieldProblem[] {
  if (form.levels.length === 0) return [{ field: 'levels', message: 'Choose at least one access level.' }];
  const groups = form.levels.map(({ group }) => group.trim().toLowerCase());
  return form.levels.flatMap(({ level, group }, index) => {
    const field = `group:${level}`;
    if (!rules.accessLevels.some(({ name }) => name === level)) {
      return [{ field: 'levels', message: `There is no access level ${level} in the configuration.` }];
    }
    const name = group.trim();
    if (visibleCharacters(name) === 0)
      return [{ field, message: "Give a new group's name, or an existing group's object ID." }];
    if (name.length > 200 || /\p{Cc}/u.test(name)) {
      return [{ field, message: "A group's name has at most 200 characters, on one line." }];
    }
    if (groups.indexOf(name.toLowerCase()) !== index) {
      return [
        { field, message: 'Another level has this group already; each level needs a group of its own.' },
      ];
    }
    return [];
  });
}

/** Whether this names an existing group and is no new one's name. */
export function isObjectId(group: string): boolean {
  return GUID.test(group.trim());
}

function levelSpec(level: SetupForm['levels'][number], rules: Policy): LevelSpec {
  const name = level.group.trim();
  const group: GroupChoice = isObjectId(name) ? { existingId: name.toLowerCase() } : { newName: name };
  const roles = rules.accessLevels.find((known) => known.name === level.level)?.roles ?? [];
  return { level: level.level, roles, group, members: [...new Set(level.members)] };
}

function signInSettings(form: SetupForm, rules: Policy): SignInSettings {
  return {
    ...rules.setup.signIn,
    groupPrefix: form.groupPrefix,
    // The form has one prefix for both; where the configuration tells them apart, it takes a change to join them.
    usernamePrefix:
      form.groupPrefix === rules.setup.signIn.groupPrefix
        ? rules.setup.signIn.usernamePrefix
        : form.groupPrefix,
    prompt: form.prompt,
    scopes: form.scopes,
    usernameClaim: form.usernameClaim,
    groupClaims: form.groupClaims as GroupClaims,
  };
}

/** The form as the configuration and what is known of the cluster would fill it in. */
export function proposedForm(rules: Policy, clusterName: string, foundOrigins: readonly string[]): SetupForm {
  const cluster = rules.clusters.find(({ name }) => name === clusterName);
  const { signIn } = rules.setup;
  return {
    cluster: clusterName,
    dashboardUrl: cluster?.dashboardUrl ?? foundOrigins[0] ?? '',
    levels: rules.accessLevels.map(({ name, group }) => ({
      level: name,
      group: displayName(group, clusterName, rules.clusters.length),
      members: [],
    })),
    secretLifetimeDays: String(proposedLifetimeDays(rules)),
    groupPrefix: signIn.groupPrefix,
    prompt: signIn.prompt,
    scopes: signIn.scopes,
    usernameClaim: signIn.usernameClaim,
    groupClaims: signIn.groupClaims,
  };
}

/** How many days a client secret lives by the configuration. */
export function proposedLifetimeDays({ setup }: Pick<Policy, 'setup'>): number {
  return Math.max(1, Math.round(setup.secretLifetime / 86_400_000));
}
