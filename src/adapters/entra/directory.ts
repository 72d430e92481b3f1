import type { Directory } from '../../ports/directory.ts';
import type { WatchCall } from '../../ports/telemetry.ts';
import { unwatched } from '../unwatched.ts';
import { createAccessPolicies } from './access-policies.ts';
import { createApplications } from './applications.ts';
import type { EntraHosts } from './clouds.ts';
import { createConsent } from './consent.ts';
import type { ChosenCredential } from './credential.ts';
import { createCredentials } from './credentials.ts';
import { createGraph } from './graph.ts';
import { createGroupPeople } from './group-people.ts';
import { createGroups } from './groups.ts';
import { createTokenSource } from './identity.ts';
import { createMembers } from './members.ts';
import { createMembershipChanges } from './membership-changes.ts';
import { createPeople } from './people.ts';
import { createSecrets } from './secrets.ts';
import { checkIdentity } from './self-check.ts';
import { createServicePrincipals } from './service-principals.ts';
import { createSignInLog } from './sign-in-log.ts';
import { REAL_TIME, type Time } from './time.ts';
import { createUnusualMembers } from './unusual-members.ts';

export interface DirectoryOptions {
  readonly hosts: EntraHosts;
  readonly credential: ChosenCredential;
  /** How long to wait for what Entra has accepted to show up, in milliseconds; two minutes unless told. */
  readonly replicationBudgetMs?: number;
  /** How long one call may be slowed down by throttling or failures, in milliseconds; 30 seconds unless told. */
  readonly throttleBudgetMs?: number;
  /** How long one HTTP request may take, in milliseconds; 30 seconds unless told. */
  readonly requestTimeoutMs?: number;
  readonly time?: Time;
  /** Told of every HTTP request to Graph; nobody is unless told. */
  readonly watch?: WatchCall;
}

/** Entra's groups, people and applications by way of Microsoft Graph. Nothing is asked of it before the first call. */
export function createDirectory(options: DirectoryOptions): Directory {
  const { hosts, credential, time = REAL_TIME } = options;
  const tokens = createTokenSource(credential, hosts.graph, hosts.login);
  const graph = createGraph({
    url: hosts.graph,
    tokens,
    time,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    throttleBudgetMs: options.throttleBudgetMs ?? 30_000,
    watch: options.watch ?? unwatched,
  });
  const patience = { time, replicationBudgetMs: options.replicationBudgetMs ?? 120_000 };
  return {
    ...createGroups(graph, patience),
    ...createGroupPeople(graph),
    ...createMembers(graph, patience),
    ...createMembershipChanges(graph),
    ...createPeople(graph),
    ...createApplications(graph, patience),
    ...createServicePrincipals(graph, patience),
    ...createSecrets(graph, patience),
    ...createAccessPolicies(graph),
    ...createConsent(graph),
    ...createUnusualMembers(graph),
    ...createSignInLog(graph, time),
    ...createCredentials(graph, credential),
    check: () => checkIdentity(graph, tokens.kind, hosts.portal),
  };
}
