import { at } from './json.ts';
import type { KubeObject } from './objects.ts';
import { badRequest } from './status-error.ts';

export type Matcher = (object: KubeObject) => boolean;

/**
 * What a `labelSelector` asks for.
 * @throws StatusError 400 for text that is no selector.
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api
 */
function labelMatcher(selector: string | null): Matcher {
  const parts = splitRequirements(selector ?? '').map(labelRequirement);
  return (object) => parts.every((matches) => matches(object.metadata.labels ?? {}));
}

/** Splits at the commas that are not inside parentheses. */
function splitRequirements(selector: string): string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function labelRequirement(text: string): (labels: Record<string, string>) => boolean {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    const wanted = operator === 'in';
    return (labels) => {
      const value = labels[key];
      return (value !== undefined && values.includes(value)) === wanted;
    };
  }
  const equality = /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(text);
  if (equality) {
    const [, key = '', operator, value = ''] = equality;
    return (labels) => (labels[key] === value) === (operator !== '!=');
  }
  const presence = /^(!?)([^=!\s(),]+)$/.exec(text);
  if (!presence) throw badRequest(`unable to parse requirement: ${text}`);
  const [, not, key = ''] = presence;
  return (labels) => key in labels === (not === '');
}

/** What a `fieldSelector` (`metadata.name=x,status.phase!=Running`) asks for. */
function fieldMatcher(selector: string | null): Matcher {
  const parts = splitRequirements(selector ?? '').map((text) => {
    const match = /^([^=!\s]+)(==|=|!=)(.*)$/.exec(text);
    if (!match) throw badRequest(`invalid field selector: ${text}`);
    const [, path = '', operator, value] = match;
    return (object: KubeObject) =>
      (String(at(object, ...path.split('.')) ?? '') === value) === (operator !== '!=');
  });
  return (object) => parts.every((matches) => matches(object));
}

/** Both selectors of a list, watch or deletecollection request. */
export function matcherOf(query: URLSearchParams): Matcher {
  const label = labelMatcher(query.get('labelSelector'));
  const field = fieldMatcher(query.get('fieldSelector'));
  return (object) => label(object) && field(object);
}
