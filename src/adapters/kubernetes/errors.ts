import { ApiException } from '@kubernetes/client-node';
import { KastellanError, type KastellanErrorOptions, LATER, later } from '../../domain/errors.ts';
import { networkFailure } from '../network-failure.ts';
import { readRetryAfter } from '../retry-after.ts';

/** The right that a call needs, and what it is about: everything a sentence about its failure has to name. */
export interface Call {
  readonly verb: string;
  /** With its API group: `rolebindings.rbac.authorization.k8s.io`. */
  readonly resource: string;
  readonly name?: string;
  /** Absent: in the whole cluster. */
  readonly namespace?: string;
  /** The role that a binding hands out: `clusterroles.rbac.authorization.k8s.io "k10-admin"`. */
  readonly role?: string;
  /** Values that must not be read in an error. */
  readonly secrets?: readonly string[];
}

interface Status {
  readonly message: string;
  readonly causes: readonly {
    readonly reason?: string;
    readonly message?: string;
    readonly field?: string;
  }[];
}

type Described = Omit<KastellanErrorOptions, 'cause' | 'secrets'>;

/**
 * Makes one call of the Kubernetes API.
 * @throws KastellanError `kubernetes.unreachable`, `.unexpected-answer` (a web page), `.busy`, `.unauthorized`, `.forbidden` (names the right to add),
 * `.not-found`, `.conflict` (names field and manager), `.invalid`, `.unknown`
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
 */
export async function ask<Answer>(call: Call, send: () => Promise<Answer>): Promise<Answer> {
  try {
    return await send();
  } catch (thrown) {
    throw kubernetesError(thrown, call);
  }
}

/** Like `ask`, but gives `undefined` for what is not there. */
export async function find<Answer>(call: Call, send: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await send();
  } catch (thrown) {
    if (statusCodeOf(thrown) === 404) return undefined;
    throw kubernetesError(thrown, call);
  }
}

/** Like `find`, for kinds that may not exist in this cluster and that Kastellan need not see. */
export async function findIfAllowed<Answer>(
  call: Call,
  send: () => Promise<Answer>,
): Promise<Answer | undefined> {
  try {
    return await send();
  } catch (thrown) {
    const code = statusCodeOf(thrown);
    if (code === 404 || code === 403) return undefined;
    throw kubernetesError(thrown, call);
  }
}

/** The HTTP status of a failed call, or `undefined` when there was no answer. */
export function statusCodeOf(thrown: unknown): number | undefined {
  if (thrown instanceof ApiException) return thrown.code;
  // A watch that is refused.
  if (thrown instanceof Error && 'statusCode' in thrown) return Number(thrown.statusCode);
  return undefined;
}

/** Gives anything that a call raised the form of a KastellanError. */
export function kubernetesError(thrown: unknown, call: Call): KastellanError {
  if (thrown instanceof KastellanError) return thrown;
  const code = statusCodeOf(thrown);
  const status = statusOf(thrown);
  const described = code === undefined ? noAnswer(thrown) : describe(code, status, call, thrown);
  return new KastellanError({
    ...described,
    cause: new Error((status.message || String(thrown)).slice(0, 1000)),
    secrets: call.secrets ?? [],
  });
}

function describe(code: number, status: Status, call: Call, thrown: unknown): Described {
  if (code === 401) return unauthorized();
  if (code === 403) return forbidden(status, call);
  if (code === 404) return notFound(status, call);
  if (code === 409) return conflict(status, call);
  if (code === 429 || code >= 500) return busy(code, status, thrown);
  const said = shorten(status.message);
  if (code === 422 || code === 400) {
    return { code: 'kubernetes.invalid', message: `The cluster does not accept ${objectOf(call)}: ${said}` };
  }
  return {
    code: 'kubernetes.unknown',
    message: `The cluster refused to ${call.verb} ${objectOf(call)} (HTTP ${code}): ${said}`,
  };
}

