import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { unpackRecord } from '../../src/adapters/helm/record.ts';

const RECORD = {
  name: 'k10',
  version: 3,
  info: {
    status: 'deployed',
    last_deployed: '2026-12-01T10:00:00.123456789+01:00',
    description: 'Upgrade complete',
  },
  chart: {
    metadata: { name: 'k10', version: '7.5.10' },
    values: {
      auth: {
        oidcAuth: { enabled: false, prompt: 'select_account', scopes: 'openid' },
        tokenAuth: { enabled: false },
      },
    },
  },
  config: { auth: { oidcAuth: { enabled: true, scopes: null }, tokenAuth: null } },
  manifest: '---\n',
};

const twice = (bytes: Buffer) => Buffer.from(bytes.toString('base64')).toString('base64');
const packed = (record: unknown) => twice(gzipSync(JSON.stringify(record)));
const unreadable = expect.objectContaining({
  code: 'helm.unknown',
  message: expect.not.stringContaining('hunter2'),
});

describe("Helm's record of a revision", () => {
  it('tells what is installed, and what K10 gets below auth', async () => {
    await expect(unpackRecord(packed(RECORD))).resolves.toEqual({
      chart: 'k10',
      chartVersion: '7.5.10',
      revision: 3,
      status: 'deployed',
      updatedAt: '2026-12-01T09:00:00.123Z',
      values: RECORD.config,
      auth: { oidcAuth: { enabled: true, prompt: 'select_account' } },
      authKeys: new Map([
        ['oidcAuth', new Set(['enabled', 'prompt', 'scopes'])],
        ['tokenAuth', new Set(['enabled'])],
      ]),
      description: 'Upgrade complete',
      manifest: '---\n',
    });
  });

  it('is read where it was stored before Helm compressed records', async () => {
    const plain = twice(Buffer.from(JSON.stringify(RECORD)));
    await expect(unpackRecord(plain)).resolves.toMatchObject({ revision: 3, values: RECORD.config });
  });

  it('holds no values where Helm wrote none', async () => {
    const { config: _none, ...record } = RECORD;
    await expect(unpackRecord(packed(record))).resolves.toMatchObject({ values: {} });
    await expect(unpackRecord(packed({ ...record, config: null }))).resolves.toMatchObject({ values: {} });
  });

  it.each([
    ['is cut off', packed({ ...RECORD, note: 'hunter2' }).slice(0, 200)],
    ['is no JSON', twice(gzipSync('{"clientSecret": "hunter2-hunter2"'))],
    ['holds values of another form', packed({ ...RECORD, config: ['hunter2'] })],
    ['names no revision', packed({ ...RECORD, version: undefined, config: { a: 'hunter2' } })],
    ['is empty', ''],
  ])('is never taken for one without values where it %s, and is not quoted', async (_how, data) => {
    await expect(unpackRecord(data)).rejects.toEqual(unreadable);
  });
});
