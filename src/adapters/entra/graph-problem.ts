import { KastellanError, LATER, later, NEVER, type Retry } from '../../domain/errors.ts';
import { redact } from '../../domain/redaction.ts';
import { OPERATIONS, type Operation } from './permissions.ts';

/** What Graph said about a request that it refused. */
export interface GraphProblem {
  readonly status: number;
  readonly code: string;
  /** Codes of the details: the exact reason is often only here. */
  readonly detailCodes: readonly string[];
  readonly message: string;
  readonly requestId: string | undefined;
  /** What `Retry-After` asked for. */
  readonly retryAfterMs: number | undefined;
}

/** A refusal by Graph, in words for people; adapters look into `problem` to tell lag from real faults. */
export class GraphRefusal extends KastellanError {
  readonly problem: GraphProblem;

  constructor(operation: Operation, raw: GraphProblem, secrets: readonly string[]) {
    const problem = { ...raw, message: redact(raw.message, secrets) };
    const words = explain(operation, problem);
    super({
      ...words,
      cause: new Error(
        `Graph ${problem.status} ${[problem.code, ...problem.detailCodes].join(' / ')}: ${problem.message} ` +
          `(request-id ${problem.requestId ?? 'unknown'})`,
      ),
      secrets,
    });
    this.problem = problem;
  }
}

interface Words {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly retry?: Retry;
}

type Explain = (operation: Operation, problem: GraphProblem) => Words;

const BY_CODE: Readonly<Record<string, Explain>> = {
  Authorization_RequestDenied: permissionMissing,
  Authorization_IdentityNotFound: (operation) => ({
    code: 'entra.identity-unknown',
    message: `Entra does not know Kastellan's own identity, so Kastellan cannot ${operation}.`,
    hint: 'Check AZURE_TENANT_ID and AZURE_CLIENT_ID: the enterprise application was deleted, or the tenant is another one.',
  }),
  InvalidAuthenticationToken: (operation) => ({
    code: 'entra.token-refused',
    message: `Entra refused Kastellan's access token when it wanted to ${operation}.`,
    hint: "Check this machine's clock, and that the cloud in the configuration is the tenant's.",
    retry: LATER,
  }),
  Authentication_RequestFromNonPremiumTenantOrB2CTenant: (operation) => ({
    code: 'entra.licence-missing',
    message: `The tenant's Entra licence does not allow Kastellan to ${operation}.`,
    hint: 'This needs Entra ID P1 or P2. Without it leave the feature out; for sign-in use group claims of the kind SecurityGroup.',
  }),
  Directory_QuotaExceeded: (operation) => ({
    code: 'entra.quota-exceeded',
    message: `Entra's limit of objects is reached, so Kastellan cannot ${operation}.`,
    hint: 'An application may create 250 objects unless an administrator raises it; deleted ones count for 30 days. Delete what is not needed for good, or have the quota raised.',
  }),
  CredentialInvalidLifetimeAsPerAppPolicy: secretLifetime,
  InvalidKeyEndDate: secretLifetime,
  CredentialTypeNotAllowedAsPerAppPolicy: () => ({
    code: 'entra.secrets-forbidden',
    message: 'This tenant forbids client secrets for applications.',
    hint: 'K10 signs in with a client secret. Ask an Entra administrator for an exemption from the restriction passwordAddition: in an app management policy that is assigned to this application, or for Kastellan in the one that forbids it.',
  }),
  Request_MultipleObjectsWithSameKeyValue: nameTaken,
  ObjectConflict: nameTaken,
};

function explain(operation: Operation, problem: GraphProblem): Words {
  for (const code of [...problem.detailCodes, problem.code]) {
    // Codes come from outside: one called `constructor` must not find what every object has.
    const words = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
    if (words !== undefined) return words(operation, problem);
  }
  return byStatus(operation, problem);
}

function byStatus(operation: Operation, problem: GraphProblem): Words {
  const { status, retryAfterMs } = problem;
  if (status === 404) {
    return {
      code: 'entra.not-found',
      message: `Kastellan could not ${operation}: Entra does not find it.`,
      hint: 'It was deleted, or it is so new that Entra does not show it everywhere yet.',
    };
  }
  if (status === 409) {
    return {
      code: 'entra.conflict',
      message: `Entra was busy with another change when Kastellan wanted to ${operation}.`,
      retry: later(retryAfterMs),
    };
  }
  if (status === 429) {
    return {
      code: 'entra.throttled',
      message: `Entra asks for a pause before Kastellan may ${operation}.`,
      hint: 'Nothing has to be done: Kastellan goes on when the pause is over.',
      retry: later(retryAfterMs),
    };
  }
  if (status >= 500) {
    return {
      code: 'entra.unavailable',
      message: `Microsoft Graph answered ${status} when Kastellan wanted to ${operation}.`,
      hint: 'Look at the Azure status page if it lasts.',
      retry: later(retryAfterMs),
    };
  }
  if (status === 401 || status === 403) return permissionMissing(operation);
  return {
    code: 'entra.refused',
    message: `Entra refused to ${operation}: ${problem.message || problem.code}`,
    retry: NEVER,
  };
}

function permissionMissing(operation: Operation): Words {
  const permission = OPERATIONS[operation];
  const owner = permission === 'Application.ReadWrite.OwnedBy' || operation === 'delete the group';
  return {
    code: 'entra.permission-missing',
    message: `Kastellan may not ${operation}: its identity lacks the Graph permission ${permission}.`,
    hint:
      `Grant the application permission ${permission} with admin consent` +
      (owner ? ', or, if it is granted, make Kastellan an owner of this object' : '') +
      '. /kasten doctor shows how.',
  };
}

function secretLifetime(): Words {
  return {
    code: 'entra.secret-lifetime-policy',
    message: 'This tenant does not allow client secrets to live that long.',
    hint: "Choose a shorter lifetime for the secret, or ask an Entra administrator about the tenant's app management policy.",
  };
}

function nameTaken(operation: Operation): Words {
  return {
    code: 'entra.name-taken',
    message: `Kastellan could not ${operation}: another object already has its unique name.`,
    hint: 'Look under Deleted applications and Deleted groups in Entra: restore what is there, or delete it for good, and try again.',
  };
}

/** Whether a thrown value is Graph's refusal with one of these statuses. */
export function isRefusal(thrown: unknown, ...statuses: readonly number[]): thrown is GraphRefusal {
  return thrown instanceof GraphRefusal && statuses.includes(thrown.problem.status);
}

// Graph has no code of its own for these, so the words decide (https://learn.microsoft.com/graph/api/group-post-members).
const LAG_WORDS =
  /objects? being referenced do(es)? not exist|reference-property objects are not present|Not a valid reference update|backing application|does not reference a valid application object/i;

/**
 * Whether the refusal is what Entra says while a new object has not reached all of its servers. A 403 counts only where
 * its words speak of the object: else a missing permission would be waited for.
 */
export function isLag(thrown: unknown): boolean {
  if (!(thrown instanceof GraphRefusal)) return false;
  const { status, detailCodes, code, message } = thrown.problem;
  if (status === 404) return true;
  if (detailCodes.includes('NoBackingApplicationObject') || code === 'NoBackingApplicationObject')
    return true;
  return (status === 400 || status === 403) && LAG_WORDS.test(message);
}
