import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { signIn } from '../../sandbox/tour/k10-visitor.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import {
  APPROVER,
  ASKER,
  DONE,
  everythingOf,
  OUTSIDER,
  REFUSED,
  SECOND,
  STOPPED,
  Walk,
} from '../support/walk.ts';
import { applicationOf, clusterWrites, entraWrites, groupsNamed, secretsOf } from '../support/walk-state.ts';

// A refusal that no new try changes.
const FORBIDDEN = {
  status: 403,
  body: {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason: 'Forbidden',
    code: 403,
    message: 'no',
  },
};
const BUSY = { status: 503, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 503 } };

function clusterOf(walk: Walk, name: string) {
  const cluster = walk.sandbox.clusters.find((candidate) => candidate.name === name);
  if (cluster === undefined) throw new Error(`no cluster ${name}`);
  return cluster;
}

/** Somebody takes a binding of Kastellan away by hand. */
function unbinds({ kubernetes }: ReturnType<typeof clusterOf>, role: 'k10-admin' | 'k10-ns-admin'): void {
  const [kind, namespace] =
    role === 'k10-admin' ? ['clusterrolebindings', ''] : ['rolebindings', 'kasten-io'];
  kubernetes.store.remove(`${kind}.rbac.authorization.k8s.io`, namespace ?? '', `kastellan-admin-${role}`);
  kubernetes.requestLog.clear();
}

/** The card of one cluster in the thread of the card of all, once it matches. */
function inThread(walk: Walk, card: SlackMessage, matches: RegExp): Promise<SlackMessage> {
  return walk.until(`a card in the thread with ${matches}`, async () =>
    (await walk.threadOf(card)).find((message) => matches.test(textOf(message))),
  );
}

