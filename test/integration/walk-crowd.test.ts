import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CastMember } from '../../sandbox/cast.ts';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import type { SlackPerson } from '../../sandbox/slack/options.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { AuditChain } from '../../src/adapters/redis/audit-chain.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { createGrantStore } from '../../src/adapters/redis/grant-store.ts';
import { createRequestStore } from '../../src/adapters/redis/request-store.ts';
import type { Grant } from '../../src/domain/access/grant.ts';
import type { RequestOf } from '../../src/domain/requests/request.ts';
import { Secret } from '../../src/domain/secret.ts';
import { accessRequest } from '../support/access-views.ts';
import { QUIET, startTestRedis, type TestRedis } from '../support/redis.ts';
import { sampleGrant } from '../support/sample-grant.ts';
import { APPROVER, ASKER, everythingOf, OUTSIDER, Walk } from '../support/walk.ts';

const CROWD = 500;
const CLICKS = 75;
const GROUPS = ['kasten-approvers', 'on-call', 'platform', 'security'].map((handle, index) => ({
  id: `S0GROUP${index}`,
  handle,
  members: [APPROVER.slackId],
}));
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
// As long as it may be typed.
const REASON = `restore shop-db & <!channel> ${'with every namespace '.repeat(48)}`.slice(0, 1_000);

describe('500 people who have access, and 500 who wait for it', () => {
  let redis: TestRedis;
  let walk: Walk;
  beforeAll(async () => {
    redis = await startTestRedis();
    await fill(redis);
    const shared = { KASTELLAN_REDIS_URL: redis.url };
    walk = await Walk.start({
      processes: [shared, shared],
      adjust: {
        slack: (usual) => ({ ...usual, people: [...usual.people, ...crowd()], userGroups: GROUPS }),
        configuration: (usual) => ({
          ...usual,
          approvals: { setup: { approvers: { userGroups: GROUPS.map(({ handle }) => handle) } } },
        }),
      },
    });
  });
  afterAll(async () => {
    await walk?.close();
    await redis?.stop();
  });

  const answers = (member: CastMember, matches: RegExp): Promise<SlackMessage> =>
    walk.until(`${matches} for ${member.name}`, async () =>
      (await walk.sandbox.slack.control.ephemerals(member.slackId)).findLast((one) =>
        matches.test(everythingOf(one)),
      ),
    );
  const fileFor = (member: CastMember, matches: RegExp): Promise<SlackMessage> =>
    walk.until(`a file about ${matches}`, async () =>
      (await walk.sandbox.slack.control.directMessages(member.slackId)).findLast((one) =>
        matches.test(textOf(one)),
      ),
    );
  const filesFor = async (member: CastMember): Promise<readonly SlackMessage[]> =>
    (await walk.sandbox.slack.control.directMessages(member.slackId)).filter((one) =>
      textOf(one).includes('The audit log about'),
    );

  it('are listed from the one that ends first, and all of them come as a file', async () => {
    await walk.user(APPROVER).types('grants all');
    const list = await answers(APPROVER, /500 grants now/);
    const shown = [...everythingOf(list).matchAll(/"block_id":"grants:(a\d{3})"/g)].map(([, id]) => id);
    expect(shown).toEqual(Array.from({ length: 22 }, (_, index) => grantId(index)));
    expect(textOf(list)).toContain('all 500 are in a file that I sent you directly');
    const file = await fileFor(APPROVER, /500 grants/);
    const lines = (await walk.sandbox.slack.control.download(file)).trim().split('\r\n');
    expect(lines).toHaveLength(1 + CROWD);
    expect(lines.at(-1)).toContain(`"${grantId(CROWD - 1)}"`);
  });

  it('wait at the home of whoever decides: those first who wait longest, the others as a number', async () => {
    const { control } = walk.sandbox.slack;
    await control.openHome(APPROVER.slackId);
    const home = await control.untilHome(APPROVER.slackId, 'those who wait', ({ blocks }) =>
      JSON.stringify(blocks).includes('Waits for you'),
    );
    const shown = [...JSON.stringify(home.blocks).matchAll(/"home:decide:(w\d{3})"/g)].map(([, id]) => id);
    expect(shown).toEqual(Array.from({ length: 12 }, (_, index) => waitingId(index)));
    expect(JSON.stringify(home.blocks)).toContain(`${CROWD - 12} more in the approvals channel`);
  });

  it('are counted in the status of their cluster, the newest by name', async () => {
    await walk.user(ASKER).types('status prod-eu');
    const status = await answers(ASKER, /Under way/);
    expect(everythingOf(status)).toContain(
      `Under way: request ${waitingId(CROWD - 1)}, waiting for a decision`,
    );
    expect(everythingOf(status)).toContain(`Under way: ${CROWD - 10} older requests besides`);
  });

  it('are all in the audit of their cluster: the newest as stories, every one in the file', async () => {
    await walk.user(APPROVER).types('audit prod-eu');
    const story = await answers(APPROVER, /The newest 12 requests for access/);
    expect(everythingOf(story)).toContain('Older requests come as a file: type csv behind the command.');
    await walk.user(APPROVER).types('audit prod-eu csv');
    const file = await fileFor(APPROVER, /The audit log about/);
    const entries = await walk.sandbox.slack.control.download(file);
    const created = entries.split('\r\n').filter((line) => line.includes('"request.created"'));
    expect(created).toHaveLength(2 * CROWD);
  });

  it('are named in the file as far as Slack tells in time, all others by their ID, without a call too many', async () => {
    const names = async (): Promise<readonly string[]> => {
      const before = (await filesFor(APPROVER)).length;
      await walk.user(APPROVER).types('audit prod-eu csv');
      const file = await walk.until('one more file', async () => (await filesFor(APPROVER))[before]);
      const lines = (await walk.sandbox.slack.control.download(file)).split('\r\n');
      const created = lines.filter((line) => line.includes('"request.created"'));
      return created.map((line) => line.split(',')[4] ?? '');
    };
    const first = await names();
    const known = first.filter((name) => /^"crowd-\d{3}"$/.test(name));
    expect(known.length).toBeGreaterThan(10);
    expect(first.filter((name) => /^"U0P\d{3}"$/.test(name))).toHaveLength(2 * CROWD - known.length);
    // What one file was told the next one knows, whichever process answers.
    const second = await names();
    expect(second.filter((name) => /^"crowd-\d{3}"$/.test(name)).length).toBeGreaterThanOrEqual(known.length);
    expectAllowed(walk, 'users.info', 100);
  });

  it('do not keep anybody from deciding, in a burst of clicks on what four user groups decide', async () => {
    const { control } = walk.sandbox.slack;
    const card = await walk.until('a card that waits', async () =>
      (await walk.cards()).find((one) => control.actionsOf(one).includes('request.approve')),
    );
    const heard = async (): Promise<readonly SlackMessage[]> =>
      (await control.ephemerals(OUTSIDER.slackId)).filter((said) => /Only|Try again/.test(textOf(said)));
    for (let click = 0; click < CLICKS; click += 1) {
      await control.clickAsSeen(OUTSIDER.slackId, card, 'request.approve');
    }
    const answers = await walk.until('an answer to each click', async () => {
      const said = await heard();
      return said.length === CLICKS ? said : undefined;
    });
    expect(answers.map(textOf).filter((said) => !said.includes('can decide'))).toEqual([]);
    expectAllowed(walk, 'usergroups.users.list', 20);
  });
});

