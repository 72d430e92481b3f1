import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../sandbox/kubernetes/objects.ts';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { unpackRecord } from '../../sandbox/tools/helm-record.ts';
import { ASKER, DONE, everythingOf, Walk } from '../support/walk.ts';
import { acceptSecrets, NEVER_ACCEPTED_MS } from '../support/walk-secrets.ts';
import { applicationOf, groupsNamed, secretsOf } from '../support/walk-state.ts';

describe('a bad day, of which people notice little', () => {
  let walk: Walk;
  let card: SlackMessage;
  let unlock: () => void;
  beforeAll(async () => {
    walk = await Walk.start({
      secretAcceptedAfterMs: NEVER_ACCEPTED_MS,
      knobs: { replicationLagMs: 700 },
    });
  });
  afterAll(() => walk?.close());

  it('waits, and says for what, while Entra is late and somebody else uses Helm', async () => {
    card = await walk.plan({ addMe: ['admin'] });
    const { knobs } = walk.sandbox.entra;
    knobs.throttle = { every: 5, retryAfterSeconds: 0.4 };
    knobs.conflictNext = 1;
    await walk.approves(card);
    const waiting = await walk.becomes(card, /Entra does not accept it yet \(AADSTS7000215\)/);
    expect(everythingOf(waiting)).toMatch(/Group Kasten Users/);
    // Between the plan and Helm's turn somebody else began an upgrade.
    unlock = lockRelease(walk);
    acceptSecrets(walk.sandbox);
    await walk.becomes(card, /Somebody else's Helm operation is under way on k10 \(revision 2/);
  });

  it('goes on when the other one has finished, and has made everything once', async () => {
    unlock();
    await walk.becomes(card, DONE);
    const { requestLog } = walk.sandbox.entra;
    expect(requestLog.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
    expect(requestLog.filter(({ status }) => status === 409)).toHaveLength(1);
    expect(groupsNamed(walk.sandbox, 'Kasten Users')).toHaveLength(1);
    expect(walk.sandbox.entra.directory.all('application')).toHaveLength(2);
    expect(secretsOf(applicationOf(walk.sandbox))).toHaveLength(1);
    await walk.user(ASKER).readsPrivately('the end', /signs in through Entra now/);
  });

  it('has kept what happened meanwhile in the thread', async () => {
    await walk.until('the last words of the thread', async () => {
      const thread = (await walk.threadOf(card)).map(everythingOf).join('\n');
      return /Client secret.*accepted by Entra after \d+ s.*Proof/s.test(thread) ? thread : undefined;
    });
  });
});

/** Leaves the release as Helm leaves it while somebody's upgrade runs; call what comes back when they have finished. */
function lockRelease({ sandbox }: Walk): () => void {
  const { store } = sandbox.kubernetes;
  const first = store.get('secrets', 'kasten-io', 'sh.helm.release.v1.k10.v1') as KubeObject;
  const pack = (release: unknown) =>
    Buffer.from(gzipSync(JSON.stringify(release)).toString('base64')).toString('base64');
  const release = JSON.parse(unpackRecord(first['data']));
  const name = 'sh.helm.release.v1.k10.v2';
  store.put('secrets', {
    ...first,
    metadata: {
      ...first.metadata,
      name,
      uid: 'somebody-elses-upgrade',
      labels: { ...first.metadata.labels, version: '2', status: 'pending-upgrade' },
    },
    data: {
      release: pack({ ...release, version: 2, info: { ...release.info, status: 'pending-upgrade' } }),
    },
  });
  return () => void store.remove('secrets', 'kasten-io', name);
}
