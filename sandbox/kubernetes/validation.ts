import { at, isObject, listAt, objectAt, sameJson, stringAt } from './json.ts';
import { type ResourceKind, resourceName } from './kinds.ts';
import type { KubeObject } from './objects.ts';
import { badRequest, invalid, invalidField, requiredField, type StatusCause } from './status-error.ts';

const dnsName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const rfc1123 =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/**
 * Checks what the API server checks and what clients of the sandbox can get wrong.
 * @throws StatusError 422 naming every field at fault, 400 for data that is not base64.
 */
export function validate(kind: ResourceKind, object: KubeObject, previous: KubeObject | undefined): void {
  const causes = [
    ...nameCauses(kind, object),
    ...(contentChecks[resourceName(kind)]?.(object) ?? []),
    ...(previous ? immutableCauses(kind, object, previous) : []),
  ];
  if (causes.length > 0) throw invalid(kind, object.metadata.name, causes);
}

function nameCauses(kind: ResourceKind, object: KubeObject): StatusCause[] {
  const { name } = object.metadata;
  if (kind.group === 'rbac.authorization.k8s.io') {
    return /[/%]/.test(name) ? [invalidField('metadata.name', name, "may not contain '/' or '%'")] : [];
  }
  return name.length > 253 || !dnsName.test(name) ? [invalidField('metadata.name', name, rfc1123)] : [];
}

const contentChecks: Record<string, (object: KubeObject) => StatusCause[]> = {
  secrets: secretCauses,
  'deployments.apps': workloadCauses,
  'replicasets.apps': workloadCauses,
  pods: (object) => containerCauses(object, 'spec'),
  'roles.rbac.authorization.k8s.io': ruleCauses,
  'clusterroles.rbac.authorization.k8s.io': ruleCauses,
  'rolebindings.rbac.authorization.k8s.io': bindingCauses,
  'clusterrolebindings.rbac.authorization.k8s.io': bindingCauses,
};

function secretCauses(secret: KubeObject): StatusCause[] {
  for (const [key, value] of Object.entries(secret.data ?? {})) {
    if (typeof value !== 'string' || !/^[A-Za-z0-9+/\r\n]*={0,2}$/.test(value)) {
      throw badRequest(
        `Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0`,
      );
    }
    if (!/^[-._a-zA-Z0-9]+$/.test(key)) {
      return [
        invalidField(
          `data[${key}]`,
          key,
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        ),
      ];
    }
  }
  return [];
}

function workloadCauses(workload: KubeObject): StatusCause[] {
  const selector = objectAt(workload, 'spec', 'selector');
  if (Object.keys(selector).length === 0) return [requiredField('spec.selector')];
  const labels = objectAt(workload, 'spec', 'template', 'metadata', 'labels');
  const wanted = Object.entries(objectAt(selector, 'matchLabels'));
  const causes = containerCauses(workload, 'spec', 'template', 'spec');
  if (wanted.every(([key, value]) => labels[key] === value)) return causes;
  const mismatch = '`selector` does not match template `labels`';
  return [...causes, invalidField('spec.template.metadata.labels', labels, mismatch)];
}

function containerCauses(object: KubeObject, ...path: string[]): StatusCause[] {
  const containers = listAt(object, ...path, 'containers');
  if (containers.length === 0) return [requiredField(`${path.join('.')}.containers`)];
  return containers.flatMap((container, index) =>
    stringAt(container, 'name') ? [] : [requiredField(`${path.join('.')}.containers[${index}].name`)],
  );
}

function ruleCauses(role: KubeObject): StatusCause[] {
  return listAt(role, 'rules').flatMap((rule, index) =>
    listAt(rule, 'verbs').length > 0
      ? []
      : [requiredField(`rules[${index}].verbs`, 'Required value: verbs must contain at least one value')],
  );
}

function bindingCauses(binding: KubeObject): StatusCause[] {
  const causes = stringAt(binding, 'roleRef', 'name') ? [] : [requiredField('roleRef.name')];
  for (const [index, subject] of listAt(binding, 'subjects').entries()) {
    const field = `subjects[${index}]`;
    const kind = stringAt(subject, 'kind');
    if (!stringAt(subject, 'name')) causes.push(requiredField(`${field}.name`));
    if (kind === 'ServiceAccount' && !stringAt(subject, 'namespace')) {
      causes.push(requiredField(`${field}.namespace`));
    }
    if (!['ServiceAccount', 'User', 'Group'].includes(kind)) {
      causes.push({
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: ${JSON.stringify(kind)}: supported values: "Group", "ServiceAccount", "User"`,
        field: `${field}.kind`,
      });
    }
  }
  return causes;
}

function immutableCauses(kind: ResourceKind, object: KubeObject, previous: KubeObject): StatusCause[] {
  const resource = resourceName(kind);
  const changed = (...path: string[]) =>
    !sameJson(at(object, ...path) ?? null, at(previous, ...path) ?? null);
  const causes: StatusCause[] = [];
  if (isObject(object.roleRef) && kind.builtIn && changed('roleRef')) {
    causes.push(invalidField('roleRef', object.roleRef, 'cannot change roleRef'));
  }
  if (resource === 'deployments.apps' && changed('spec', 'selector')) {
    causes.push(invalidField('spec.selector', at(object, 'spec', 'selector'), 'field is immutable'));
  }
  if (resource === 'jobs.batch' && changed('spec', 'template')) {
    causes.push(invalidField('spec.template', at(object, 'spec', 'template'), 'field is immutable'));
  }
  if (resource === 'secrets' && changed('type')) {
    causes.push(invalidField('type', object.type, 'field is immutable'));
  }
  if (previous['immutable'] === true && changed('data')) {
    causes.push({
      reason: 'FieldValueForbidden',
      message: 'Forbidden: field is immutable when `immutable` is set',
      field: 'data',
    });
  }
  return causes;
}
