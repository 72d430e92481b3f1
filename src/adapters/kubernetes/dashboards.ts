import type { V1Ingress } from '@kubernetes/client-node';
import type { JsonObject } from '../../domain/json.ts';
import type { Connection } from './connection.ts';
import { listCustom, textAt } from './custom-objects.ts';
import { findIfAllowed } from './errors.ts';

const ROUTE = { group: 'route.openshift.io', version: 'v1', plural: 'routes' };
// The Service through which all of K10's pages are served.
const GATEWAY = 'gateway';

/**
 * Origins at which an Ingress or an OpenShift Route serves K10's gateway. Always `https://`: sign-in works with nothing else,
 * and TLS may well end before the Ingress. Hosts with a wildcard are left out.
 */
export async function findDashboardOrigins(connection: Connection, namespace: string): Promise<string[]> {
  const call = { verb: 'list', resource: 'ingresses.networking.k8s.io', namespace };
  const [ingresses, routes] = await Promise.all([
    findIfAllowed(call, () => connection.networking.listNamespacedIngress({ namespace })),
    listCustom(connection, ROUTE, namespace, findIfAllowed),
  ]);
  const hosts = [...(ingresses?.items ?? []).flatMap(hostsOfIngress), ...routes.flatMap(hostOfRoute)];
  return [...new Set(hosts.filter((host) => !host.includes('*')).map((host) => `https://${host}`))];
}

function hostsOfIngress(ingress: V1Ingress): string[] {
  return (ingress.spec?.rules ?? [])
    .filter(({ http }) => http?.paths.some(({ backend }) => backend.service?.name === GATEWAY))
    .flatMap(({ host }) => (host === undefined || host === '' ? [] : [host]));
}

function hostOfRoute(route: JsonObject): string[] {
  const host = textAt(route, 'spec', 'host');
  return textAt(route, 'spec', 'to', 'name') === GATEWAY && host !== undefined ? [host] : [];
}
