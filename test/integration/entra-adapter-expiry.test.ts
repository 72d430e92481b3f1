import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { SeedApplication } from '../../sandbox/entra/seed.ts';
import { createCredential } from '../../src/adapters/entra/credential.ts';
import { createDirectory } from '../../src/adapters/entra/directory.ts';
import {
  BOT_CLIENT_ID,
  CANARY,
  type EntraBench,
  openBench,
  person,
  trustedServer,
} from '../support/entra-adapter.ts';

let bench: EntraBench;
afterEach(() => bench.close());

const application = (name: string, more: Partial<SeedApplication> = {}): SeedApplication => ({
  clientId: randomUUID(),
  displayName: name,
  servicePrincipal: false,
  ...more,
});

const calls = (): string[] =>
  bench.entra.requestLog
    .filter(({ url }) => url.startsWith('/v1.0/applications'))
    .map(({ url }) => decodeURIComponent(url));

describe('the credentials of applications', () => {
  it('are read with hints and thumbprints, and never with what they prove', async () => {
    const { cert } = await trustedServer;
    const secret = 'do~not.show_this-value';
    bench = await openBench({
      applications: [
        application('shop', {
          secrets: [
            {
              text: secret,
              displayName: 'deploy',
              startDateTime: '2026-01-01T00:00:00Z',
              endDateTime: '2026-12-07T09:00:00Z',
            },
          ],
          certificates: [cert],
          properties: { tags: ['team:shop'], uniqueName: 'kastellan-shop' },
        }),
      ],
    });
    const [shop, ...others] = await bench.directory.findCredentials(({ tags }) => tags.includes('team:shop'));
    expect(others).toEqual([]);
    expect(shop).toMatchObject({ displayName: 'shop', uniqueName: 'kastellan-shop' });
    expect(shop?.credentials).toMatchObject([
      {
        kind: 'secret',
        hint: 'do~',
        name: 'deploy',
        startsAt: '2026-01-01T00:00:00Z',
        endsAt: '2026-12-07T09:00:00Z',
      },
      { kind: 'certificate', hint: expect.stringMatching(/^[0-9A-F]{40}$/) },
    ]);
    expect(JSON.stringify(shop)).not.toContain(secret);
  });

  it('take one call for each page, of the largest size that Graph gives', async () => {
    const many = Array.from({ length: 2_500 }, (_, index) => application(`app ${index}`));
    bench = await openBench({ applications: many });
    const found = await bench.directory.findCredentials(() => true);
    expect(found).toHaveLength(2_501);
    expect(calls()).toHaveLength(3);
    expect(calls()[0]).toContain('$top=999');
  });

  it('can be read with nothing but the right to keep its own applications', async () => {
    bench = await openBench({ applications: [application('theirs')] });
    expect(await bench.directory.findCredentials(({ displayName }) => displayName === 'theirs')).toHaveLength(
      1,
    );
  });
});

describe('who answers for an application', () => {
  it('is told with name and address', async () => {
    bench = await openBench({
      people: [person('Olga', { mail: 'olga@mail.example.com' })],
      applications: [application('shop', { owners: ['olga@example.com'] })],
    });
    const [shop] = await bench.directory.findCredentials(({ displayName }) => displayName === 'shop');
    expect(await bench.directory.listOwners(shop?.objectId ?? '')).toEqual([
      { name: 'Olga', email: 'olga@mail.example.com' },
    ]);
  });

  it('may be nobody, which takes one call to learn of all applications', async () => {
    bench = await openBench({
      people: [person('Olga')],
      applications: [application('owned', { owners: ['olga@example.com'] }), application('forgotten')],
    });
    const unowned = await bench.directory.listUnowned();
    const all = await bench.directory.findCredentials(({ clientId }) => clientId !== BOT_CLIENT_ID);
    expect(all.filter(({ objectId }) => unowned.has(objectId)).map(({ displayName }) => displayName)).toEqual(
      ['forgotten'],
    );
    expect(calls().filter((url) => url.includes('owners/$count'))).toHaveLength(1);
  });
});

describe("Kastellan's own credential", () => {
  it('is found again in Entra by the first characters of its secret', async () => {
    bench = await openBench();
    expect(await bench.directory.ownCredential()).toEqual({
      clientId: BOT_CLIENT_ID,
      kind: 'secret',
      hint: CANARY.slice(0, 3),
    });
  });

  it('is found again in Entra by the thumbprint of its certificate', async () => {
    const { key, cert } = await trustedServer;
    bench = await openBench({ applications: [application('twin', { certificates: [cert] })] });
    const folder = await mkdtemp(join(tmpdir(), 'kastellan-own-certificate-'));
    const certificatePath = join(folder, 'own.pem');
    await writeFile(certificatePath, `${cert}\n${key}`);
    const credential = createCredential({ ...bench.credential, clientSecret: undefined, certificatePath });
    const own = await createDirectory({ hosts: bench.hosts, credential }).ownCredential();
    await rm(folder, { recursive: true });
    const [twin] = await bench.directory.findCredentials(({ displayName }) => displayName === 'twin');
    expect(own).toEqual({ clientId: BOT_CLIENT_ID, kind: 'certificate', hint: twin?.credentials[0]?.hint });
  });

  it('never ends where it is an identity of the cluster', async () => {
    bench = await openBench();
    const federatedTokenFile = '/var/run/secrets/token';
    const credential = createCredential({ ...bench.credential, clientSecret: undefined, federatedTokenFile });
    expect(await createDirectory({ hosts: bench.hosts, credential }).ownCredential()).toBeUndefined();
  });
});
