import { type JsonObject, objectAt } from '../json.ts';

/**
 * The path under which K10's gateway serves its pages, where the release's values name one; undefined: the release's name.
 * A route counts before an Ingress, as in the chart.
 * @returns without slashes at its ends
 * @see https://docs.kasten.io/latest/install/advanced
 */
export function servedPathOf(values: JsonObject): string | undefined {
  const route = objectAt(values, 'route');
  const path = route['enabled'] === true ? route['path'] : objectAt(values, 'ingress')['urlPath'];
  if (typeof path !== 'string') return undefined;
  const trimmed = path.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? undefined : trimmed;
}
