import { consentFindings } from './consent-findings.ts';
import type { EntraFinding, ObservedEntra } from './entra-finding.ts';
import { credentialPrefix, redirectPath, redirectUri, servedPath } from './naming.ts';
import type {
  LevelSpec,
  ObservedGroup,
  ObservedServicePrincipal,
  Obstacle,
  SignInSettings,
} from './setup.ts';

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Everything in Entra that decides about sign-in besides the values that set-up writes, worst first. */
export function entraFindings(entra: ObservedEntra): EntraFinding[] {
  const all = [
    ...enterpriseFindings(entra),
    ...claimFindings(entra),
    ...platformFindings(entra),
    ...openingFindings(entra),
    ...addressFindings(entra),
    ...credentialFindings(entra),
    ...consentFindings(entra),
    ...memberFindings(entra),
  ];
  return WEIGHTS.flatMap((weight) => all.filter((finding) => finding.weight === weight));
}

const WEIGHTS: readonly EntraFinding['weight'][] = ['stops', 'warns', 'notes', 'unknown'];

/** What people read of a finding: what it does, and what set-up or they do about it. */
export function findingText({ says, planned, fix }: EntraFinding): string {
  return `${says} ${planned ?? fix}`;
}

/** What keeps a set-up from ending with members who can sign in. */
export function entraObstacles(entra: ObservedEntra): Obstacle[] {
  return entraFindings(entra)
    .filter(({ weight }) => weight === 'stops')
    .map(({ says, fix }) => ({ code: 'setup.assignment-required', message: says, hint: fix }));
}

/** Whether only people who are assigned get in, or only assigned groups get into tokens. */
export function mustBeAssigned(
  { groupClaims }: Pick<SignInSettings, 'groupClaims'>,
  servicePrincipal: Pick<ObservedServicePrincipal, 'assignmentRequired'> | undefined,
): boolean {
  return groupClaims === 'ApplicationGroup' || servicePrincipal?.assignmentRequired === true;
}

function enterpriseFindings(entra: ObservedEntra): EntraFinding[] {
  const { spec, observed } = entra;
  const { servicePrincipal } = observed;
  if (servicePrincipal === undefined) return unassigned(entra);
  const subject = `Enterprise application of ${spec.applicationName}`;
  const { enabled, assignmentRequired } = servicePrincipal;
  const off: EntraFinding = {
    subject,
    says: `The enterprise application of ${spec.applicationName} is switched off in Entra: nobody can sign in to Kasten (AADSTS7000112).`,
    weight: 'warns',
    planned: 'Set-up switches it on again: approve only if it was not switched off on purpose.',
    fix: `Run /kasten setup, or set Enabled for users to sign-in to Yes under Enterprise applications > ${spec.applicationName} > Properties.`,
  };
  const unread: EntraFinding = {
    subject,
    says: `Whether ${spec.applicationName} is switched on and admits people without an assignment is not known: Entra does not tell.`,
    weight: 'unknown',
    fix: `Look under Enterprise applications > ${spec.applicationName} > Properties.`,
  };
  return [
    ...(enabled === false ? [off] : []),
    ...(enabled === undefined || assignmentRequired === undefined ? [unread] : []),
    ...unassigned(entra),
  ];
}

function unassigned(entra: ObservedEntra): EntraFinding[] {
  const { spec, observed } = entra;
  if (!mustBeAssigned(spec.signIn, observed.servicePrincipal)) return [];
  const groups = spec.levels.filter(({ level }) => observed.levels[level]?.assigned !== true);
  if (groups.length === 0) return [];
  const isRequired = observed.servicePrincipal?.assignmentRequired === true;
  // Set-up assigns as it always does where tokens carry assigned groups only.
  if (!isRequired && observed.surroundings.mayAssign) return [];
  const names = groups.map((level) => nameOf(level, observed.levels[level.level]?.group)).join(' and ');
  const are = groups.length === 1 ? 'is' : 'are';
  const says = isRequired
    ? `The enterprise application of ${spec.applicationName} admits only people who are assigned to it, and ${names} ${are} not: members are turned away (AADSTS50105).`
    : `Tokens of ${spec.applicationName} carry assigned groups only, and ${names} ${are} not assigned: members would sign in without rights.`;
  const { mayAssign } = observed.surroundings;
  return [
    {
      subject: `Assignments of ${spec.applicationName}`,
      says: mayAssign ? says : `${says} Kastellan's identity may not assign groups.`,
      weight: mayAssign ? 'warns' : 'stops',
      ...(mayAssign && { planned: 'Set-up assigns them; people in nested groups stay out.' }),
      fix: `${isRequired ? `Assign them under Enterprise applications > ${spec.applicationName} > Users and groups, or set Assignment required to No under Properties` : 'Choose SecurityGroup'}; or grant Kastellan the permissions of the feature application-groups and restart it.`,
    },
  ];
}

