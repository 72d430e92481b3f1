import { KastellanError } from '../../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject, objectAt } from '../../domain/json.ts';
import type { RenderedObject } from '../../domain/setup/manifest.ts';
import { parseJson } from './values.ts';
import { loadHelmYaml } from './yaml.ts';

// A manifest does not tell whether a kind has namespaces; a kind that is not known here is taken to have them.
const CLUSTER_KINDS = new Set([
  'APIService',
  'CSIDriver',
  'CSINode',
  'CertificateSigningRequest',
  'ClusterIssuer',
  'ClusterRole',
  'ClusterRoleBinding',
  'ConsolePlugin',
  'CustomResourceDefinition',
  'FlowSchema',
  'GatewayClass',
  'IngressClass',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'MutatingWebhookConfiguration',
  'Namespace',
  'Node',
  'PersistentVolume',
  'PodSecurityPolicy',
  'PriorityClass',
  'PriorityLevelConfiguration',
  'RuntimeClass',
  'SecurityContextConstraints',
  'StorageClass',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
  'VolumeAttributesClass',
  'VolumeSnapshotClass',
]);

/**
 * Reads `helm get manifest`: every object that the release made, without its hooks.
 * @param namespace the release's, in which objects are that name none
 * @throws KastellanError `helm.unknown`, without the text, which holds Secrets
 */
export function parseManifest(text: string, namespace: string): RenderedObject[] {
  return documentsOf(text)
    .flatMap(unlisted)
    .flatMap((body) => renderedObject(body, namespace));
}

/**
 * Reads what `helm upgrade --dry-run -o json` prints: the objects that the upgrade would make, without its hooks.
 * @throws KastellanError `helm.unknown`
 */
export function parseRendered(output: string, namespace: string): RenderedObject[] {
  const release = parseJson(output);
  const manifest = isJsonObject(release) ? release['manifest'] : undefined;
  if (typeof manifest !== 'string') throw unreadable('the upgrade that it rendered');
  return parseManifest(manifest, namespace);
}

function documentsOf(text: string): Json[] {
  try {
    return loadHelmYaml(text);
  } catch {
    throw unreadable('the manifest of the release');
  }
}

// Helm takes a List apart, too.
function unlisted(document: Json): JsonObject[] {
  if (!isJsonObject(document)) return [];
  const { kind, items } = document;
  const isList = typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items);
  return isList ? (items as readonly Json[]).filter(isJsonObject) : [document];
}

function renderedObject(body: JsonObject, releaseNamespace: string): RenderedObject[] {
  const { apiVersion, kind } = body;
  const { name, namespace } = objectAt(body, 'metadata');
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || name === undefined) return [];
  const place = typeof namespace === 'string' && namespace !== '' ? namespace : releaseNamespace;
  const where = CLUSTER_KINDS.has(kind) ? {} : { namespace: place };
  return [{ apiVersion, kind, ...where, name: String(name), body }];
}

function unreadable(what: string): KastellanError {
  return new KastellanError({ code: 'helm.unknown', message: `Kastellan cannot read ${what}.` });
}
