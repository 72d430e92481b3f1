import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { CAST, CHANNELS } from '../../../sandbox/cast.ts';
import { type KastellanProcess, startKastellan } from '../../../sandbox/kastellan.ts';
import { freePort } from '../../support/free-port.ts';
import type { Try } from '../fault.ts';
import { brokenAfterSetUp, brokenIfTouched } from '../invariants.ts';
import type { Lane } from '../lane.ts';
import { releaseOf } from '../seen.ts';

const CLICKS = 200;

export function abuses(): Try[] {
  return [
    { fault: 'two hundred clicks at once', variant: 'five people, two processes', run: manyClicks },
    { fault: 'forged, old, future and replayed requests', variant: 'signed HTTP', run: forgeries },
    { fault: 'buttons of other and finished requests', variant: 'signed HTTP', run: wrongButtons },
    { fault: 'the same event is delivered three times', variant: 'signed HTTP', run: threeDeliveries },
  ];
}

async function manyClicks(lane: Lane) {
  const { revision } = releaseOf(lane.sandbox);
  const id = await lane.ask();
  const before = (await lane.audit.latest(1))[0]?.sequence ?? 0;
  const card = await lane.cardWith(id, 'request.approve');
  const people = Object.values(CAST);
  const { control } = lane.sandbox.slack;
  const clicks = Array.from({ length: CLICKS }, (_, index) => {
    const who = people[index % people.length]?.slackId ?? '';
    return control.click(who, CHANNELS.approvals, card.ts, 'request.approve');
  });
  const seen = await Promise.all(clicks);
  await lane.untilState(id, ['done'], 'pending');
  const refusals = await lane.until('all refusals in the audit log', async () => {
    const entries = await entriesSince(lane, before);
    const refused = entries.filter(({ action }) => action === 'click.refused').length;
    return refused >= CLICKS - 1 ? refused : undefined;
  });
  const entries = await entriesSince(lane, before);
  const count = (action: string) => entries.filter((entry) => entry.action === action).length;
  const unheard = seen.filter(({ outcome }) => outcome !== 'acknowledged').length;
  return {
    broken: [
      ...(count('request.approved') === 1 ? [] : [`${count('request.approved')} approvals counted`]),
      ...(count('request.started') === 1 ? [] : [`begun ${count('request.started')} times`]),
      ...(refusals === CLICKS - 1 ? [] : [`${refusals} refusals in the audit log`]),
      ...(unheard === 0 ? [] : [`${unheard} clicks were not acknowledged within 3 s`]),
      ...(await brokenAfterSetUp(lane, id, revision)),
    ],
  };
}

async function forgeries(lane: Lane) {
  return withFront(lane, async (door) => {
    const { revision } = releaseOf(lane.sandbox);
    const id = await lane.ask();
    const body = door.clickBody(await clickPayload(lane, id, 'request.approve'));
    const now = Math.floor(Date.now() / 1_000);
    const statuses = [
      await door.post(body, now, 'not the secret'),
      await door.post(body, now - 600),
      await door.post(body, now + 600),
      await door.post(`${body}&more=1`, now, undefined, body),
    ];
    // A click of somebody who may not decide, sent again as it was.
    const theirs = door.clickBody(await clickPayload(lane, id, 'request.approve', CAST.outsider.slackId));
    statuses.push((await door.post(theirs, now - 5)) === 200 ? await door.post(theirs, now - 5) : 0);
    await audited(lane, 'slack.refused', 5);
    const request = await lane.requests.find(id);
    await withdraw(lane, id);
    return {
      broken: [
        ...(statuses.every((status) => status === 401) ? [] : [`answered with ${statuses.join()}`]),
        ...(request?.state === 'pending' && request.decisions.length === 0 ? [] : ['a decision was counted']),
        ...brokenIfTouched(lane, revision),
      ],
    };
  });
}

async function wrongButtons(lane: Lane) {
  return withFront(lane, async (door) => {
    const { revision } = releaseOf(lane.sandbox);
    const finished = await lane.ask();
    const old = await clickPayload(lane, finished, 'request.approve');
    await withdraw(lane, finished);
    const id = await lane.ask();
    const before = (await lane.audit.latest(1))[0]?.sequence ?? 0;
    const values = [`${finished}:`, 'zzzzzzzz:', `${id}:0123456789ab`, '../../x', 'x'.repeat(2_000), ''];
    for (const value of values) {
      for (const action of ['request.approve', 'request.withdraw', 'request.retry', 'request.roll-back']) {
        const payload = { ...old, trigger_id: `${value.slice(0, 20)}-${action}` };
        await door.post(
          door.clickBody(payload, { action_id: action, value }),
          Math.floor(Date.now() / 1_000),
        );
      }
    }
    const wanted = values.length * 4;
    const recorded = await lane.until('every misuse in the audit log', async () => {
      const refused = (await entriesSince(lane, before)).filter(({ action }) => action.endsWith('.refused'));
      return refused.length >= wanted ? refused.length : undefined;
    });
    const states = await Promise.all([finished, id].map((one) => lane.requests.find(one)));
    await withdraw(lane, id);
    return {
      broken: [
        ...(recorded === wanted ? [] : [`${recorded} refusals instead of ${wanted}`]),
        ...(states.map((request) => request?.state).join() === 'withdrawn,pending'
          ? []
          : ['a state changed']),
        ...brokenIfTouched(lane, revision),
      ],
    };
  });
}

