import { isProperties, type Kind, type Properties } from '../directory.ts';
import { typeName } from './defaults.ts';
import { badRequest } from './problem.ts';
import type { Shape, ShapeOf } from './shapes.ts';

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text has the form of an object ID. */
export function isGuid(value: unknown): value is string {
  return typeof value === 'string' && guid.test(value);
}

const plain: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isInteger(value),
  guid: isGuid,
  time: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
  any: () => true,
};

/**
 * Gives the body as an object whose properties are all known and of the right type.
 * Raises Graph's 400 for anything else: Graph refuses unknown properties instead of ignoring them.
 */
export function checkBody(body: unknown, shape: ShapeOf, resource: string): Properties {
  if (!isProperties(body))
    throw badRequest('Write requests (excluding DELETE) must contain a valid JSON body.');
  checkObject(body, shape, resource);
  const { '@odata.type': _type, '@odata.context': _context, ...rest } = body;
  return rest;
}

function checkObject(value: Properties, shape: ShapeOf, resource: string): void {
  for (const [name, part] of Object.entries(value)) {
    if (name === '@odata.type' || name === '@odata.context') continue;
    const expected = shape[name];
    if (!expected) {
      throw badRequest(`Invalid property '${name}' specified for resource '${resource}'.`, [
        { code: 'InvalidProperty', message: `Property '${name}' is not known.`, target: name },
      ]);
    }
    checkValue(part, expected, name, resource);
  }
}

function checkValue(value: unknown, shape: Shape, name: string, resource: string): void {
  if (value === null || value === undefined) return;
  if (typeof shape === 'string') {
    if (!plain[shape]?.(value)) throw invalidValue(name, resource);
    return;
  }
  if (isList(shape)) {
    if (!Array.isArray(value)) throw invalidValue(name, resource);
    for (const item of value) checkValue(item, shape[0], name, resource);
    return;
  }
  if (!isProperties(value)) throw invalidValue(name, resource);
  checkObject(value, shape, resource);
}

function isList(shape: Exclude<Shape, string>): shape is readonly [Shape] {
  return Array.isArray(shape);
}

export function invalidValue(name: string, resource: string): Error {
  return badRequest(`Invalid value specified for property '${name}' of resource '${resource}'.`, [
    { code: 'InvalidValue', message: `Invalid value specified for property '${name}'.`, target: name },
  ]);
}

/** Raises Graph's 400 if one of the properties has no value. */
export function requireValues(body: Properties, names: readonly string[], kind: Kind): void {
  for (const name of names) {
    if (body[name] === undefined || body[name] === null || body[name] === '') {
      throw badRequest(`A value is required for property '${name}' of resource '${typeName(kind)}'.`);
    }
  }
}
