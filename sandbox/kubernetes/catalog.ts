import { oncePerObject } from './derived.ts';
import { at, listAt, objectAt, stringAt, stringsAt } from './json.ts';
import { builtInKinds, type ResourceKind, reviewKinds } from './kinds.ts';
import type { KubeObject } from './objects.ts';
import type { ObjectStore } from './store.ts';

/** The kinds the server knows right now: built-in ones and those of the stored CustomResourceDefinitions. */
export class Catalog {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** Every kind, one entry for each served version. */
  kinds(): ResourceKind[] {
    const definitions = this.#store.list('customresourcedefinitions.apiextensions.k8s.io');
    return [...builtInKinds, ...reviewKinds, ...definitions.flatMap(kindsOf)];
  }

  /** The kind under this group, version and plural, or undefined. */
  find(group: string, version: string, plural: string): ResourceKind | undefined {
    return this.kinds().find(
      (kind) => kind.plural === plural && kind.group === group && kind.version === version,
    );
  }
}

// Every request asks for the kinds.
const kindsOf = oncePerObject((definition: KubeObject): ResourceKind[] => {
  const names = objectAt(definition, 'spec', 'names');
  return listAt(definition, 'spec', 'versions')
    .filter((version) => at(version, 'served') === true)
    .map((version) => ({
      group: stringAt(definition, 'spec', 'group'),
      version: stringAt(version, 'name'),
      kind: stringAt(names, 'kind'),
      plural: stringAt(names, 'plural'),
      singular: stringAt(names, 'singular') || stringAt(names, 'kind').toLowerCase(),
      shortNames: stringsAt(names, 'shortNames'),
      namespaced: stringAt(definition, 'spec', 'scope') === 'Namespaced',
      subresources: Object.keys(objectAt(version, 'subresources')),
      builtIn: false,
      counted: true,
    }));
});
