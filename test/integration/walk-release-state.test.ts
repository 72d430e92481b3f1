import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { unpackRecord } from '../../sandbox/tools/helm-record.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { REFUSED, Walk } from '../support/walk.ts';
import { clusterWrites, entraWrites } from '../support/walk-state.ts';

const RECORD = 'sh.helm.release.v1.k10.v1';

describe('a K10 whose install or uninstall did not come to its end', () => {
  let walk: Walk;
  beforeAll(async () => {
    walk = await Walk.start();
  });
  afterAll(() => walk?.close());

  it.each([
    ['pending-install', /install was killed.*helm uninstall k10 -n kasten-io/],
    ['uninstalling', /uninstall was killed.*helm uninstall k10 -n kasten-io/],
    ['uninstalled', /was uninstalled.*Install K10 again/],
    ['failed', /its install failed \(revision 1, failed\).*helm history k10 -n kasten-io/],
  ])('is refused before anybody approves anything: %s', async (status, says) => {
    becomes(walk, status);
    const said = textOf(await walk.gets(REFUSED));
    expect(said).toMatch(says);
    expect(said).toContain('Nothing was changed.');
    expect(said).not.toMatch(/rollback k10 0/);
  });

  it('was not touched, and can be set up once its install is through', async () => {
    expect(entraWrites(walk.sandbox)).toEqual([]);
    expect(clusterWrites(walk.sandbox)).toEqual([]);
    becomes(walk, 'deployed');
    await walk.withdraws(await walk.plan());
  });
});

/** Rewrites Helm's record of the first revision, as a Helm that was killed or that failed leaves it. */
function becomes({ sandbox }: Walk, status: string): void {
  const { store } = sandbox.kubernetes;
  const secret = store.get('secrets', 'kasten-io', RECORD);
  if (secret === undefined) throw new Error('Helm has no record of K10.');
  const release = JSON.parse(unpackRecord(secret['data']));
  release.info.status = status;
  const packed = gzipSync(JSON.stringify(release)).toString('base64');
  const labels = { ...secret.metadata.labels, status };
  store.put('secrets', {
    ...secret,
    metadata: { ...secret.metadata, labels },
    data: { release: Buffer.from(packed).toString('base64') },
  });
}