function nameOf({ group }: LevelSpec, seen: ObservedGroup | undefined): string {
  return seen?.displayName ?? ('newName' in group ? group.newName : group.existingId);
}

function claimFindings({ spec, observed }: ObservedEntra): EntraFinding[] {
  const options = observed.application?.settings.groupOptions ?? [];
  if (options.length === 0) return [];
  return [
    {
      subject: `Group claim of ${spec.applicationName}`,
      says: `The groups claim has the option ${options.join(', ')}: Entra does not send K10 the object IDs that are bound, so members sign in without rights.`,
      weight: 'warns',
      planned: 'Set-up takes the option out.',
      fix: `Run /kasten setup, or choose Group ID under App registrations > ${spec.applicationName} > Token configuration.`,
    },
  ];
}

function platformFindings({ spec, observed }: ObservedEntra): EntraFinding[] {
  const settings = observed.application?.settings;
  if (settings === undefined) return [];
  const uris = { spa: settings.spaRedirectUris, public: settings.publicRedirectUris };
  return PLATFORMS.filter(({ key }) => uris[key].some((uri) => isOurs(spec, uri))).map(({ words, code }) => ({
    subject: `Redirect URIs of ${spec.applicationName}`,
    says: `K10's redirect URI is registered under ${words}, where Entra does not take K10's secret (${code}): nobody can sign in.`,
    weight: 'warns',
    planned: 'Set-up moves it to the platform Web.',
    fix: `Run /kasten setup, or move it under App registrations > ${spec.applicationName} > Authentication.`,
  }));
}

const PLATFORMS = [
  { key: 'spa', words: 'Single-page application', code: 'AADSTS9002327' },
  { key: 'public', words: 'Mobile and desktop applications', code: 'AADSTS700025' },
] as const;

/** What opens the app to more than K10's sign-in needs. */
function openingFindings({ spec, observed }: ObservedEntra): EntraFinding[] {
  const settings = observed.application?.settings;
  if (settings === undefined) return [];
  const name = spec.applicationName;
  const opening = (says: string, planned: string): EntraFinding => ({
    subject: `App registration ${name}`,
    says,
    weight: 'warns',
    planned,
    fix: `Run /kasten setup, or change it under App registrations > ${name} > Authentication.`,
  });
  return [
    ...(settings.audience === 'AzureADMyOrg'
      ? []
      : [
          opening(
            `${name} also accepts accounts of other tenants (${settings.audience ?? 'no audience is set'}): strangers can sign in to the app. K10 itself accepts tokens of this tenant only.`,
            'Set-up limits it to this tenant.',
          ),
        ]),
    ...(settings.accessTokens
      ? [
          opening(
            `${name} hands out access tokens in the browser's address (implicit flow), which K10 never asks for: such a token is easy to steal.`,
            'Set-up switches that off.',
          ),
        ]
      : []),
    ...(settings.publicClient
      ? [
          opening(
            `${name} may be used without its secret (public client flows): anyone who knows its client ID can ask members for a device-code sign-in in its name.`,
            'Set-up switches that off.',
          ),
        ]
      : []),
  ];
}

function addressFindings({ spec, observed }: ObservedEntra): EntraFinding[] {
  const settings = observed.application?.settings;
  if (settings === undefined) return [];
  const all = [...settings.redirectUris, ...settings.spaRedirectUris, ...settings.publicRedirectUris];
  const others = all.filter((uri) => !isOurs(spec, uri));
  const own = new Set(all.filter((uri) => isOurs(spec, uri)).map(hostOf));
  if (spec.origin !== undefined) own.add(hostOf(spec.origin));
  const harmless = (uri: string): boolean => own.has(hostOf(uri)) || LOOPBACK_HOSTS.has(nameIn(uri));
  const foreign = others.filter((uri) => !harmless(uri));
  const fix = `Remove what nobody needs under App registrations > ${spec.applicationName} > Authentication.`;
  const subject = `Redirect URIs of ${spec.applicationName}`;
  const listed = (uris: readonly string[]): string => uris.toSorted().join(', ');
  const hosts = [...new Set(foreign.map((uri) => hostOf(uri)))].toSorted().join(', ');
  return [
    ...(foreign.length === 0
      ? []
      : [
          {
            subject,
            says: `${spec.applicationName} also sends people who sign in to ${listed(foreign)}, which set-up did not plan and keeps. The owners of ${hosts} can get ID tokens with members' groups.`,
            weight: 'warns' as const,
            fix,
          },
        ]),
    ...(others.length === foreign.length
      ? []
      : [
          {
            subject,
            says: `${spec.applicationName} has redirect URIs of K10's own host or of a developer's machine that set-up did not plan and keeps: ${listed(others.filter(harmless))}.`,
            weight: 'notes' as const,
            fix,
          },
        ]),
  ];
}

