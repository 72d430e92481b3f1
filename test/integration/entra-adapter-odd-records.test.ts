import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { entraHosts } from '../../src/adapters/entra/clouds.ts';
import { createDirectory } from '../../src/adapters/entra/directory.ts';
import type { Directory } from '../../src/ports/directory.ts';
import { GIVEN_CREDENTIAL, trustedServer } from '../support/entra-adapter.ts';

let server: Server | undefined;
afterEach(() => {
  server?.close().closeAllConnections();
});

/** A directory whose Graph answers every list with these records. */
async function directoryOf(value: readonly object[]): Promise<Directory> {
  server = createServer(await trustedServer, (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ value }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  const hosts = entraHosts('global', { login: url, graph: url });
  return createDirectory({ hosts, credential: GIVEN_CREDENTIAL });
}

const secret = {
  keyId: 'k',
  displayName: 's',
  hint: 'abc',
  startDateTime: '2026-01-01T00:00:00Z',
  endDateTime: '2027-01-01T00:00:00Z',
};
const ours = { id: 'o1', appId: 'c1', uniqueName: 'kastellan-prod-eu', passwordCredentials: [secret] };

describe('One odd record in a list of Graph', () => {
  it.each(['endDateTime', 'startDateTime', 'keyId'])(
    "hides neither our application nor its owner's other secrets where a secret has no %s",
    async (missing) => {
      const theirs = { id: 'o2', appId: 'c2', passwordCredentials: [{ ...secret, [missing]: null }, secret] };
      const found = await (await directoryOf([ours, theirs])).findCredentials(() => true);
      expect(found.map(({ objectId, credentials }) => [objectId, credentials.length])).toEqual([
        ['o1', 1],
        ['o2', 1],
      ]);
    },
  );

  it('hides not our application where a certificate is odd, or another application has no client ID', async () => {
    const certificate = { keyId: null, key: null, customKeyIdentifier: null, startDateTime: null };
    const records = [{ id: 'o2', appId: null }, { ...ours, keyCredentials: [certificate] }, { appId: 'c3' }];
    const found = await (await directoryOf(records)).findCredentials(() => true);
    expect(found).toMatchObject([{ objectId: 'o1', credentials: [{ keyId: 'k' }] }]);
  });

  it('hides no owner, no application without an owner, no member', async () => {
    const records = [{ displayName: null }, { id: 'a', displayName: 'Ada' }];
    const directory = await directoryOf(records);
    expect(await directory.listOwners('o1')).toMatchObject([{ name: 'Ada' }]);
    expect([...(await directory.listUnowned())]).toEqual(['a']);
    expect(await directory.listMembers('g1')).toEqual(['a']);
  });

  it('hides no sign-in', async () => {
    const at = '2026-01-01T00:00:00Z';
    const directory = await directoryOf([{ id: 's1' }, { id: 's2', createdDateTime: at, status: null }]);
    expect(await directory.listSignIns('c1', new Date(0))).toMatchObject([{ id: 's2', at }]);
  });
});
