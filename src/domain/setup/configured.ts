import type { Policy } from '../requests/rules.ts';
import { parseDashboardUrl } from './dashboard-url.ts';
import { dashboardAddress, type ServedAt } from './naming.ts';
import type { SetupSpec } from './setup.ts';
import { proposedLifetimeDays } from './setup-form.ts';

/** The part of the configuration that says how a cluster is set up and where people open its dashboard. */
type Rules = Pick<Policy, 'clusters' | 'setup'>;

/** Where people sign in to a cluster's K10, or why there is no link to it; a plain sentence. */
export type SignInPlace = { readonly address: string } | { readonly withheld: string };

/**
 * Everything that a set-up wants otherwise than the configuration has it, and that it has no address to compare with; a plain
 * sentence each.
 */
export function configurationDifferences(rules: Rules, cluster: string, spec: SetupSpec): string[] {
  const { signIn } = rules.setup;
  const compared: [string, string, string | undefined][] = [
    ['dashboard address', dashboardAddress(spec), configuredAddress(rules, cluster)],
    ['group prefix', spec.signIn.groupPrefix, signIn.groupPrefix],
    ['username prefix', spec.signIn.usernamePrefix, signIn.usernamePrefix],
    ['username claim', spec.signIn.usernameClaim, signIn.usernameClaim],
    ['group claim', spec.signIn.groupClaim, signIn.groupClaim],
    ['scopes', spec.signIn.scopes, signIn.scopes],
    ['prompt', spec.signIn.prompt, signIn.prompt],
    ['groups in the token', spec.signIn.groupClaims, signIn.groupClaims],
  ];
  return [
    ...unconfiguredAddress(rules, cluster, spec),
    ...compared.flatMap(([what, asked, configured]) =>
      configured === undefined ? [] : difference(what, asked, configured),
    ),
    ...lifetimeDifferences(rules, spec),
  ];
}

function unconfiguredAddress(rules: Rules, cluster: string, spec: SetupSpec): string[] {
  if (configuredAddress(rules, cluster) !== undefined) return [];
  return [
    `kastellan.yaml has no dashboardUrl for ${cluster}, so nothing confirms the address that this asks for: ${dashboardAddress(spec)}. Make sure that it is K10's. An operator can set dashboardUrl for ${cluster} under clusters.`,
  ];
}

/** That new client secrets live for another time than the configuration says, if so; as a sentence. */
export function lifetimeDifferences(rules: Rules, spec: Pick<SetupSpec, 'secretLifetimeDays'>): string[] {
  const configured = days(proposedLifetimeDays(rules));
  return difference('lifetime of the client secret', days(spec.secretLifetimeDays), configured);
}

function difference(what: string, asked: string, configured: string): string[] {
  if (asked === configured) return [];
  return [`Differs from the configuration: ${what} ${shown(asked)} instead of ${shown(configured)}.`];
}

/**
 * Links lead to the configured address only: another one may belong to a stranger who collects sign-ins.
 * @param at where the cluster was set up; undefined if that is not known
 */
export function signInPlace(rules: Rules, cluster: string, at: ServedAt | undefined): SignInPlace {
  const configured = configuredAddress(rules, cluster);
  if (configured === undefined) {
    return {
      withheld: `There is no sign-in button because kastellan.yaml has no dashboardUrl for ${cluster}. An operator can add it.`,
    };
  }
  const used = at === undefined ? configured : dashboardAddress(at);
  if (used === configured) return { address: configured };
  return {
    withheld: `There is no sign-in button because ${cluster} was set up with ${used}, but kastellan.yaml has ${configured}. Ask an operator which one is right.`,
  };
}

function configuredAddress({ clusters }: Rules, cluster: string): string | undefined {
  const rule = clusters.find(({ name }) => name === cluster);
  if (rule?.dashboardUrl === undefined) return undefined;
  const read = parseDashboardUrl(rule.dashboardUrl, rule.release);
  return read.ok ? dashboardAddress(read.dashboard) : rule.dashboardUrl;
}

function shown(value: string): string {
  return value === '' ? '(empty)' : value;
}

function days(count: number): string {
  return count === 1 ? '1 day' : `${count} days`;
}
