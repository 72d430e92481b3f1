import type { FastifyRequest } from 'fastify';
import type { Properties } from '../directory.ts';
import { type Filter, parseFilter } from './filter.ts';
import { badRequest, GraphProblem, unsupportedQuery } from './problem.ts';

/** The OData options of one request, checked. */
export interface Query {
  readonly select: readonly string[] | undefined;
  readonly filter: Filter | undefined;
  readonly top: number | undefined;
  readonly skip: number;
  readonly orderBy: { property: string; descending: boolean } | undefined;
  readonly expand: readonly string[];
  /** `$count=true` together with `ConsistencyLevel: eventual`. */
  readonly counted: boolean;
}

const known = new Set([
  '$select',
  '$filter',
  '$top',
  '$skiptoken',
  '$orderby',
  '$expand',
  '$count',
  '$search',
  '$format',
]);

/** Reads and checks the OData options. Raises Graph's 400. @see https://learn.microsoft.com/graph/query-parameters */
export function readQuery(request: FastifyRequest, maxTop = 999): Query {
  const given = request.query as Record<string, string | undefined>;
  const unknown = Object.keys(given).find((name) => name.startsWith('$') && !known.has(name));
  if (unknown)
    throw new GraphProblem(400, 'BadRequest', `The query parameter '${unknown}' is not supported.`);
  const eventual = request.headers['consistencylevel'] === 'eventual';
  if (given['$search'] !== undefined) {
    throw unsupportedQuery(
      "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
    );
  }
  const filter = given['$filter'] === undefined ? undefined : parseFilter(given['$filter']);
  const orderBy = readOrder(given['$orderby']);
  const counted = given['$count'] === 'true' && eventual;
  if ((filter?.advanced || (filter && orderBy && maxTop === 999)) && !counted) {
    throw unsupportedQuery(
      'Operator or combination is not supported because it needs ConsistencyLevel: eventual and $count=true.',
    );
  }
  return {
    select: given['$select']?.split(',').map((name) => name.trim()),
    filter,
    top: readTop(given['$top'], maxTop),
    skip: readSkip(given['$skiptoken']),
    orderBy,
    expand: given['$expand']?.split(',').map((name) => name.trim()) ?? [],
    counted,
  };
}

function readTop(text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const top = Number(text);
  if (!Number.isInteger(top) || top < 1 || top > max) {
    throw badRequest(`Invalid page size specified: '${text}'. Must be between 1 and ${max} inclusive.`);
  }
  return top;
}

function readSkip(token: string | undefined): number {
  if (token === undefined) return 0;
  const skip = Number(Buffer.from(token, 'base64url').toString().replace('from:', ''));
  if (!Number.isInteger(skip) || skip < 0) {
    throw new GraphProblem(
      400,
      'Directory_ExpiredPageToken',
      'The specified page token value has expired or is invalid.',
    );
  }
  return skip;
}

function readOrder(text: string | undefined): Query['orderBy'] {
  if (text === undefined) return undefined;
  const [property = '', direction = 'asc'] = text.trim().split(/\s+/);
  return { property, descending: direction.toLowerCase() === 'desc' };
}

/** Filters, sorts and cuts a list into the page asked for, with `@odata.nextLink` if there is more. */
export function page(
  request: FastifyRequest,
  graphUrl: string,
  context: string,
  items: readonly Properties[],
  query: Query,
  show: (item: Properties) => Properties = (item) => item,
  pageSize = 100,
): object {
  const matching = sorted(query.filter ? items.filter(query.filter.matches) : [...items], query.orderBy);
  const end = query.skip + (query.top ?? pageSize);
  return {
    '@odata.context': `${graphUrl}/v1.0/$metadata#${context}`,
    ...(query.counted ? { '@odata.count': matching.length } : {}),
    ...(end < matching.length ? { '@odata.nextLink': nextLink(request, graphUrl, end) } : {}),
    value: matching.slice(query.skip, end).map(show),
  };
}

function sorted(items: Properties[], order: Query['orderBy']): Properties[] {
  if (!order) return items;
  const sign = order.descending ? -1 : 1;
  const key = (item: Properties) => String(item[order.property] ?? '');
  return items.toSorted((a, b) => sign * key(a).localeCompare(key(b)));
}

function nextLink(request: FastifyRequest, graphUrl: string, from: number): string {
  const url = new URL(request.originalUrl, graphUrl);
  url.searchParams.set('$skiptoken', Buffer.from(`from:${from}`).toString('base64url'));
  return url.href;
}