function isOurs({ origin, ...served }: ObservedEntra['spec'], uri: string): boolean {
  return origin === undefined
    ? uri.endsWith(redirectPath(servedPath(served)))
    : uri === redirectUri({ ...served, origin });
}

// Addresses of apps on phones have schemes of their own; there is no host behind them.
function hostOf(uri: string): string {
  return /^https?:/.test(uri) && URL.canParse(uri) ? new URL(uri).host : uri;
}

function nameIn(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).hostname : uri;
}

function credentialFindings({ spec, observed, now }: ObservedEntra): EntraFinding[] {
  const { application, credential, surroundings } = observed;
  if (application === undefined) return [];
  const secrets = application.secrets
    .filter(({ keyId, displayName }) => keyId !== credential?.keyId && !isOwnName(displayName))
    .filter(({ endsAt }) => Date.parse(endsAt) > now.getTime())
    .map(({ displayName, hint, keyId }) => `client secret ${displayName ?? `${hint ?? keyId}...`}`);
  const certificates = (surroundings.certificates ?? []).map(
    ({ name, keyId }) => `certificate ${name ?? keyId}`,
  );
  const subject = `Credentials of ${spec.applicationName}`;
  const fix = `Remove what nobody needs under App registrations > ${spec.applicationName} > Certificates & secrets.`;
  const unread: EntraFinding = {
    subject,
    says: `Whether ${spec.applicationName} has certificates is not known: Entra does not tell.`,
    weight: 'unknown',
    fix,
  };
  const extra = [...secrets, ...certificates];
  return [
    ...(extra.length === 0
      ? []
      : [
          {
            subject,
            says: `${spec.applicationName} has credentials that Kastellan did not make: ${extra.join(', ')}. Anyone who holds one can act as K10 towards Entra.`,
            weight: 'warns' as const,
            fix,
          },
        ]),
    ...(surroundings.certificates === undefined ? [unread] : []),
  ];
}

function isOwnName(displayName: string | null): boolean {
  return displayName?.startsWith(credentialPrefix) === true;
}

function memberFindings(entra: ObservedEntra): EntraFinding[] {
  return entra.spec.levels.flatMap(({ level }) => {
    const group = entra.observed.levels[level]?.group;
    return group === undefined ? [] : groupFindings(entra, level, group);
  });
}

function groupFindings(entra: ObservedEntra, level: string, group: ObservedGroup): EntraFinding[] {
  const { displayName, unusual } = group;
  const finding = (weight: EntraFinding['weight'], says: string, fix: string): EntraFinding => ({
    subject: `Members of ${displayName}`,
    says,
    weight,
    fix,
  });
  const fix = `Look at the members of ${displayName} in Entra.`;
  if (unusual === undefined) {
    return [
      finding(
        'unknown',
        `Who in ${displayName} is a guest, disabled or a group is not known: Entra does not tell.`,
        fix,
      ),
    ];
  }
  const { groups, disabled, guests } = unusual;
  const { spec, observed } = entra;
  const inside = mustBeAssigned(spec.signIn, observed.servicePrincipal)
    ? 'people who are only in there do not get in, because an assignment does not reach nested groups.'
    : `its people also get in as ${level}.`;
  return [
    ...(groups.length > 0
      ? [finding('notes', `${displayName} contains ${named('group', groups)}: ${inside}`, fix)]
      : []),
    ...(disabled.length > 0
      ? [
          finding(
            'notes',
            `${displayName} contains ${named('disabled account', disabled)}: no sign-in is possible (AADSTS50057) until somebody enables it.`,
            fix,
          ),
        ]
      : []),
    ...(guests.length > 0
      ? [
          finding(
            'notes',
            `${displayName} contains ${named('guest account', guests)}: people of another company get in as ${level}.`,
            fix,
          ),
        ]
      : []),
  ];
}

const MOST_NAMES = 5;

function named(what: string, names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  const shown = names.slice(0, MOST_NAMES).join(', ');
  const list = more > 0 ? `${shown} and ${more} more` : shown;
  return names.length === 1 ? `the ${what} ${list}` : `${names.length} ${what}s (${list})`;
}
