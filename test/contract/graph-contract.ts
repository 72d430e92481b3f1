import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

type Json = Record<string, unknown>;

interface Operation {
  requestBody?: { required?: boolean; content: Record<string, { schema: Json }> };
  responses: Record<string, { content?: Record<string, { schema: Json }>; $ref?: string }>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json> };
}

/** What Graph v1.0 accepts and answers, as its published metadata has it. */
export interface GraphContract {
  /** The contract's name of an operation, e.g. `POST /groups/{group-id}/members/$ref`, or undefined if it has none. */
  operationOf(method: string, url: string): string | undefined;
  /** What is wrong with a request body; empty if nothing is. `url` with or without host and `/v1.0`. */
  checkRequest(method: string, url: string, body: unknown): string[];
  /** What is wrong with an answer; empty if nothing is. */
  checkResponse(method: string, url: string, status: number, body: unknown): string[];
}

/** Where the contract is looked for: the environment variable GRAPH_CONTRACT, or beside the repository. */
export function contractFile(): string {
  return process.env['GRAPH_CONTRACT'] ?? resolve('../shared/contracts/graph-v1.0-subset.json');
}

/** Loads the contract, or gives undefined where the file is not at hand. */
export function loadGraphContract(file = contractFile()): GraphContract | undefined {
  if (!existsSync(file)) return undefined;
  const document = JSON.parse(readFileSync(file, 'utf8')) as Document;
  const compile = createCompiler(document);
  const find = createFinder(document);

  const check = (schema: Json | undefined, label: string, body: unknown): string[] => {
    if (!schema) return body === undefined ? [] : [`${label}: a body where none is expected`];
    const validate = compile(schema);
    if (validate(body)) return [];
    return (validate.errors ?? []).map((error) => `${label}${error.instancePath}: ${error.message ?? ''}`);
  };

  return {
    operationOf: (method, url) => find(method, url)?.name,
    checkRequest(method, url, body) {
      const found = find(method, url);
      if (!found) return [`${method} ${url}: not in the contract`];
      if (!found.operation.requestBody?.required && (body === undefined || body === null)) return [];
      return check(
        found.operation.requestBody?.content['application/json']?.schema,
        `${found.name} request`,
        body,
      );
    },
    checkResponse(method, url, status, body) {
      const found = find(method, url);
      if (!found) return [`${method} ${url}: not in the contract`];
      const label = `${found.name} ${status}`;
      const { responses } = found.operation;
      const answer = responses[status] ?? responses[`${Math.floor(status / 100)}XX`];
      if (!answer) return [`${label}: not a status of the contract`];
      const error = { $ref: '#/components/schemas/microsoft.graph.ODataErrors.ODataError' };
      return check(answer.$ref ? error : answer.content?.['application/json']?.schema, label, body);
    },
  };
}

/** Compiles schemas of the document; the metadata's list of known properties counts as a rule. */
function createCompiler(document: Document): (schema: Json) => ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addFormat('base64url', /^[\w+/=-]*$/);
  ajv.addKeyword({
    keyword: 'x-known-properties',
    type: 'object',
    schemaType: 'array',
    validate: (known: string[], data: Json) =>
      Object.keys(data).every((name) => name.includes('@odata.') || known.includes(name)),
    error: { message: 'has a property that Graph does not know' },
  });
  ajv.addSchema({ $id: 'graph', components: { schemas: opened(document.components.schemas) } });
  const compiled = new Map<string, ValidateFunction>();
  return (schema) => {
    const text = JSON.stringify(schema).replaceAll('"#/', '"graph#/');
    const validate = compiled.get(text) ?? ajv.compile(JSON.parse(text));
    compiled.set(text, validate);
    return validate;
  };
}

/**
 * A base type knows fewer properties than what is derived from it, so its list must not count when it is reached
 * from there: derived types refer to a copy without the list.
 */
function opened(schemas: Record<string, Json>): Record<string, Json> {
  const all: Record<string, Json> = {};
  for (const [name, schema] of Object.entries(schemas)) {
    const base = (schema['allOf'] as Json[] | undefined)?.map((part) =>
      typeof part['$ref'] === 'string' ? { $ref: `${part['$ref']}.open` } : part,
    );
    const { 'x-known-properties': known, ...rest } = base ? { ...schema, allOf: base } : schema;
    all[`${name}.open`] = rest;
    // Lists of members hold any kind of object.
    const abstract = name === 'microsoft.graph.directoryObject' || name === 'microsoft.graph.entity';
    all[name] = abstract || !known ? rest : { ...rest, 'x-known-properties': known };
  }
  return all;
}

interface Found {
  name: string;
  operation: Operation;
}

/** Finds the operation for an address; a path with fewer variables wins. */
function createFinder(document: Document): (method: string, url: string) => Found | undefined {
  const paths = Object.keys(document.paths)
    .map((path) => ({ path, pattern: patternOf(path) }))
    .toSorted((a, b) => a.path.split('{').length - b.path.split('{').length);
  return (method, url) => {
    const path = pathOf(url);
    // The contract names the first form only; the other one addresses the same object.
    const candidates = [
      path,
      path.replace(/^(\/\w+)\(\w+='[^']*'\)\//, '$1/key/'),
      path.replace(/\/microsoft\.graph\.\w+$/, ''),
    ];
    for (const candidate of candidates) {
      for (const { path: name, pattern } of paths) {
        const operation = document.paths[name]?.[method.toLowerCase()];
        if (operation && pattern.test(candidate))
          return { name: `${method.toUpperCase()} ${name}`, operation };
      }
    }
    return undefined;
  };
}

function pathOf(url: string): string {
  const { pathname } = new URL(url, 'https://graph.invalid');
  return decodeURIComponent(pathname).replace(/^\/+v1\.0(?=\/)/, '');
}

function patternOf(path: string): RegExp {
  const parts = path
    .split(/\{[^}]+\}/)
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join("[^/()']+")}$`);
}
