import type { V1Deployment } from '@kubernetes/client-node';
import { isJsonObject, type Json, type JsonObject, objectAt } from '../../domain/json.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { Connection } from './connection.ts';
import { listCustom, textAt } from './custom-objects.ts';
import { listReleaseDeployments, type ReleaseAddress } from './deployments.ts';
import { findIfAllowed } from './errors.ts';

type ReleaseManager = Awaited<ReturnType<Cluster['findReleaseManager']>>;

const K10 = { group: 'apik10.kasten.io', version: 'v1alpha1', plural: 'k10s' };
const APPLICATION = { group: 'argoproj.io', version: 'v1alpha1', plural: 'applications' };
const HELM_RELEASES = ['v2', 'v2beta2'].map((version) => ({
  group: 'helm.toolkit.fluxcd.io',
  version,
  plural: 'helmreleases',
}));

/**
 * Who else keeps the release, so that a `helm upgrade` would be undone: K10's operator (a K10 resource in the namespace), Argo
 * CD or Flux (their marks on the Deployments, or an Application or HelmRelease that leads here). A kind that the cluster does
 * not know, or that Kastellan may not read, counts as none.
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
 * @see https://fluxcd.io/flux/components/helm/helmreleases/
 */
export async function findReleaseManager(
  connection: Connection,
  address: ReleaseAddress,
): Promise<ReleaseManager> {
  const [[operated], { items }, application, helmRelease] = await Promise.all([
    listCustom(connection, K10, address.namespace, findIfAllowed),
    listReleaseDeployments(connection, address),
    findApplication(connection, address),
    findHelmRelease(connection, address),
  ]);
  if (operated !== undefined) return { by: 'operator', name: nameOf(operated) };
  return first(items, markedByArgo) ?? first(items, markedByFlux) ?? application ?? helmRelease;
}

function first(
  deployments: readonly V1Deployment[],
  mark: (deployment: V1Deployment) => ReleaseManager,
): ReleaseManager {
  return deployments.map(mark).find((manager) => manager !== undefined);
}

function markedByArgo(deployment: V1Deployment): ReleaseManager {
  const { labels = {}, annotations = {} } = deployment.metadata ?? {};
  const tracked = annotations['argocd.argoproj.io/tracking-id']?.split(':')[0];
  const name = tracked ?? labels['argocd.argoproj.io/instance'] ?? annotations['argocd.argoproj.io/instance'];
  return name === undefined ? undefined : { by: 'argo-cd', name };
}

function markedByFlux(deployment: V1Deployment): ReleaseManager {
  const labels = deployment.metadata?.labels ?? {};
  const name = labels['helm.toolkit.fluxcd.io/name'];
  const namespace = labels['helm.toolkit.fluxcd.io/namespace'];
  if (name === undefined) return undefined;
  return { by: 'flux', name: namespace === undefined ? name : `${namespace}/${name}` };
}

async function findApplication(connection: Connection, address: ReleaseAddress): Promise<ReleaseManager> {
  const applications = await listCustom(connection, APPLICATION, undefined, findIfAllowed);
  const found = applications.find((application) => leadsHere(application, address));
  return found === undefined ? undefined : { by: 'argo-cd', name: qualifiedName(found) };
}

function leadsHere(application: JsonObject, { release, namespace }: ReleaseAddress): boolean {
  const spec = objectAt(application, 'spec');
  if (textAt(spec, 'destination', 'namespace') !== namespace) return false;
  const list: Json = spec['sources'] ?? [];
  const sources = Array.isArray(list) ? (list as readonly Json[]).filter(isJsonObject) : [];
  const releases = [objectAt(spec, 'source'), ...sources]
    .filter((source) => textAt(source, 'chart') !== undefined || isJsonObject(source['helm']))
    .map((source) => textAt(source, 'helm', 'releaseName') ?? nameOf(application));
  return releases.includes(release);
}

async function findHelmRelease(connection: Connection, address: ReleaseAddress): Promise<ReleaseManager> {
  const byVersion = await Promise.all(
    HELM_RELEASES.map((kind) => listCustom(connection, kind, undefined, findIfAllowed)),
  );
  const found = byVersion.flat().find((helmRelease) => makes(helmRelease, address));
  return found === undefined ? undefined : { by: 'flux', name: qualifiedName(found) };
}

// Without a release name Flux builds one of the target namespace, when there is one, and its own name.
function makes(helmRelease: JsonObject, { release, namespace }: ReleaseAddress): boolean {
  const target = textAt(helmRelease, 'spec', 'targetNamespace');
  const own = target === undefined ? nameOf(helmRelease) : `${target}-${nameOf(helmRelease)}`;
  const lives = target ?? textAt(helmRelease, 'metadata', 'namespace');
  return lives === namespace && (textAt(helmRelease, 'spec', 'releaseName') ?? own) === release;
}

function nameOf(object: JsonObject): string {
  return textAt(object, 'metadata', 'name') ?? '';
}

function qualifiedName(object: JsonObject): string {
  const namespace = textAt(object, 'metadata', 'namespace');
  return namespace === undefined ? nameOf(object) : `${namespace}/${nameOf(object)}`;
}
