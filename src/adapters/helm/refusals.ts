import { LATER } from '../../domain/errors.ts';
import { type Described, type HelmAttempt, shorten, where } from './sentences.ts';

// What the Kubernetes API refuses a Helm that is at work, in sentences. The words are those of k8s.io/apimachinery and
// k8s.io/apiserver, which both versions of Helm pass on.

/** An admission or conversion webhook that could not be asked; what that says about pods is nothing. */
export function webhookSilent(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.webhook-silent',
    message: `The cluster could not ask its webhook ${match[1]} about ${where(attempt)}: ${reasonIn(match[2])}`,
    hint: 'Look whether the Service behind the webhook has ready pods, and try again: "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations" names it.',
    retry: LATER,
  };
}

// The cause stands last, after a chain of prefixes and an address.
function reasonIn(text: string | undefined): string {
  const words = (text ?? '').split(': ').at(-1) ?? '';
  return words === '' ? 'no reason is given.' : shorten(words);
}

export function admissionDenied(match: RegExpExecArray, attempt: HelmAttempt): Described {
  const reason = shorten(match[2] ?? '');
  return {
    code: 'helm.admission-denied',
    message: `${match[1]} does not admit what the chart makes for ${where(attempt)}: ${reason === '' ? 'it gives no reason.' : reason}`,
    hint: 'Ask those who keep this policy to exempt K10, or set what it wants in the values of the release.',
  };
}

/** Two writers at once; the second has read what is no longer true. It passes by itself. */
export function objectChanged(match: RegExpExecArray, attempt: HelmAttempt): Described {
  const what = match[2] === undefined ? 'An object' : `${match[1]} "${match[2]}"`;
  return {
    code: 'helm.object-changed',
    message: `${what} of ${where(attempt)} was changed by another writer at the same moment.`,
    hint: 'Try again: that usually passes. A controller that changes it all the time shows in its managedFields.',
    retry: LATER,
  };
}

/** @see https://helm.sh/docs/topics/advanced/#storage-backends */
export function recordTooLarge(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.record-too-large',
    message: `Helm's record of ${where(attempt)} (Secret ${match[1]}) is larger than a Secret can be, which is 1 MiB.`,
    hint: 'It holds the chart, the values and everything rendered: move large texts out of the values, such as certificates that can be in a ConfigMap of their own.',
  };
}

export function requestTooLarge(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.record-too-large',
    message: `What Helm sends for ${where(attempt)} is larger than the cluster stores: ${shorten(match[0])}`,
    hint: 'Helm stores the chart, the values and everything rendered in one Secret: move large texts out of the values.',
  };
}

export function quotaExceeded(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.quota-exceeded',
    message: `A quota stops Helm from working on ${where(attempt)}: ${shorten(match[1] ?? '')}`,
    hint: `Raise the quota: "kubectl describe resourcequota -n ${attempt.namespace}" shows it.`,
  };
}

export function namespaceTerminating(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.namespace-terminating',
    message: `The namespace ${match[1] ?? attempt.namespace} is being deleted, so nothing can be created in it.`,
    hint: 'Find out who deletes it. If K10 is to stay, install it in a new namespace.',
  };
}

export function forbidden(match: RegExpExecArray, attempt: HelmAttempt): Described {
  const text = match[0];
  const right = /cannot (\w+) resource "([^"]+)" in API group "([^"]*)"/.exec(text);
  if (/attempting to grant RBAC permissions not currently held/.test(text)) {
    return {
      code: 'helm.forbidden',
      message: `Helm may not ${attempt.action} ${where(attempt)}: its chart grants rights that Kastellan does not hold.`,
      hint: 'Give Kastellan the verb "escalate" on roles and clusterroles, and "bind" on the roles the chart binds.',
    };
  }
  if (right === null) {
    return {
      code: 'helm.forbidden',
      message: `Helm may not ${attempt.action} ${where(attempt)}: ${shorten(text)}`,
      hint: 'Give Kastellan this right, or look at the admission policy that refused it.',
    };
  }
  const resource = right[3] === '' ? right[2] : `${right[2]}.${right[3]}`;
  return {
    code: 'helm.forbidden',
    message: `Helm may not ${attempt.action} ${where(attempt)}: Kastellan lacks the right to ${right[1]} ${resource}.`,
    hint: `Give Kastellan the verb "${right[1]}" on ${resource}${scopeOf(text)}.`,
  };
}

function scopeOf(text: string): string {
  const namespace = /in the namespace "([^"]+)"/.exec(text);
  return namespace === null ? ' in the whole cluster' : ` in the namespace ${namespace[1]}`;
}

export function fieldConflict(match: RegExpExecArray, attempt: HelmAttempt): Described {
  const manager = match[2] === undefined ? 'another manager' : (match[1] ?? 'another manager');
  const [, name, kind] = /object (?:\S+\/)?(\S+) \S+, Kind=(\w+)/.exec(match.input) ?? [];
  const field = `${match[2] ?? 'a field'}${name === undefined ? '' : ` of ${kind} ${name}`}`;
  return {
    code: 'helm.field-conflict',
    message: `Helm may not ${attempt.action} ${where(attempt)}: ${field} was set by ${manager}.`,
    hint: `Let ${manager} give the field up, or put its value into the release's values.`,
  };
}

export function ownership(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.ownership',
    message: `${match[1]} "${match[2]}" exists already and does not belong to the release ${where(attempt)}.`,
    hint: 'Remove the object, or give it the labels and annotations of this release.',
  };
}

/** A field that Kubernetes lets nobody change: the object has to be made anew. */
export function immutableField(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.immutable-field',
    message: `${match[1]} "${match[2]}" of ${where(attempt)} cannot be changed in place: ${shorten(match[3] ?? '')}`,
    hint: 'The cluster holds it in another form than the installed chart does: delete the object, and upgrade K10 with its own values to create it again.',
  };
}

/** @see https://helm.sh/docs/topics/kubernetes_apis/ */
export function apiMissing(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.api-missing',
    message: `The cluster of ${where(attempt)} does not know ${match[1]} in ${match[2]}, which the release contains.`,
    hint: 'If Kubernetes has removed this API, the plugin helm-mapkubeapis mends the record; otherwise install the missing CustomResourceDefinition.',
  };
}

/** An aggregated API without a server behind it; Helm then reads none of the others either. */
export function apiSilent(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'kubernetes.api-silent',
    message: `The cluster of ${where(attempt)} cannot list its APIs: ${shorten(match[1] ?? '')}`,
    hint: '"kubectl get apiservices" shows which is not available: mend the Service behind it, or delete it if it is a leftover.',
    retry: LATER,
  };
}

export function objectMissing(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.object-missing',
    message: `${match[1]} "${match[2]}" is in Helm's record of ${where(attempt)}, but not in the cluster.`,
    hint: 'It was deleted by hand: upgrade K10 with its own values to create it again.',
  };
}

export function objectRejected(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'helm.values-rejected',
    message: `The cluster does not accept what the chart makes of the values for ${where(attempt)}: ${shorten(match[1] ?? '')}`,
  };
}

export function serverBusy(match: RegExpExecArray, attempt: HelmAttempt): Described {
  return {
    code: 'kubernetes.unavailable',
    message: `The Kubernetes API of ${where(attempt)} cannot answer just now: ${shorten(match[0])}`,
    hint: 'Look at the control plane of the cluster, and try again.',
    retry: LATER,
  };
}
