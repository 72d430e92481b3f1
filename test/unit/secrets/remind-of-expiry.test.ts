import { describe, expect, it } from '@jest/globals';
import type { RequestOf } from '../../../src/domain/requests/request.ts';
import { Secret } from '../../../src/domain/secret.ts';
import type { ApplicationCredentials } from '../../../src/domain/secrets/credentials.ts';
import { applicationKey } from '../../../src/domain/setup/naming.ts';
import { remindOfExpiry } from '../../../src/operations/secrets/remind-of-expiry.ts';
import type { ClusterAccess } from '../../../src/ports/cluster.ts';
import type { World } from '../../../src/ports/world.ts';
import { memoryWorld, RULES } from '../../support/memory-world.ts';
import { sampleRequest } from '../../support/sample-request.ts';

const NOW = '2026-12-01T10:00:00.000Z';
const SOON = '2026-12-03T10:00:00.000Z';
const LATER = '2027-06-01T10:00:00.000Z';

function application(clientId: string, ...ends: readonly string[]): ApplicationCredentials {
  return {
    objectId: `object-${clientId}`,
    clientId,
    displayName: clientId,
    uniqueName: null,
    tags: ['watched'],
    credentials: ends.map((endsAt, at) => ({
      keyId: `${clientId}-${at}`,
      kind: 'secret',
      name: null,
      hint: `${at}${at}${at}`,
      startsAt: `2026-06-0${at + 1}T10:00:00.000Z`,
      endsAt,
    })),
  };
}

function house(membersOf: World['people']['membersOf'] = async () => ['U0APPROVER']) {
  const applications: ApplicationCredentials[] = [];
  const memory = memoryWorld({ find: async () => undefined, membersOf, findByEmail: async () => undefined });
  const directory: Partial<World['directory']> = {
    ownCredential: async () => undefined,
    findCredentials: async (wanted) => applications.filter(wanted),
    listOwners: async () => [],
  };
  const world: World = {
    ...memory.world,
    rules: { ...RULES, expiry: { ...RULES.expiry, watch: { clientIds: [], tags: ['watched'] } } },
    clock: { now: () => new Date(NOW) },
    directory: directory as World['directory'],
    credentialEnds: { find: async () => undefined, save: async () => undefined },
  };
  return { ...memory, world, applications };
}

/** The world in which the cluster signs people in with this secret. */
function using(world: World, keyId: string, hint: string): World {
  const cluster: Partial<ClusterAccess['cluster']> = {
    readCredential: async () => ({ clientId: 'kasten', keyId, hasSecret: true }),
    readClientSecret: async () => new Secret(`${hint}-and-more`),
  };
  return { ...world, openCluster: () => ({ cluster, releases: {} }) as ClusterAccess };
}

describe('reminders that secrets end', () => {
  it('are given for each, although approvers cannot be told of the first', async () => {
    const { world, applications, reminders } = house(async () => {
      throw new Error('Slack is away');
    });
    applications.push(application('first', SOON), application('second', SOON));
    await expect(remindOfExpiry(world)).rejects.toThrow('Slack is away');
    expect([...reminders.values()].map(({ application: { name } }) => name)).toEqual(['first', 'second']);
  });

  it('say who has replaced a secret, however many have asked for access since', async () => {
    const { world, applications, reminders, requests } = house();
    const kasten = { ...application('kasten', SOON, LATER), uniqueName: applicationKey('prod-eu') };
    applications.push({ ...kasten, credentials: kasten.credentials.slice(0, 1) });
    await remindOfExpiry(using(world, 'kasten-0', '000'));
    expect([...reminders.values()]).toEqual([expect.objectContaining({ cards: [{ days: 3, version: 1 }] })]);
    const { plan: _plan, ...base } = sampleRequest({ state: 'done', startedAt: NOW, createdAt: NOW });
    const secret = { id: 'secret', sign: '+', system: 'entra', summary: '', differences: [] } as const;
    const rotation: RequestOf<'rotation'> = {
      ...base,
      id: 'rotation',
      kind: 'rotation',
      spec: { setup: base.spec },
      plan: { changes: [secret], notes: [] },
      endedAt: LATER,
    };
    requests.set(rotation.id, rotation);
    for (let at = 0; at < 10; at += 1) {
      const spec = { level: 'admin', beneficiary: 'U1', durationMs: 1, reason: '' };
      requests.set(`access-${at}`, { ...base, id: `access-${at}`, kind: 'access', spec, createdAt: LATER });
    }
    applications.splice(0, 1, kasten);
    await remindOfExpiry(using(world, 'kasten-1', '111'));
    expect([...reminders.values()]).toEqual([
      expect.objectContaining({
        closed: expect.objectContaining({ how: 'replaced', by: { requestId: 'rotation', person: 'U1' } }),
      }),
    ]);
  });
});
