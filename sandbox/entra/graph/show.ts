import type { FastifyRequest } from 'fastify';
import type { Entry, Kind, Properties } from '../directory.ts';
import type { World } from '../world.ts';
import { type Caller, hasAny } from './caller.ts';
import { defaults, typeName, userBasics, userShownByDefault } from './defaults.ts';
import { readUsers, readUsersFully } from './permissions.ts';
import { denied, GraphProblem, unsupportedQuery } from './problem.ts';
import { page, type Query, readQuery } from './query.ts';

/** An object with all its properties, as filters see it. */
export function full(entry: Entry): Properties {
  return {
    id: entry.id,
    deletedDateTime: entry.deletedDateTime ?? null,
    ...defaults[entry.kind],
    ...entry.properties,
  };
}

/** Raises Graph's 400 for a name the kind does not have. */
function checkNames(kind: Kind, names: readonly string[]): void {
  const born = kind === 'servicePrincipal' ? [] : ['createdDateTime'];
  const known = new Set([...Object.keys(defaults[kind]), 'id', 'deletedDateTime', ...born]);
  const unknown = names.find((name) => !known.has(name.split('/')[0] ?? ''));
  if (unknown !== undefined) {
    throw new GraphProblem(
      400,
      'BadRequest',
      `Could not find a property named '${unknown}' on type 'microsoft.graph.${kind}'.`,
    );
  }
}

/** The object as the caller may see it, cut to `$select`. */
function show(entry: Entry, caller: Caller, select?: readonly string[]): Properties {
  const visible = visibleTo(caller, entry.kind, full(entry));
  const seen = withoutAttributes(caller, withoutKeys(visible, select), select);
  if (select) return pick(seen, ['id', ...select.filter((name) => name !== 'id')], select.includes('id'));
  return entry.kind === 'user' ? pick(seen, ['id', ...userShownByDefault], true) : seen;
}

/** As a member of something: with its type, and nothing but the ID for callers who may not read such objects. */
export function showMember(entry: Entry, caller: Caller, select?: readonly string[]): Properties {
  const type = { '@odata.type': `#microsoft.graph.${entry.kind}` };
  if (entry.kind === 'user' && !hasAny(caller, readUsers)) {
    const hidden = Object.fromEntries((select ?? userShownByDefault).map((name) => [name, null]));
    return { ...type, ...hidden, id: entry.id };
  }
  const names = select?.filter((name) => name === 'id' || name in full(entry));
  return { ...type, ...show(entry, caller, names), id: entry.id };
}

/** What a certificate consists of is shown only to those who name the property in `$select`. */
function withoutKeys(properties: Properties, select: readonly string[] | undefined): Properties {
  const { keyCredentials } = properties;
  if (!Array.isArray(keyCredentials) || select?.includes('keyCredentials')) return properties;
  return { ...properties, keyCredentials: keyCredentials.map((one: Properties) => ({ ...one, key: null })) };
}

/** Security attributes are shown to those who ask for them by name; without their permission as if there were none. */
function withoutAttributes(
  caller: Caller,
  properties: Properties,
  select: readonly string[] | undefined,
): Properties {
  const { customSecurityAttributes, ...others } = properties;
  if (!select?.includes('customSecurityAttributes')) return others;
  const permitted = hasAny(caller, ['CustomSecAttributeAssignment.Read.All']);
  return { ...others, customSecurityAttributes: permitted ? customSecurityAttributes : null };
}

function visibleTo(caller: Caller, kind: Kind, properties: Properties): Properties {
  if (kind !== 'user' || hasAny(caller, readUsersFully)) return properties;
  const names = Object.keys(properties);
  return Object.fromEntries(names.map((name) => [name, userBasics.has(name) ? properties[name] : null]));
}

function pick(properties: Properties, names: readonly string[], withId: boolean): Properties {
  const wanted = withId ? names : names.filter((name) => name !== 'id');
  return Object.fromEntries(wanted.map((name) => [name, properties[name] ?? null]));
}

/** Answers a list request over a kind: filter, order, page, select. */
export function list(world: World, request: FastifyRequest, kind: Kind, entries: readonly Entry[]): object {
  const query = readQuery(request);
  checkQuery(kind, query, request.caller);
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const showOne = (item: Properties) => {
    const entry = byId.get(String(item['id']));
    if (!entry) return item;
    return { ...show(entry, request.caller, query.select), ...expanded(world, entry, query, request.caller) };
  };
  const items = entries.map((entry) => ({ ...full(entry), owners: [...entry.owners] }));
  return page(request, world.url, `${kind}s`, items, query, showOne);
}

function checkQuery(kind: Kind, query: Query, caller: Caller): void {
  const filtered = query.filter?.properties ?? [];
  // Relations can be filtered by their count only, which the filter sees to.
  const properties = filtered.filter((name) => kind === 'user' || name !== 'owners');
  checkNames(kind, [...properties, ...(query.select ?? [])]);
  const hidden = kind === 'user' && !hasAny(caller, readUsersFully);
  if (hidden && filtered.some((name) => !userBasics.has(name))) throw denied();
  const unknown = query.expand.find((name) => name !== 'members' && name !== 'owners');
  if (unknown)
    throw unsupportedQuery(`Expanding '${unknown}' of resource '${typeName(kind)}' is not supported.`);
}

/** `$expand` gives at most 20 objects, as with the real service. */
function expanded(world: World, entry: Entry, query: Query, caller: Caller): Properties {
  const relation = (name: string) => [...(name === 'owners' ? entry.owners : entry.members)];
  return Object.fromEntries(
    query.expand.map((name) => [
      name,
      relation(name)
        .slice(0, 20)
        .flatMap((id) => world.directory.entries.get(id) ?? [])
        .map((one) => showMember(one, caller)),
    ]),
  );
}

/** One object as the body of an answer. */
export function single(world: World, request: FastifyRequest, entry: Entry): object {
  const query = readQuery(request);
  checkQuery(entry.kind, query, request.caller);
  return {
    '@odata.context': `${world.url}/v1.0/$metadata#${entry.kind}s/$entity`,
    ...show(entry, request.caller, query.select),
    ...expanded(world, entry, query, request.caller),
  };
}