async function threeDeliveries(lane: Lane) {
  return withFront(lane, async (door) => {
    const { revision } = releaseOf(lane.sandbox);
    const id = await lane.ask();
    const before = (await lane.audit.latest(1))[0]?.sequence ?? 0;
    const body = door.clickBody(await clickPayload(lane, id, 'request.approve', CAST.approver.slackId));
    const now = Math.floor(Date.now() / 1_000);
    const statuses = await Promise.all([0, 1, 2].map((second) => door.post(body, now - second)));
    await lane.untilState(id, ['done'], 'pending');
    const entries = await entriesSince(lane, before);
    const count = (action: string) => entries.filter((entry) => entry.action === action).length;
    return {
      broken: [
        ...(statuses.every((status) => status === 200) ? [] : [`answered with ${statuses.join()}`]),
        ...(count('request.approved') === 1 ? [] : ['counted more than once']),
        ...(count('slack.refused') === 2 ? [] : ['the repetitions are not in the audit log']),
        ...(await brokenAfterSetUp(lane, id, revision)),
      ],
    };
  });
}

async function withdraw(lane: Lane, id: string): Promise<void> {
  await lane.press(id, 'request.withdraw', 'asker');
  await lane.untilState(id, ['withdrawn'], 'pending');
}

async function entriesSince(lane: Lane, sequence: number) {
  return (await lane.audit.latest(2_000)).filter((entry) => entry.sequence > sequence);
}

async function audited(lane: Lane, action: string, times: number): Promise<void> {
  await lane.until(`${times} times ${action} in the audit log`, async () => {
    const entries = await lane.audit.latest(100);
    return entries.filter((entry) => entry.action === action).length >= times || undefined;
  });
}

interface Payload {
  readonly trigger_id: string;
  readonly actions: readonly Record<string, unknown>[];
}

/** What Slack sends for a click on a button of the request's card. */
async function clickPayload(
  lane: Lane,
  id: string,
  action: string,
  user: string = CAST.approver.slackId,
): Promise<Payload> {
  const card = await lane.cardWith(id, action);
  const elements = (card.blocks ?? []).flatMap(
    (block) => (block['elements'] ?? []) as Record<string, unknown>[],
  );
  const pressed = elements.find((element) => element['action_id'] === action) ?? {};
  return {
    type: 'block_actions',
    trigger_id: `t-${id}-${user}`,
    team: { id: 'T0SANDBOX' },
    user: { id: user, team_id: 'T0SANDBOX' },
    api_app_id: 'A0KASTELLAN',
    container: { type: 'message', message_ts: card.ts, channel_id: CHANNELS.approvals },
    channel: { id: CHANNELS.approvals },
    message: card,
    actions: [{ ...pressed, type: 'button', block_id: 'card', action_ts: card.ts }],
  } as Payload;
}

interface Door {
  clickBody(payload: Payload, changed?: Record<string, unknown>): string;
  /** Posts a body with a signature of this time (seconds); gives the status. */
  post(body: string, at: number, secret?: string, signed?: string): Promise<number>;
}

/** A third Kastellan that takes signed requests instead of a socket. */
async function withFront<T>(lane: Lane, task: (door: Door) => Promise<T>): Promise<T> {
  const port = await freePort();
  const { SLACK_APP_TOKEN: _socket, ...environment } = lane.sandbox.environment;
  const { signingSecret } = lane.sandbox.slack;
  const front: KastellanProcess = await startKastellan(
    {
      ...environment,
      KASTELLAN_ROLES: 'slack',
      KASTELLAN_REDIS_URL: lane.redisServer.url,
      KASTELLAN_HTTP_PORT: String(port),
      SLACK_SIGNING_SECRET: signingSecret,
    },
    join(lane.home, 'kastellan-http.log'),
  );
  const door: Door = {
    clickBody: (payload, changed = {}) => {
      const actions = payload.actions.map((action) => ({ ...action, ...changed }));
      return new URLSearchParams({ payload: JSON.stringify({ ...payload, actions }) }).toString();
    },
    async post(body, at, secret = signingSecret, signed = body) {
      const digest = createHmac('sha256', secret).update(`v0:${at}:${signed}`).digest('hex');
      const answer = await fetch(`http://127.0.0.1:${port}/slack/events`, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'x-slack-request-timestamp': String(at),
          'x-slack-signature': `v0=${digest}`,
        },
        body,
      });
      return answer.status;
    },
  };
  try {
    return await task(door);
  } finally {
    await front.stop();
  }
}
