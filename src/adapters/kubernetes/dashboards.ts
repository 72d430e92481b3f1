import type { V1Ingress } from '@kubernetes/client-node';
import type { JsonObject } from '../../domain/json.ts';
import type { Connection } from './connection.ts';
import { listCustom, textAt } from './custom-objects.ts';
import { findIfAllowed } from './errors.ts';

const ROUTE = { group: 'route.openshift.io', version: 'v1', plural: 'routes' };
// The Service through which all of K10's pages are served.
const GATEWAY = 'gateway';

/**
 * Addresses at which an Ingress or an OpenShift Route serves K10's gateway. Always `https://`: sign-in works with nothing else,
 * and TLS may well end before the Ingress; with the path where it is not the release's name. Hosts with a wildcard are left out.
 */
export async function findDashboardAddresses(
  connection: Connection,
  { namespace, release }: { readonly namespace: string; readonly release: string },
): Promise<string[]> {
  const call = { verb: 'list', resource: 'ingresses.networking.k8s.io', namespace };
  const [ingresses, routes] = await Promise.all([
    findIfAllowed(call, () => connection.networking.listNamespacedIngress({ namespace })),
    listCustom(connection, ROUTE, namespace, findIfAllowed),
  ]);
  const served = [...(ingresses?.items ?? []).flatMap(servedByIngress), ...routes.flatMap(servedByRoute)];
  const addresses = served
    .filter(({ host }) => !host.includes('*'))
    .map(({ host, path }) => `https://${host}${ownPath(path, release)}`);
  return [...new Set(addresses)];
}

interface Served {
  readonly host: string;
  readonly path: string | undefined;
}

function servedByIngress(ingress: V1Ingress): Served[] {
  return (ingress.spec?.rules ?? []).flatMap(({ host, http }) => {
    const served = http?.paths.find(({ backend }) => backend.service?.name === GATEWAY);
    return served === undefined || host === undefined || host === '' ? [] : [{ host, path: served.path }];
  });
}

function servedByRoute(route: JsonObject): Served[] {
  const host = textAt(route, 'spec', 'host');
  if (host === undefined || textAt(route, 'spec', 'to', 'name') !== GATEWAY) return [];
  return [{ host, path: textAt(route, 'spec', 'path') }];
}

// The release's name goes without saying, and one at the root leaves the path to the gateway.
function ownPath(path: string | undefined, release: string): string {
  const trimmed = (path ?? '').replace(/^\/+|\/+$/g, '');
  return /^[\w.~/-]+$/.test(trimmed) && trimmed !== release ? `/${trimmed}` : '';
}
