import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CastMember } from '../../sandbox/cast.ts';
import { livedInValues } from '../../sandbox/k10/install.ts';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { APPROVER, ASKER, DONE, everythingOf, Walk } from '../support/walk.ts';

const RBAC = 'rbac.authorization.k8s.io';
const BINDINGS = `clusterrolebindings.${RBAC}`;
const ADMIN = { apiGroup: RBAC, kind: 'ClusterRole', name: 'k10-admin' };

describe('who can administer a K10', () => {
  let walk: Walk;
  beforeAll(async () => {
    const auth = { tokenAuth: { enabled: true }, k10AdminUsers: ['root@contoso.example'] };
    walk = await Walk.start({ k10: { values: { ...livedInValues, auth } } });
    bind('by-hand', [user('max@contoso.example')]);
    bind('for-everybody', [{ apiGroup: RBAC, kind: 'Group', name: 'system:authenticated' }]);
  });
  afterAll(() => walk?.close());

  it('stands in the plan of a set-up as far as that does not make it, with a warning where everybody can', async () => {
    const plan = await walk.plan({ addMe: ['admin'] });
    const said = everythingOf(plan);
    expect(said).toMatch(
      /This K10 stays open: every account that the cluster knows \(group system:authenticated\)/,
    );
    expect(said).toMatch(/2 more ways to administer this K10, which this set-up does not make/);
    expect(said).toContain('user max@contoso.example (ClusterRoleBinding by-hand to k10-admin)');
    expect(said).toContain("user root@contoso.example (auth.k10AdminUsers in K10's values)");
    await walk.approves(plan);
    await walk.becomes(plan, DONE);
  });

  it('is drift in the status where Kastellan did not make it, also inside its own binding', async () => {
    const own = walk.sandbox.kubernetes.store.get(BINDINGS, '', 'kastellan-admin-k10-admin');
    if (own === undefined) throw new Error('no binding of Kastellan');
    const subjects = [...(own['subjects'] as object[]), user('extra@contoso.example')];
    walk.sandbox.kubernetes.store.put(BINDINGS, { ...own, subjects } as typeof own);
    const said = everythingOf(await asks(APPROVER, 'status', /ways to administer it that nobody accepted/));
    expect(said).toContain('Drift: 4 other ways to administer it');
    expect(said).toContain('kubectl delete clusterrolebinding by-hand');
    expect(said).toContain('kubectl edit clusterrolebinding kastellan-admin-k10-admin');
    expect(said).toContain('Take root@contoso.example out of auth.k10AdminUsers');
  });

  it('is told by name and path, and counts what is of K10, Kubernetes and Kastellan', async () => {
    const said = everythingOf(await asks(ASKER, 'who', /can administer Kasten/));
    expect(said).toContain('Ada Asker');
    expect(said).toMatch(/\*Not made by Kastellan\*: 4 not accepted, 0 accepted/);
    expect(said).toMatch(/[1-9] of Kubernetes and its administrators, [1-9]\d* of Kastellan/);
  });

  it('is not accepted by somebody who is no operator', async () => {
    const status = await asks(ASKER, 'status', /ways to administer it that nobody accepted/);
    await accepts(ASKER, status, 'max@contoso.example');
    await walk.user(ASKER).readsPrivately('the refusal', /Only operators can accept/);
  });

  it('is no drift any more once an operator accepted it, until it comes back changed', async () => {
    const status = await asks(APPROVER, 'status', /4 ways to administer it that nobody accepted/);
    await accepts(APPROVER, status, 'max@contoso.example');
    await walk.user(APPROVER).readsPrivately('that it counts', /Accepted: user max@.* is no drift any more/);
    await asks(APPROVER, 'status', /3 ways to administer it that nobody accepted/);
    expect(everythingOf(await asks(APPROVER, 'who', /1 of them accepted/))).toMatch(/Accepted by <@U0BEN>/);

    const { store } = walk.sandbox.kubernetes;
    store.remove(BINDINGS, '', 'by-hand');
    bind('by-hand', [user('max@contoso.example')], { ...ADMIN, name: 'cluster-admin' });
    await asks(APPROVER, 'status', /4 ways to administer it that nobody accepted/);
    await accepts(APPROVER, status, 'max@contoso.example');
    await walk.user(APPROVER).readsPrivately('that it is gone', /is not there any more, or has changed/);
  });

  function bind(name: string, subjects: readonly object[], roleRef: object = ADMIN): void {
    walk.sandbox.kubernetes.create(BINDINGS, { metadata: { name }, roleRef, subjects } as never);
  }

  async function asks(member: CastMember, command: string, matches: RegExp): Promise<SlackMessage> {
    const { control } = walk.sandbox.slack;
    const before = (await control.ephemerals(member.slackId)).length;
    await walk.user(member).types(command);
    return walk.until(`the answer to ${command}`, async () =>
      (await control.ephemerals(member.slackId)).slice(before).find((one) => matches.test(one.text ?? '')),
    );
  }

  // Several buttons of a message do the same; each belongs to the block it stands in.
  async function accepts(member: CastMember, message: SlackMessage, who: string): Promise<void> {
    const blocks = (message.blocks ?? []).filter((block) => JSON.stringify(block).includes(who));
    await walk.sandbox.slack.control.clickAsSeen(
      member.slackId,
      { ...message, blocks } as SlackMessage,
      'admin.accept',
    );
  }
});

function user(name: string): object {
  return { apiGroup: RBAC, kind: 'User', name };
}
