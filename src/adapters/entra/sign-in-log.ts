import type { SignIn } from '@microsoft/microsoft-graph-types';
import type { SignInRecord } from '../../domain/status/sign-in-log.ts';
import type { Directory } from '../../ports/directory.ts';
import { explainAadsts } from '../sign-in/aadsts.ts';
import { readEach, required } from './answers.ts';
import type { Graph } from './graph.ts';
import { odataText } from './odata.ts';
import type { Time } from './time.ts';

// https://learn.microsoft.com/graph/throttling-limits: five requests in ten seconds for all of an app's reports.
const BETWEEN_MS = 2_100;

/**
 * The tenant's sign-in log, which Entra keeps where the tenant has a premium licence.
 * @see https://learn.microsoft.com/graph/api/signin-list
 */
export function createSignInLog(graph: Graph, time: Time): Pick<Directory, 'listSignIns'> {
  let free = 0;
  return {
    listSignIns: async (clientId, since) => {
      const wait = free - time.now();
      free = Math.max(free, time.now()) + BETWEEN_MS;
      if (wait > 0) await time.sleep(wait);
      const found = await graph.list<SignIn>({
        operation: 'read the sign-in log',
        method: 'GET',
        path: '/auditLogs/signIns',
        query: {
          $filter: `appId eq ${odataText(clientId)} and createdDateTime ge ${since.toISOString()}`,
          $top: '1000',
        },
      });
      return readEach(found, toRecord);
    },
  };
}

function toRecord(signIn: SignIn): SignInRecord {
  const code = signIn.status?.errorCode ?? 0;
  const id = required(signIn.id, 'id');
  return {
    id,
    at: required(signIn.createdDateTime, 'createdDateTime'),
    personId: signIn.userId ?? '',
    correlationId: signIn.correlationId ?? id,
    ...(satisfiedSecondFactor(signIn) && { secondFactor: true as const }),
    ...(code !== 0 && { failure: failureOf(signIn, `AADSTS${code}`) }),
  };
}

// The v1.0 log holds no other sign of it: https://learn.microsoft.com/graph/api/resources/signin
function satisfiedSecondFactor({ appliedConditionalAccessPolicies }: SignIn): boolean {
  return (appliedConditionalAccessPolicies ?? []).some(
    ({ result, enforcedGrantControls }) =>
      result === 'success' && (enforcedGrantControls ?? []).some((one) => one.toLowerCase() === 'mfa'),
  );
}

// Entra's own words may hold names, so they are used only where nobody here knows better ones; then without any detail.
function failureOf(signIn: SignIn, code: string): NonNullable<SignInRecord['failure']> {
  const words = explainAadsts(code) ?? {
    message: `Entra refused it (${code}).`,
    hint: `https://login.microsoftonline.com/error?code=${code.slice('AADSTS'.length)} says what that means.`,
  };
  const failed = (signIn.appliedConditionalAccessPolicies ?? []).filter(({ result }) => result === 'failure');
  return { code, ...words, policies: failed.flatMap(({ displayName }) => displayName ?? []) };
}
