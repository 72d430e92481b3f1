import { type JsonObject, objectAt, stringAt, stringsAt } from './json.ts';
import type { ResourceKind } from './kinds.ts';
import type { Authorizer, Decision } from './rbac.ts';
import { masters } from './rbac.ts';
import { badRequest } from './status-error.ts';
import type { TokenBook, User } from './users.ts';

export interface ReviewContext {
  authorizer: Authorizer;
  tokens: TokenBook;
  user: User;
}

/**
 * Answers a question about rights or tokens; nothing is stored.
 * @throws StatusError 400 for a question without a subject or an object.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/
 */
export function answerReview(kind: ResourceKind, body: JsonObject, context: ReviewContext): JsonObject {
  const spec = objectAt(body, 'spec');
  return {
    apiVersion: `${kind.group}/${kind.version}`,
    kind: kind.kind,
    metadata: {},
    spec,
    status: statusOf(kind, spec, context),
  };
}

function statusOf(kind: ResourceKind, spec: JsonObject, context: ReviewContext): JsonObject {
  const { authorizer, tokens, user } = context;
  switch (kind.kind) {
    case 'SelfSubjectAccessReview':
      return { ...decide(authorizer, user, spec) };
    case 'SubjectAccessReview':
    case 'LocalSubjectAccessReview':
      return { ...decide(authorizer, subjectOf(spec), spec) };
    case 'SelfSubjectRulesReview':
      return rulesStatus(authorizer, user, stringAt(spec, 'namespace'));
    case 'SelfSubjectReview':
      return { userInfo: userInfo(user) };
    default: {
      const found = tokens.userOf(stringAt(spec, 'token'));
      return found ? { authenticated: true, user: userInfo(found) } : { authenticated: false };
    }
  }
}

function userInfo(user: User): JsonObject {
  return { username: user.name, groups: user.groups, ...(user.uid ? { uid: user.uid } : {}) };
}

/** A review takes the groups as they are given: nothing is added to them. */
function subjectOf(spec: JsonObject): User {
  const user = { name: stringAt(spec, 'user'), groups: stringsAt(spec, 'groups') };
  if (!user.name && user.groups.length === 0) {
    throw badRequest('spec.user: Invalid value: "": at least one of user or group must be specified');
  }
  return user;
}

function decide(authorizer: Authorizer, user: User, spec: JsonObject): Decision {
  const path = objectAt(spec, 'nonResourceAttributes');
  if (Object.keys(path).length > 0) {
    return authorizer.path(user, { verb: stringAt(path, 'verb'), path: stringAt(path, 'path') });
  }
  const wanted = objectAt(spec, 'resourceAttributes');
  if (Object.keys(wanted).length === 0) {
    throw badRequest('exactly one of nonResourceAttributes or resourceAttributes must be specified');
  }
  const subresource = stringAt(wanted, 'subresource');
  return authorizer.resource(user, {
    verb: stringAt(wanted, 'verb'),
    group: stringAt(wanted, 'group'),
    resource: stringAt(wanted, 'resource'),
    ...(subresource ? { subresource } : {}),
    namespace: stringAt(wanted, 'namespace'),
    name: stringAt(wanted, 'name'),
  });
}

function rulesStatus(authorizer: Authorizer, user: User, namespace: string): JsonObject {
  if (!namespace) throw badRequest('no namespace on request');
  const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: [] };
  const anywhere = { verbs: ['*'], nonResourceURLs: ['*'] };
  const rules = authorizer.rulesFor(user, namespace);
  const isMaster = user.groups.includes(masters);
  return {
    resourceRules: [
      ...(isMaster ? [everything] : []),
      ...rules
        .filter((rule) => rule.resources.length > 0)
        .map(({ nonResourceURLs: _paths, ...rule }) => rule),
    ],
    nonResourceRules: [
      ...(isMaster ? [anywhere] : []),
      ...rules
        .filter((rule) => rule.nonResourceURLs.length > 0)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    ],
    incomplete: false,
  };
}