function noAnswer(thrown: unknown): Described {
  const { kind, code } = networkFailure(thrown);
  const hints = {
    unreachable: 'Look whether the Kubernetes API answers from where Kastellan runs.',
    timeout: 'Look whether a firewall is in between, and whether the API server is overloaded.',
    'untrusted-certificate': 'Put the authority that signed its certificate into the kubeconfig.',
  };
  return {
    code: 'kubernetes.unreachable',
    message: `The cluster's Kubernetes API does not answer: ${code}.`,
    hint: hints[kind],
    retry: LATER,
  };
}

function unauthorized(): Described {
  return {
    code: 'kubernetes.unauthorized',
    message: "The cluster does not accept Kastellan's credentials.",
    hint: "Renew the token or certificate in the kubeconfig, or look at the pod's service account.",
  };
}

function forbidden(status: Status, call: Call): Described {
  if (/attempting to grant RBAC permissions not currently held/.test(status.message)) {
    return {
      code: 'kubernetes.forbidden',
      message: `Kastellan may not make ${objectOf(call)}: the role grants rights that Kastellan does not hold.`,
      hint: `Give Kastellan the verb "bind" on ${call.role ?? 'this role'}.`,
    };
  }
  const scope = call.namespace === undefined ? 'the whole cluster' : `the namespace ${call.namespace}`;
  // Server-side apply of something new is a patch that needs the verb "create", too; only the answer tells which is lacking.
  const verb = /\bcannot (\w+) resource\b/.exec(status.message)?.[1] ?? call.verb;
  return {
    code: 'kubernetes.forbidden',
    message: `Kastellan lacks the right to ${verb} ${call.resource} in ${scope}.`,
    hint: `Give Kastellan the verb "${verb}" on ${call.resource} in ${scope}.`,
  };
}

// For a role that is missing the cluster names the binding's kind, and the role's name.
function notFound(status: Status, call: Call): Described {
  const code = 'kubernetes.not-found';
  const role = /"([^"]+)"/.exec(call.role ?? '')?.[1];
  if (role === undefined || !status.message.includes(`"${role}" not found`))
    return { code, message: `There is no ${objectOf(call)}.` };
  return {
    code,
    message: `There is no ${call.role}, so ${objectOf(call)} cannot give it.`,
    hint: "K10's chart makes this role: look whether K10 is installed as the release that the configuration names.",
  };
}

function conflict(status: Status, call: Call): Described {
  const owned = status.causes.find((cause) => cause.reason === 'FieldManagerConflict');
  if (owned === undefined) {
    return {
      code: 'kubernetes.conflict',
      message: `Somebody else changed ${objectOf(call)} at the same moment.`,
      retry: LATER,
    };
  }
  const manager = /conflict with "([^"]+)"/.exec(owned.message ?? '')?.[1] ?? 'somebody else';
  return {
    code: 'kubernetes.conflict',
    message: `The field ${owned.field ?? '?'} of ${objectOf(call)} was set by ${manager}.`,
    hint: `Let ${manager} give the field up.`,
  };
}

function busy(code: number, status: Status, thrown: unknown): Described {
  const header = thrown instanceof ApiException ? thrown.headers['retry-after'] : undefined;
  return {
    code: 'kubernetes.busy',
    message: `The cluster's Kubernetes API cannot answer now (HTTP ${code}): ${shorten(status.message)}`,
    retry: later(readRetryAfter(header, Date.now())),
  };
}

function objectOf(call: Call): string {
  const where = call.namespace === undefined ? '' : ` in the namespace ${call.namespace}`;
  return `${call.resource}${call.name === undefined ? '' : ` "${call.name}"`}${where}`;
}

function statusOf(thrown: unknown): Status {
  const none: Status = { message: '', causes: [] };
  if (!(thrown instanceof ApiException)) return none;
  const parsed: unknown = typeof thrown.body === 'string' ? parse(thrown.body) : thrown.body;
  if (typeof parsed !== 'object' || parsed === null) return none;
  const body = parsed as { message?: string; details?: { causes?: Status['causes'] } };
  return { message: body.message ?? '', causes: body.details?.causes ?? [] };
}

// A proxy in between answers in HTML.
function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return { message: body.slice(0, 200) };
  }
}

function shorten(text: string): string {
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}
