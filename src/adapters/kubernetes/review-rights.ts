import type { MissingRight, ObjectVerbs, RightsReview } from '../../domain/setup/rights-review.ts';
import type { Connection } from './connection.ts';
import { ask, find } from './errors.ts';
import { whoAmI } from './role-grants.ts';
import { sideBySide } from './side-by-side.ts';

/** A question to the cluster: may I do this? Without a name: to any object of the resource. */
export type RightQuestion = MissingRight;

export interface ReviewOptions {
  /** The release's namespace: rights that are missing on all objects of a kind there are missing on any. */
  readonly namespace: string;
  /** Asked as they are. */
  readonly rights: readonly RightQuestion[];
  /** Asked by the kind of each object, and by its name if the account has the right on some names only. */
  readonly objects: readonly ObjectVerbs[];
}

const AUTHORIZATION = 'authorization.k8s.io';
// Reviews are small: the API server answers hundreds a second, and its flow control lets this many through at once.
const CONCURRENCY = 48;

/**
 * Asks the cluster what this account lacks; changes nothing. First each verb once for each resource and place, and only if
 * that is denied by names, since a rule may be limited to them.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
 */
export async function reviewRights(connection: Connection, options: ReviewOptions): Promise<RightsReview> {
  const [account, lacking, { missing, unknown }] = await Promise.all([
    whoAmI(connection),
    denied(connection, options.rights),
    reviewObjects(connection, options),
  ]);
  return { account, missing: [...lacking, ...missing], unknown };
}

/** One SelfSubjectAccessReview. */
export async function mayI({ authorization }: Connection, question: RightQuestion): Promise<boolean> {
  const { verb, group, name, namespace } = question;
  const [resource = '', subresource] = question.resource.split('/');
  const resourceAttributes = {
    verb,
    group,
    resource,
    ...(subresource !== undefined && { subresource }),
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
  };
  const answer = await ask({ verb: 'create', resource: `selfsubjectaccessreviews.${AUTHORIZATION}` }, () =>
    authorization.createSelfSubjectAccessReview({ body: { spec: { resourceAttributes } } }),
  );
  return answer.status?.allowed === true;
}

async function denied<Question extends RightQuestion>(
  connection: Connection,
  questions: readonly Question[],
): Promise<Question[]> {
  const answers = await sideBySide(questions, CONCURRENCY, (question) => mayI(connection, question));
  return questions.filter((_question, index) => answers[index] !== true);
}

interface Served {
  readonly resource: string;
  readonly namespaced: boolean;
}

interface Kind extends RightQuestion {
  readonly names: readonly string[];
}

async function reviewObjects(
  connection: Connection,
  { objects, namespace }: ReviewOptions,
): Promise<Pick<RightsReview, 'missing' | 'unknown'>> {
  const served = await servedKinds(connection, objects);
  const known = (entry: ObjectVerbs): Served | undefined => served.get(kindOf(entry));
  const unknown = objects.filter((entry) => known(entry) === undefined);
  const questions = objects.flatMap((entry) => {
    const kind = known(entry);
    return kind === undefined ? [] : questionsOf(entry, kind);
  });
  const lacking = await denied(connection, kindsOf(questions));
  const named = lacking.flatMap(({ names, ...kind }) =>
    // Kubernetes does not know the name of what is being created.
    kind.verb === 'create' ? [] : names.map((name) => ({ ...kind, name })),
  );
  const missing = await denied(connection, named);
  return {
    missing: lacking.flatMap((kind) => missingOf(kind, missing, namespace)),
    unknown: unknown.map(({ object: { apiVersion, kind, name } }) => `${apiVersion} ${kind} ${name}`),
  };
}

function missingOf(
  { names, ...kind }: Kind,
  missing: readonly RightQuestion[],
  namespace: string,
): MissingRight[] {
  if (kind.verb === 'create') return [kind];
  const own = missing.filter((right) => placeOf(right) === placeOf(kind));
  return own.length === names.length && kind.namespace === namespace ? [kind] : own;
}

function questionsOf({ object, verbs }: ObjectVerbs, { resource, namespaced }: Served): RightQuestion[] {
  const { apiVersion, namespace, name } = object;
  const group = groupOf(apiVersion);
  const place = namespaced && namespace !== undefined ? { namespace } : {};
  return verbs.map((verb) => ({ verb, group, resource, ...place, name }));
}

function kindsOf(questions: readonly RightQuestion[]): Kind[] {
  return [...Map.groupBy(questions, placeOf).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const { name: _name, ...kind } = first;
    return [{ ...kind, names: [...new Set(same.flatMap(({ name }) => name ?? []))] }];
  });
}

function placeOf({ verb, group, resource, namespace = '' }: RightQuestion): string {
  return [verb, group, resource, namespace].join(' ');
}

async function servedKinds(
  { custom, core }: Connection,
  objects: readonly ObjectVerbs[],
): Promise<Map<string, Served>> {
  const versions = [...new Set(objects.map(({ object }) => object.apiVersion))];
  const lists = await sideBySide(versions, CONCURRENCY, async (apiVersion) => {
    const [group = '', version = ''] = apiVersion.split('/');
    const list = await find({ verb: 'get', resource: `/apis/${apiVersion}` }, () =>
      version === '' ? core.getAPIResources() : custom.getAPIResources({ group, version }),
    );
    return (list?.resources ?? [])
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, kind, namespaced }): [string, Served] => [
        `${apiVersion} ${kind}`,
        { resource: name, namespaced },
      ]);
  });
  return new Map(lists.flat());
}

function kindOf({ object: { apiVersion, kind } }: ObjectVerbs): string {
  return `${apiVersion} ${kind}`;
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}
