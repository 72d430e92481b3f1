import type {
  Application,
  AppManagementPolicy,
  PasswordCredentialConfiguration,
  ServicePrincipal,
  TenantAppManagementPolicy,
} from '@microsoft/microsoft-graph-types';
import { durationDays } from '../../domain/duration.ts';
import type { ForbiddingPolicy, SecretPolicy } from '../../domain/secrets/secret-policy.ts';
import type { Graph } from './graph.ts';
import { isRefusal } from './graph-problem.ts';
import { pathOf } from './odata.ts';

// Without one of these, Graph shows a principal's attributes as null, as if it had none.
const READ_ATTRIBUTES = [
  'CustomSecAttributeAssignment.Read.All',
  'CustomSecAttributeAssignment.ReadWrite.All',
];

/** One restriction with the policy that it comes from. The package of Graph's types knows no exemptions yet. */
interface Restriction extends PasswordCredentialConfiguration {
  readonly policy: ForbiddingPolicy['policy'];
  readonly excludeActors?: {
    readonly customSecurityAttributes?: readonly Exemption[] | null;
  } | null;
}

interface Exemption {
  /** Name of the attribute set and of the attribute, joined by an underscore. */
  readonly id?: string | null;
  readonly value?: string | null;
}

type Applies = 'yes' | 'no' | 'unknown';

/**
 * What Entra's app management policies allow Kastellan to do with client secrets of an application. The policy that is
 * assigned to the application wins over the tenant's default one, restriction by restriction. Nothing is known if
 * Kastellan may not read policies: then adding the secret tells.
 * @see https://learn.microsoft.com/graph/api/resources/applicationauthenticationmethodpolicy
 */
export async function readSecretPolicy(
  graph: Graph,
  applicationId: string | undefined,
  now: number,
): Promise<SecretPolicy> {
  const [defaults, assigned, createdAt] = await Promise.all([
    readDefaults(graph),
    applicationId === undefined ? [] : readAssigned(graph, applicationId),
    applicationId === undefined ? now : readCreation(graph, applicationId, now),
  ]);
  const own = assigned ?? [];
  const inherited = defaults.filter(
    (one) => !own.some((other) => other.restrictionType === one.restrictionType),
  );
  const inForce = [...own, ...inherited].filter((restriction) => isInForce(restriction, createdAt));
  const applying: [Restriction, Applies][] = [];
  for (const restriction of inForce) applying.push([restriction, await appliesToCaller(graph, restriction)]);
  return summarise(
    applying.filter(([, applies]) => applies !== 'no'),
    assigned !== undefined,
  );
}

/** @param assignedKnown false if the application may have a policy of its own that Kastellan cannot read */
function summarise(applying: readonly [Restriction, Applies][], assignedKnown: boolean): SecretPolicy {
  const addition = applying.find(([{ restrictionType }]) => restrictionType === 'passwordAddition');
  const lifetimes = applying
    .filter(([{ restrictionType }]) => restrictionType === 'passwordLifetime')
    .flatMap(([{ maxLifetime }]) => durationDays(maxLifetime ?? '') ?? []);
  return {
    forbiddenBy: addition && { policy: addition[0].policy, certain: addition[1] === 'yes' && assignedKnown },
    // A limit that may not apply is kept all the same: a shorter secret is never refused.
    maxLifetimeDays: lifetimes.length === 0 ? undefined : Math.min(...lifetimes),
  };
}

function isInForce({ state, restrictForAppsCreatedAfterDateTime }: Restriction, createdAt: number): boolean {
  if (state === 'disabled') return false;
  const since = Date.parse(restrictForAppsCreatedAfterDateTime ?? '');
  return Number.isNaN(since) || createdAt >= since;
}

// The default policy has other restrictions for service principals; secrets of app registrations are not among them.
async function readDefaults(graph: Graph): Promise<Restriction[]> {
  const policy = await readable(
    graph.find<TenantAppManagementPolicy>({
      operation: 'read the policy on client secrets',
      method: 'GET',
      path: '/policies/defaultAppManagementPolicy',
    }),
  );
  if (policy?.isEnabled !== true) return [];
  const restrictions = policy.applicationRestrictions?.passwordCredentials ?? [];
  return restrictions.map((one) => ({ ...one, policy: 'tenant default' }));
}

async function readAssigned(graph: Graph, applicationId: string): Promise<Restriction[] | undefined> {
  const policies = await readable(
    graph.find<{ value?: AppManagementPolicy[] }>({
      operation: 'read the policy on client secrets',
      method: 'GET',
      path: pathOf('applications', applicationId, 'appManagementPolicies'),
    }),
  );
  return policies?.value
    ?.filter(({ isEnabled }) => isEnabled === true)
    .flatMap(({ displayName, id, restrictions }) =>
      (restrictions?.passwordCredentials ?? []).map((one) => ({
        ...one,
        policy: { name: displayName ?? id ?? '' },
      })),
    );
}

async function readCreation(graph: Graph, applicationId: string, now: number): Promise<number> {
  const application = await graph.find<Application>({
    operation: 'find the application',
    method: 'GET',
    path: pathOf('applications', applicationId),
    query: { $select: 'id,createdDateTime' },
  });
  const created = Date.parse(application?.createdDateTime ?? '');
  return Number.isNaN(created) ? now : created;
}

async function appliesToCaller(graph: Graph, { excludeActors }: Restriction): Promise<Applies> {
  const exemptions = excludeActors?.customSecurityAttributes ?? [];
  if (exemptions.length === 0) return 'yes';
  const attributes = await readOwnAttributes(graph);
  if (attributes === undefined) return 'unknown';
  const isExempt = exemptions.some(({ id, value }) => hasAttribute(attributes, id ?? '', value ?? ''));
  return isExempt ? 'no' : 'yes';
}

/** Attributes of Kastellan's own service principal, set by set; undefined if Kastellan may not read them. */
async function readOwnAttributes(graph: Graph): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { objectId, roles } = await graph.identity();
  if (objectId === undefined || !READ_ATTRIBUTES.some((role) => roles.includes(role))) return undefined;
  const principal = await readable(
    graph.find<ServicePrincipal & { customSecurityAttributes?: Record<string, unknown> | null }>({
      operation: 'find the enterprise application',
      method: 'GET',
      path: pathOf('servicePrincipals', objectId),
      query: { $select: 'id,customSecurityAttributes' },
    }),
  );
  return principal && (principal.customSecurityAttributes ?? {});
}

function hasAttribute(sets: Readonly<Record<string, unknown>>, id: string, value: string): boolean {
  return Object.entries(sets).some(([set, attributes]) =>
    Object.entries(attributes ?? {}).some(
      ([name, held]) => `${set}_${name}` === id && [held].flat().includes(value),
    ),
  );
}

// Not being allowed to read something here is no fault: adding the secret will tell, only later.
async function readable<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (thrown) {
    if (isRefusal(thrown, 401, 403)) return undefined;
    throw thrown;
  }
}
