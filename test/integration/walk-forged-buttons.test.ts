import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { AuditChain } from '../../src/adapters/redis/audit-chain.ts';
import { createAuditLog } from '../../src/adapters/redis/audit-log.ts';
import type { RedisClient } from '../../src/adapters/redis/clients.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { Secret } from '../../src/domain/secret.ts';
import { QUIET, startTestRedis, type TestRedis } from '../support/redis.ts';
import { APPROVER, ASKER, everythingOf, SECOND, Walk } from '../support/walk.ts';
import { entraWrites } from '../support/walk-state.ts';

// Ben, the first approver, is also the operator.
const OPERATOR = APPROVER;
const FORGED = /A button for .* was pressed on a message or home tab that Kastellan did not draw/;

describe('buttons that another holder of the bot token makes, with two processes in front of Slack', () => {
  let redis: TestRedis;
  let connection: RedisClient;
  let walk: Walk;
  let card: SlackMessage;
  beforeAll(async () => {
    redis = await startTestRedis();
    connection = await connectRedis(new Secret(redis.url), 'requests', QUIET);
    const shared = { KASTELLAN_REDIS_URL: redis.url };
    walk = await Walk.start({
      processes: [
        { ...shared, KASTELLAN_ROLES: 'slack' },
        { ...shared, KASTELLAN_ROLES: 'slack' },
        { ...shared, KASTELLAN_ROLES: 'worker,scheduler' },
      ],
    });
    card = await walk.plan();
  });
  afterAll(async () => {
    await walk?.close();
    connection?.disconnect();
    await redis?.stop();
  });

  it('do not count in a direct message, though they carry the value of the card', async () => {
    const lure = await posts(SECOND.slackId, 'Pizza for lunch?', buttonsOf(card));
    await walk.user(SECOND).presses(lure, 'request.approve', lure.channel);
    await walk.user(SECOND).readsPrivately('that it did not count', /did not draw .* did not count/);
    await recordedAs('another-message', lure.ts);
  });

  it('tell the operators, once for the request', async () => {
    await walk.user(OPERATOR).readsPrivately('what to do', FORGED);
    const copy = await posts(card.channel, 'Pizza for lunch?', buttonsOf(card));
    await walk.user(SECOND).presses(copy, 'request.approve');
    await recordedAs('another-message', copy.ts);
    const told = await walk.sandbox.slack.control.directMessages(OPERATOR.slackId);
    expect(told.filter((message) => FORGED.test(everythingOf(message)))).toHaveLength(1);
  });

  it('do not count without the seal of the card, or without the digest of its plan', async () => {
    for (const value of [`${requestId()}:${digest()}`, requestId()]) {
      const lure = await posts(card.channel, 'Pizza for lunch?', buttonsOf(card, value));
      await walk.user(SECOND).presses(lure, 'request.approve');
      await recordedAs('wrong-seal', lure.ts);
    }
  });

  it('do not count on the card itself under another text, and the card is drawn anew', async () => {
    const blocks = [sectionOf('Pizza for lunch?'), ...buttonsOf(card)];
    await api('chat.update', { channel: card.channel, ts: card.ts, text: 'Pizza for lunch?', blocks });
    await walk.user(SECOND).presses(card, 'request.approve');
    await recordedAs('another-text', card.ts);
    card = await walk.becomes(card, /Waits for/);
  });

  it('do not count on a home tab that Kastellan did not draw', async () => {
    const value = `${requestId()}:${digest()}`;
    const view = { type: 'home', blocks: [sectionOf('Pizza for lunch?'), ...buttonsOf(card, value)] };
    await walk.sandbox.slack.control.openHome(SECOND.slackId);
    await homeWith('request.approve');
    await api('views.publish', { user_id: SECOND.slackId, view });
    await walk.sandbox.slack.control.clickAtHome(SECOND.slackId, 'request.approve');
    await walk.user(SECOND).readsPrivately('that it did not count', /did not draw .* did not count/);
    await recordedAs('another-home');
    expect(entraWrites(walk.sandbox)).toEqual([]);
    expect(everythingOf(await walk.becomes(card, /Waits for/))).not.toContain('1 of');
  });

  it('leave the home tab that Kastellan draws then, and the card, as they were: both decide', async () => {
    await homeWith('Your access');
    await walk.sandbox.slack.control.clickAtHome(SECOND.slackId, 'request.deny');
    const form = await walk.sandbox.slack.control.untilModal(SECOND.slackId);
    await walk.user(SECOND).submits(form, { reason: 'Not before the freeze ends.' });
    await walk.becomes(card, /was denied/);
    const another = await walk.plan();
    await walk.withdraws(another, ASKER);
  });

  const api = async (method: string, body: object): Promise<Record<string, string>> => {
    const { apiUrl, botToken } = walk.sandbox.slack;
    const answer = await fetch(`${apiUrl}${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${botToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const read = (await answer.json()) as Record<string, string>;
    if (String(read['ok']) !== 'true') throw new Error(`${method}: ${JSON.stringify(read)}`);
    return read;
  };

  const sectionOf = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });

  async function posts(channel: string, text: string, buttons: object[]): Promise<SlackMessage> {
    const posted = await api('chat.postMessage', { channel, text, blocks: [sectionOf(text), ...buttons] });
    return { channel: posted['channel'], ts: posted['ts'], text } as SlackMessage;
  }

  /** The buttons of a card, as they are or with another value on each. */
  function buttonsOf({ blocks = [] }: SlackMessage, value?: string): object[] {
    const actions = (blocks as { type: string; elements?: object[] }[]).filter(
      ({ type }) => type === 'actions',
    );
    if (value === undefined) return actions;
    return actions.map((block) => ({
      ...block,
      elements: block.elements?.map((element) => ({ ...element, value })),
    }));
  }

  function valueParts(): string[] {
    return (
      /"value":"([0-9a-z]+:[0-9a-f]+:[0-9a-f]+)"/.exec(JSON.stringify(card.blocks))?.[1]?.split(':') ?? []
    );
  }
  const requestId = (): string => valueParts()[0] ?? '';
  const digest = (): string => valueParts()[1] ?? '';

  /** Waits for the audit log to say why a click did not count, and for which message. */
  async function recordedAs(why: string, ts?: string): Promise<void> {
    const audit = createAuditLog(connection, new AuditChain(connection, { now: () => new Date() }));
    await walk.until(`${why} in the audit log`, async () => {
      const entries = await audit.latest(200);
      return entries.find(
        ({ action, actor, detail }) =>
          action === 'click.refused' &&
          actor === SECOND.slackId &&
          detail?.['why'] === why &&
          detail['ts'] === ts,
      );
    });
  }

  function homeWith(part: string) {
    return walk.until(`${part} at home`, () => {
      const home = walk.sandbox.slack.control.home(SECOND.slackId);
      return JSON.stringify(home?.blocks ?? []).includes(part) || undefined;
    });
  }
});
