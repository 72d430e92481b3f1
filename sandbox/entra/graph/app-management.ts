import { type Entry, objectOf, type Properties } from '../directory.ts';
import type { AssignedPolicy, SecretRule } from '../knobs.ts';
import type { World } from '../world.ts';
import type { Caller } from './caller.ts';
import { GraphProblem } from './problem.ts';

const dayMs = 86_400_000;

/** The rule in the shape that Graph shows. */
export function shownRule(rule: SecretRule): Properties {
  const { restrictionType, maxLifetime, state, restrictForAppsCreatedAfterDateTime, exempt } = rule;
  const exemption = {
    '@odata.type': '#microsoft.graph.customSecurityAttributeStringValueExemption',
    operator: 'equals',
    ...exempt,
  };
  return {
    restrictionType,
    maxLifetime: maxLifetime ?? null,
    state: state ?? 'enabled',
    restrictForAppsCreatedAfterDateTime: restrictForAppsCreatedAfterDateTime ?? null,
    ...(exempt && { excludeActors: { customSecurityAttributes: [exemption] } }),
  };
}

/** What the tenant's default policy holds, with what the two short forms of the knob stand for. */
export function defaultRules(world: World): SecretRule[] {
  const { forbidden, maxLifetimeDays, rules } = world.knobs.secretPolicy;
  const since = { restrictForAppsCreatedAfterDateTime: '2020-01-01T00:00:00Z' };
  return [
    ...(forbidden ? [{ restrictionType: 'passwordAddition', ...since } as const] : []),
    ...(maxLifetimeDays === undefined
      ? []
      : [{ restrictionType: 'passwordLifetime', maxLifetime: `P${maxLifetimeDays}D`, ...since } as const]),
    ...(rules ?? []),
  ];
}

/** The policies assigned to an application. */
export function assignedTo(world: World, application: Entry): AssignedPolicy[] {
  return world.knobs.assignedPolicies.filter(
    (one) => one.application === application.properties['uniqueName'],
  );
}

/** Raises Graph's 400 if a rule forbids this caller to give the application a secret with this lifetime. */
export function requireAllowedSecret(
  world: World,
  caller: Caller,
  application: Entry,
  lifetime: { start: Date; end: Date },
): void {
  const own = assignedTo(world, application)
    .filter(({ isEnabled }) => isEnabled !== false)
    .flatMap(({ rules }) => rules);
  const overridden = new Set(own.map(({ restrictionType }) => restrictionType));
  const rules = [...own, ...defaultRules(world).filter((one) => !overridden.has(one.restrictionType))];
  for (const rule of rules) {
    if (!concerns(world, rule, application, caller)) continue;
    // Secrets that Entra makes up are no custom ones.
    if (rule.restrictionType === 'passwordAddition') throw notAllowed();
    if (rule.restrictionType === 'passwordLifetime') requireShort(rule, lifetime);
  }
}

function concerns(world: World, rule: SecretRule, application: Entry, caller: Caller): boolean {
  const since = rule.restrictForAppsCreatedAfterDateTime;
  const created = String(application.properties['createdDateTime']);
  if (rule.state === 'disabled' || (since !== undefined && created < since)) return false;
  if (rule.exempt === undefined) return true;
  const [set = '', name = ''] = rule.exempt.id.split('_');
  const actor = world.directory.entries.get(caller.servicePrincipalId)?.properties ?? {};
  return objectOf(objectOf(actor, 'customSecurityAttributes'), set)[name] !== rule.exempt.value;
}

function requireShort({ maxLifetime }: SecretRule, { start, end }: { start: Date; end: Date }): void {
  const days = Number(/^P(\d+)D$/.exec(maxLifetime ?? '')?.[1]);
  if (end.getTime() - start.getTime() <= days * dayMs) return;
  const message = 'Credential lifetime exceeds the max value allowed as per assigned policy.';
  throw new GraphProblem(400, 'CredentialInvalidLifetimeAsPerAppPolicy', message, {
    details: [{ code: 'InvalidKeyEndDate', message, target: 'EndDate' }],
  });
}

function notAllowed(): GraphProblem {
  return new GraphProblem(
    400,
    'CredentialTypeNotAllowedAsPerAppPolicy',
    'Credential type is not allowed as per assigned policy.',
  );
}
