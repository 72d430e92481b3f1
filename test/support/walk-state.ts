import { type Entry, isProperties } from '../../sandbox/entra/directory.ts';
import type { Sandbox } from '../../sandbox/world.ts';

/** What a person changing nothing would find again in Entra: objects, who is in them, and secrets. */
export function entraState({ entra }: Sandbox): unknown {
  const { directory } = entra;
  const objects = [...directory.entries.values()].map((entry) => ({
    kind: entry.kind,
    id: entry.id,
    properties: entry.properties,
    owners: [...entry.owners].toSorted(),
    members: [...entry.members].toSorted(),
  }));
  return structuredClone({
    objects: objects.toSorted((a, b) => a.id.localeCompare(b.id)),
    assignments: directory.assignments,
  });
}

// What the cluster writes by itself, and Helm's own record, which grows with each revision.
const OF_ITS_OWN = /^(pods|events|replicasets\.apps|leases|deployments\.apps|endpoints)/;

// Secrets whose content the chart makes anew at every upgrade, whatever that is for.
const NEW_AT_EVERY_RENDERING = /^kopia-tls-/;

/** Bindings, roles, Secrets and settings of the cluster, without what the API server stamps on them. */
export function clusterState({ kubernetes }: Pick<Sandbox, 'kubernetes'>): Record<string, unknown> {
  const { store } = kubernetes;
  const kept = store
    .resources()
    .filter((resource) => !OF_ITS_OWN.test(resource))
    .flatMap((resource) => store.list(resource).map((object) => ({ resource, object })))
    .filter(({ object }) => object['type'] !== 'helm.sh/release.v1');
  return Object.fromEntries(
    kept.map(({ resource, object }) => {
      const { metadata, status: _status, ...rest } = object;
      const { name, namespace = '', labels = {}, annotations = {} } = metadata;
      if (NEW_AT_EVERY_RENDERING.test(name)) delete rest['data'];
      return [`${resource} ${namespace}/${name}`, structuredClone({ labels, annotations, ...rest })];
    }),
  );
}

/** The requests that changed something in Entra, as `POST /v1.0/groups`. */
export function entraWrites({ entra }: Sandbox): string[] {
  return entra.requestLog
    .filter(({ method, url }) => method !== 'GET' && url.startsWith('/v1.0') && !url.includes('$batch'))
    .map(({ method, url, status }) => `${method} ${url} ${status}`);
}

/** The requests that changed something in the cluster. */
export function clusterWrites({ kubernetes }: Pick<Sandbox, 'kubernetes'>): string[] {
  return kubernetes.requestLog.writes().map(({ method, path, status }) => `${method} ${path} ${status}`);
}

/** The groups that were made for Kastellan's levels, or that have this name. */
export function groupsNamed({ entra }: Sandbox, name: string): Entry[] {
  return entra.directory.all('group').filter(({ properties }) => properties['displayName'] === name);
}

/** The one application that Kastellan made for a cluster. */
export function applicationOf({ entra }: Sandbox, cluster = 'prod-eu'): Entry | undefined {
  return entra.directory.findBy('application', 'uniqueName', `kastellan-${cluster}`);
}

/** The client secrets of an application, as Entra keeps them. */
export function secretsOf(application: Entry | undefined): Record<string, unknown>[] {
  const all = application?.properties['passwordCredentials'];
  return Array.isArray(all) ? all.filter(isProperties) : [];
}

/** The values of Entra's client secrets for an application. */
export function secretTexts({ entra }: Sandbox, application: Entry | undefined): string[] {
  return secretsOf(application).flatMap(
    ({ keyId }) => entra.directory.secretTexts.get(String(keyId))?.text ?? [],
  );
}

/** What a Kubernetes Secret holds, in clear. */
export function secretData(
  { kubernetes }: Pick<Sandbox, 'kubernetes'>,
  name: string,
): Record<string, string> {
  const data = kubernetes.store.get('secrets', 'kasten-io', name)?.['data'] ?? {};
  return Object.fromEntries(
    Object.entries(data as Record<string, string>).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString(),
    ]),
  );
}
