import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { type FederatedCredential, listOf, type Properties } from '../directory.ts';
import type { World } from '../world.ts';
import { audit } from './audit.ts';
import { requireAny, requireRight } from './caller.ts';
import { checkBody, invalidValue } from './check-body.ts';
import { find } from './lookup.ts';
import { changeApplication, readApplications } from './permissions.ts';
import { badRequest, GraphProblem, notFound } from './problem.ts';
import { page, readQuery } from './query.ts';
import { federatedCredentialShape } from './shapes.ts';

interface CredentialPath {
  Params: { application: string; credential: string };
}

const resource = 'FederatedIdentityCredential';
const maxPerApplication = 20;

/** Federated identity credentials. @see https://learn.microsoft.com/graph/api/resources/federatedidentitycredential */
export function federatedCredentialRoutes(app: FastifyInstance, world: World): void {
  const path = '/applications/:application/federatedIdentityCredentials';
  const of = (id: string): FederatedCredential[] => {
    const list = world.directory.federatedCredentials.get(id) ?? [];
    world.directory.federatedCredentials.set(id, list);
    return list;
  };
  const one = (id: string, key: string): FederatedCredential => {
    const found = of(id).find((credential) => credential.id === key || credential.name === key);
    if (!found) throw notFound(key);
    return found;
  };

  app.get<CredentialPath>(path, (request) => {
    requireAny(request.caller, readApplications);
    const entry = find(world, 'application', request.params.application);
    const items = of(entry.id).map((credential): Properties => ({ ...credential }));
    return page(request, world.url, 'federatedIdentityCredentials', items, readQuery(request));
  });

  app.post<CredentialPath>(path, (request, reply) => {
    const entry = find(world, 'application', request.params.application);
    requireRight(request.caller, changeApplication, entry);
    const credential = readCredential(checkBody(request.body, federatedCredentialShape, resource));
    requireFree(of(entry.id), credential);
    of(entry.id).push(credential);
    audit(world, request.caller, 'Add federated identity credential', entry);
    return reply.code(201).send(credential);
  });

  app.get<CredentialPath>(`${path}/:credential`, (request) => {
    requireAny(request.caller, readApplications);
    const entry = find(world, 'application', request.params.application);
    return one(entry.id, request.params.credential);
  });

  app.patch<CredentialPath>(`${path}/:credential`, (request, reply) => {
    const entry = find(world, 'application', request.params.application);
    requireRight(request.caller, changeApplication, entry);
    const body = checkBody(request.body, federatedCredentialShape, resource);
    const credential = one(entry.id, request.params.credential);
    if (body['name'] !== undefined && body['name'] !== credential.name) throw invalidValue('name', resource);
    Object.assign(credential, body);
    audit(world, request.caller, 'Update federated identity credential', entry);
    return reply.code(204).send();
  });

  app.delete<CredentialPath>(`${path}/:credential`, (request, reply) => {
    const entry = find(world, 'application', request.params.application);
    requireRight(request.caller, changeApplication, entry);
    const list = of(entry.id);
    list.splice(list.indexOf(one(entry.id, request.params.credential)), 1);
    audit(world, request.caller, 'Remove federated identity credential', entry);
    return reply.code(204).send();
  });
}

function readCredential(body: Properties): FederatedCredential {
  const text = (name: string, max: number): string => {
    const value = body[name];
    if (typeof value !== 'string' || value === '' || value.length > max) throw invalidValue(name, resource);
    return value;
  };
  const name = text('name', 120);
  if (!/^[\w-]+$/.test(name)) throw invalidValue('name', resource);
  const audiences = listOf(body, 'audiences').map(String);
  if (audiences.length !== 1) throw invalidValue('audiences', resource);
  return {
    id: randomUUID(),
    name,
    issuer: text('issuer', 600),
    subject: text('subject', 600),
    audiences,
    description: typeof body['description'] === 'string' ? body['description'] : null,
  };
}

function requireFree(list: readonly FederatedCredential[], added: FederatedCredential): void {
  if (list.length >= maxPerApplication)
    throw badRequest('The application has the maximum of 20 federated identity credentials.');
  if (list.some((one) => one.name === added.name)) {
    throw new GraphProblem(
      409,
      'Request_MultipleObjectsWithSameKeyValue',
      `A federated identity credential named ${added.name} already exists.`,
    );
  }
  if (list.some((one) => one.issuer === added.issuer && one.subject === added.subject)) {
    throw badRequest('The combination of issuer and subject must be unique on the application.');
  }
}