/** Slack refused no call of a method, and in no minute there were more than it allows. */
function expectAllowed(walk: Walk, method: string, perMinute: number): void {
  const { traffic } = walk.sandbox.slack;
  const calls = traffic.callsOf(method);
  const answered = traffic.entries.filter(
    ({ kind, direction, name }) => kind === 'web_api' && direction === 'to_app' && name === method,
  );
  expect(answered).toHaveLength(calls.length);
  const inMinuteFrom = calls.map(({ at }) =>
    calls.filter((call) => call.at >= at && call.at < at + MINUTE_MS),
  );
  expect(Math.max(...inMinuteFrom.map(({ length }) => length))).toBeLessThanOrEqual(perMinute);
}

function crowd(): SlackPerson[] {
  return Array.from({ length: CROWD }, (_, index) => ({
    id: personId(index),
    name: `crowd-${number(index)}`,
    realName: `Person ${index}`,
    email: `crowd-${number(index)}@contoso.example`,
  }));
}

/** Writes them as Kastellan would have, a minute apart. */
async function fill(server: TestRedis): Promise<void> {
  const redis = await connectRedis(new Secret(server.url), 'requests', QUIET);
  const chain = new AuditChain(redis, { now: () => new Date() });
  const [requests, grants] = [createRequestStore(redis, chain), createGrantStore(redis, chain)];
  const now = Date.now();
  const asked = async (request: RequestOf<'access'>): Promise<void> => {
    const { id, cluster, asker } = request;
    await requests.create(request, { action: 'request.created', actor: asker, requestId: id, cluster });
  };
  for (let index = 0; index < CROWD; index += 1) {
    await asked(waiting(index, now));
    const grant = given(index, now);
    await asked(waiting(index, now, { id: grant.id, state: 'done', asker: grant.asker }));
    const { id, cluster } = grant;
    await grants.create(grant, { action: 'grant.granted', actor: 'kastellan', requestId: id, cluster });
  }
  redis.disconnect();
}

function waiting(
  index: number,
  now: number,
  changes: Partial<RequestOf<'access'>> = {},
): RequestOf<'access'> {
  const at = new Date(now - HOUR_MS + index * 1_000).toISOString();
  const person = personId(index);
  return accessRequest('pending', {
    id: waitingId(index),
    asker: person,
    createdAt: at,
    changedAt: at,
    expiresAt: new Date(now + 12 * HOUR_MS).toISOString(),
    spec: { level: 'admin', beneficiary: person, durationMs: HOUR_MS, reason: REASON },
    ...changes,
  });
}

function given(index: number, now: number): Grant {
  const person = personId(index);
  return sampleGrant({
    id: grantId(index),
    beneficiary: person,
    asker: person,
    reason: REASON,
    person: { objectId: `33333333-3333-4333-8333-333333333${number(index)}`, name: `Person ${index}` },
    createdAt: new Date(now - HOUR_MS).toISOString(),
    durationMs: 24 * HOUR_MS,
    endsAt: new Date(now + 12 * HOUR_MS + index * MINUTE_MS).toISOString(),
  });
}

function number(index: number): string {
  return String(index).padStart(3, '0');
}
const personId = (index: number): string => `U0P${number(index)}`;
const waitingId = (index: number): string => `w${number(index)}`;
const grantId = (index: number): string => `a${number(index)}`;