describe('four clusters in one request', () => {
  let walk: Walk;
  let card: SlackMessage;
  let comesBack: () => void;
  let allows: () => void;
  beforeAll(async () => {
    walk = await Walk.start({
      clusters: ['prod-eu', 'prod-us', 'lab', 'away'],
      adjust: {
        entra: (usual) => ({
          ...usual,
          groups: [...(usual.groups ?? []), { displayName: 'Everybody', members: [] }],
        }),
      },
    });
    comesBack = clusterOf(walk, 'away').kubernetes.faults.add({ match: {}, drop: true });
  });
  afterAll(() => walk?.close());

  it('are chosen by name, and what is filled in holds for each', async () => {
    const user = walk.user(ASKER);
    const view = await user.opensForm('setup all');
    const shown = JSON.stringify(view.blocks);
    expect(shown).toContain('What you fill in below holds for each of these 4');
    expect(shown).toContain('Kasten Users ({cluster})');
    expect(shown).not.toContain('Address of the K10 dashboard');
    const errors = await user.submits(view, { 'group:admin': 'Kasten Users' });
    expect(errors['group:admin']).toMatch(/Put {cluster} into the name/);
    const [group] = groupsNamed(walk.sandbox, 'Everybody');
    const shared = await user.submits(view, { 'group:admin': String(group?.id) });
    expect(shared['group:admin']).toMatch(/Everybody is the group of admin on .*sharedGroup/);
    await walk.sandbox.slack.control.closeView(ASKER.slackId, view.id);
  });

  it('are planned side by side, and shown on one card, with why one of them cannot be', async () => {
    card = await walk.plan({ addMe: ['admin'] }, ASKER, 'prod-eu prod-us lab away');
    const text = textOf(card);
    expect(text).toMatch(
      /prod-eu, prod-us and lab: Entra create \d+ · Kubernetes create \d+ · Helm change 1\./,
    );
    expect(text).toMatch(/away: left untouched: .*does not answer/);
    expect(text).toContain('One decision counts for 3 clusters');
    expect(text).toMatch(/Restarts all of K10's pods/);
    expect(await walk.cards()).toHaveLength(1);
    const plans = await walk.until('the plans in the thread', async () => {
      const thread = await walk.threadOf(card);
      return thread.length === 3 ? thread : undefined;
    });
    expect(everythingOf(plans[1] ?? card)).toMatch(/prod-us: Plan \w+.*Kasten Users \(prod-us\)/);
  });

  it('are decided on once, by somebody who may, and not by who asked', async () => {
    await walk.approves(card, OUTSIDER);
    await walk.user(OUTSIDER).readsPrivately('a refusal', /Only .* can decide/);
    await walk.approves(card, ASKER);
    await walk.user(ASKER).readsPrivately('a refusal', /You asked for this yourself/);
    expect(entraWrites(walk.sandbox)).toEqual([]);
    allows = clusterOf(walk, 'lab').kubernetes.faults.add({
      match: { method: 'PATCH', path: 'rolebindings' },
      answer: FORBIDDEN,
    });
    await walk.approves(card);
    const after = await walk.approves(card, SECOND);
    await after.readsPrivately('that it is decided', /approved this/);
  });

  it('end each for itself, and the card tells how many, which and why', async () => {
    const ended = await walk.becomes(card, /2 of 4 clusters sign in through Entra now; 1 needs somebody/);
    const text = textOf(ended);
    expect(text).toMatch(/lab: stopped at "[^"]+": /);
    expect(text).toMatch(/away: left untouched: /);
    expect(everythingOf(ended)).toMatch(
      /:white_check_mark: \*prod-eu\*, \*prod-us\*: sign-in through Entra works/,
    );
    await walk.user(ASKER).readsPrivately('how it ended', /2 of 4 clusters sign in.*lab: stopped/);
    for (const name of ['prod-eu', 'prod-us']) {
      expect(await signIn(clusterOf(walk, name).dashboard, ASKER)).toMatchObject({ signedIn: true });
    }
    expect(clusterWrites(clusterOf(walk, 'away'))).toEqual([]);
    expect(textOf(await inThread(walk, card, STOPPED))).toContain('Set-up on lab stopped');
    await inThread(walk, card, DONE);
    expect(await walk.cards()).toHaveLength(1);
  });

  it('lets only the asker, approvers and operators go on', async () => {
    const stranger = await walk.presses(card, 'retry', OUTSIDER);
    await stranger.readsPrivately('why not', /Only <@U0ADA>.*can do this/);
  });

  it('goes on with just the one that stopped, once that is mended', async () => {
    const others = ['prod-eu', 'prod-us'].map((name) => clusterOf(walk, name));
    for (const { kubernetes } of others) kubernetes.requestLog.clear();
    allows();
    await walk.presses(card, 'retry', APPROVER);
    const ended = await walk.becomes(card, /3 of 4 clusters sign in through Entra now\./);
    expect(textOf(ended)).toContain('/kasten setup away');
    expect(others.flatMap(clusterWrites)).toEqual([]);
    for (const name of ['prod-eu', 'prod-us', 'lab']) {
      expect(groupsNamed(walk.sandbox, `Kasten Users (${name})`)).toHaveLength(1);
      expect(secretsOf(applicationOf(walk.sandbox, name))).toHaveLength(1);
    }
  });

  it('has nothing to do the second time but for the one that was away', async () => {
    comesBack();
    card = await walk.plan({ addMe: ['admin'] }, ASKER, 'prod-eu prod-us lab away');
    expect(textOf(card)).toMatch(/prod-eu, prod-us and lab: nothing to do: as asked already\./);
    expect(textOf(card)).toContain('One decision counts for 1 cluster:');
  });

  it('can be withdrawn before it is decided on, and is then asked for anew', async () => {
    await walk.withdraws(card);
    await walk.until('the part to be withdrawn', async () => {
      const errors = await walk.asks({ 'group:admin': '' }, ASKER, 'away');
      return errors['cluster'] === undefined ? errors : undefined;
    });
    expect(clusterWrites(clusterOf(walk, 'away'))).toEqual([]);
    await walk.runs(DONE, { addMe: ['admin'] }, 'away');
  });

  it('stops only the one whose world changed after the approval, and asks for that one anew', async () => {
    for (const name of ['prod-us', 'lab']) unbinds(clusterOf(walk, name), 'k10-admin');
    card = await walk.plan({}, ASKER, 'prod-eu prod-us lab');
    expect(textOf(card)).toMatch(/prod-us and lab: Kubernetes create 1\./);
    unbinds(clusterOf(walk, 'lab'), 'k10-ns-admin');
    await walk.approves(card);
    const stopped = await walk.becomes(card, /2 of 3 clusters sign in through Entra now; 1 needs somebody/);
    expect(textOf(stopped)).toMatch(/lab: changed since the approval, so nothing more was done/);
    const anew = await inThread(walk, card, /on lab.*earlier plan.* no longer counts.*Waits for/);
    expect(clusterWrites(clusterOf(walk, 'lab')).filter((write) => write.includes('rolebindings'))).toEqual(
      [],
    );
    await walk.approves(anew, SECOND);
    await walk.becomes(card, /All 3 clusters sign in through Entra now/);
    expect(textOf(await inThread(walk, card, /on lab now signs in/))).toMatch(DONE);
  });

  it('needs no decision where there is nothing to do at all', async () => {
    const all = await walk.gets(/All 4 clusters sign in/, { addMe: ['admin'] }, ASKER, 'all');
    expect(textOf(all)).not.toMatch(REFUSED);
    await walk.user(APPROVER).types('audit verify');
    await walk.user(APPROVER).readsPrivately('that the audit log is whole', /intact/);
  });
});

describe('a process that is killed while several clusters are being set up', () => {
  let redis: TestRedis;
  let walk: Walk;
  beforeAll(async () => {
    redis = await startTestRedis();
    walk = await Walk.start({
      clusters: ['prod-eu', 'prod-us', 'lab'],
      processes: [{ KASTELLAN_REDIS_URL: redis.url }],
    });
  });
  afterAll(async () => {
    await walk?.close();
    await redis?.stop();
  });

  it('leaves the rest to another one, which makes nothing twice and asks nobody again', async () => {
    const card = await walk.plan({ addMe: ['admin'] }, ASKER, 'all');
    const heals = ['prod-us', 'lab'].map((name) =>
      clusterOf(walk, name).kubernetes.faults.add({
        match: { method: 'PATCH', path: 'rolebindings' },
        answer: BUSY,
      }),
    );
    await walk.approves(card);
    await walk.becomes(card, /prod-eu: sign-in through Entra works/);
    const [first] = await walk.startsAnother();
    first?.kill('SIGKILL');
    await first?.ended;
    for (const heal of heals) heal();
    const done = await walk.becomes(card, /All 3 clusters sign in through Entra now/);
    expect(everythingOf(done)).toMatch(/approved by <@U0BEN>/);
    for (const { name } of walk.sandbox.clusters) {
      expect(groupsNamed(walk.sandbox, `Kasten Users (${name})`)).toHaveLength(1);
      expect(secretsOf(applicationOf(walk.sandbox, name))).toHaveLength(1);
    }
    expect(await walk.cards()).toHaveLength(1);
  });
});

describe('clusters that share a group because they are meant to', () => {
  const TEAM = 'bbbbbbbb-0000-4000-8000-000000000001';
  let walk: Walk;
  beforeAll(async () => {
    walk = await Walk.start({
      clusters: ['prod-eu', 'prod-us'],
      adjust: {
        entra: (usual) => ({
          ...usual,
          groups: [{ id: TEAM, displayName: 'Backup Team', members: [SECOND.email] }],
        }),
        configuration: (usual) => ({
          ...usual,
          accessLevels: [
            {
              name: 'admin',
              description: 'Everything in K10',
              roles: ['admin', 'ns-admin'],
              group: 'Kasten Users',
              sharedGroup: true,
            },
          ],
        }),
      },
    });
  });
  afterAll(() => walk?.close());

  it('say so before anybody approves, and do not stop one another by what the first has done for all', async () => {
    const card = await walk.plan({ 'group:admin': TEAM, addMe: ['admin'] }, ASKER, 'all');
    expect(textOf(card)).toMatch(
      /prod-eu: Backup Team, the group for admin, is also that of admin on prod-us/,
    );
    expect(textOf(card)).toMatch(
      /prod-us: Backup Team, the group for admin, is also that of admin on prod-eu/,
    );
    // What the faster of the two does for both, done before either looks again.
    const [team] = groupsNamed(walk.sandbox, 'Backup Team');
    const { directory } = walk.sandbox.entra;
    team?.members.add(directory.findBy('user', 'mail', ASKER.email)?.id ?? '');
    await walk.approves(card);
    await walk.becomes(card, /All 2 clusters sign in through Entra now/);
    expect(team?.members.size).toBe(2);
  });

  it('name all members of the group to the next cluster that lets it in, and none of them approves that', async () => {
    unbinds(clusterOf(walk, 'prod-us'), 'k10-admin');
    unbinds(clusterOf(walk, 'prod-us'), 'k10-ns-admin');
    const card = await walk.plan({ 'group:admin': TEAM }, ASKER, 'prod-us');
    expect(everythingOf(card)).toContain('there for good from now on: Ada Asker, Cleo Approver');
    await walk.approves(card, SECOND);
    await walk.user(SECOND).readsPrivately('a refusal', /permanent member/);
  });
});
