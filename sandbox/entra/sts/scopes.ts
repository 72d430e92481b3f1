import { StsProblem } from './sts-problem.ts';

/** What Graph, the resource of scopes without an address, lets applications ask for; those that the sandbox knows. */
const known = new Set(['openid', 'profile', 'email', 'offline_access', 'user.read', '.default']);
const graph = '00000003-0000-0000-c000-000000000000';
const prefix = /^https:\/\/graph\.microsoft\.(com|us)\//i;

/** The refusal of a scope that its resource does not have, or undefined: 650053. */
export function refuseScope(application: string, scope: string): StsProblem | undefined {
  const unknown = scope
    .split(/\s+/)
    .filter((name) => name !== '')
    .map((name) => name.replace(prefix, ''))
    .find((name) => !known.has(name.toLowerCase()));
  return unknown === undefined
    ? undefined
    : new StsProblem(
        650053,
        'invalid_client',
        `The application '${application}' asked for scope '${unknown}' that doesn't exist on the resource '${graph}'. Contact the app vendor.`,
      );
}
