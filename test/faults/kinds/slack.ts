import { CHANNELS } from '../../../sandbox/cast.ts';
import { type ApiFault, isLostAnswer } from '../../../sandbox/slack/faults.ts';
import { atWrite, disturbed } from '../disturb.ts';
import type { Try } from '../fault.ts';
import type { Lane } from '../lane.ts';

const MISHAPS: readonly [string, ApiFault, number][] = [
  ['Slack answers 429 with Retry-After', { kind: 'rate-limited', retryAfterSeconds: 2 }, 4],
  ['Slack answers 500', { kind: 'status', status: 500 }, 4],
  ['Slack gives no answer', { kind: 'silence' }, 1],
  ['Slack does it, but the answer is lost', { kind: 'done-but-cut' }, 1],
  ['Slack does it, but the answer breaks off', { kind: 'done-but-broken-off' }, 1],
  ['Slack does it, but a page of a proxy comes in its place', { kind: 'done-but-a-page' }, 1],
];

export function slackFaults(): Try[] {
  return [
    ...MISHAPS.flatMap(([fault, mishap, times]) =>
      ['chat.update', 'chat.postMessage'].map((method) =>
        disturbed({
          fault,
          variant: method,
          // Without the right to read the channel nobody can tell whether a card without an answer is there.
          ...(isLostAnswer(mishap) || mishap.kind === 'silence' ? { mostCards: 2 } : {}),
          before(lane) {
            if (method === 'chat.postMessage')
              lane.sandbox.slack.control.faults.failNext(method, mishap, times);
          },
          pending(lane) {
            lane.sandbox.slack.control.faults.failNext(method, mishap, times);
          },
        }),
      ),
    ),
    disturbed({
      fault: 'the card is deleted by hand',
      variant: 'while it is carried out',
      async running(lane, id) {
        await atWrite(lane, 3);
        await deleteCard(lane, id);
      },
    }),
    disturbed({
      fault: 'the card is deleted by hand',
      variant: 'while it waits for a decision',
      async pending(lane, id) {
        await deleteCard(lane, id);
        await lane.cardWith(id, 'request.approve');
      },
    }),
    ...[1, 8].map((n) =>
      disturbed({
        fault: 'the socket is dropped',
        variant: `at write ${n}`,
        async running(lane) {
          await atWrite(lane, n);
          lane.sandbox.slack.control.dropSockets();
        },
        after: async (lane) => {
          const back = lane.until('a socket', () => lane.sandbox.slack.control.connections > 0 || undefined);
          return back.then(
            () => [],
            () => ['nobody connected again'],
          );
        },
      }),
    ),
  ];
}

async function deleteCard(lane: Lane, id: string): Promise<void> {
  const [card] = await lane.cards(id);
  const { apiUrl, botToken } = lane.sandbox.slack;
  await fetch(`${apiUrl}chat.delete`, {
    method: 'POST',
    headers: { authorization: `Bearer ${botToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ channel: CHANNELS.approvals, ts: card?.ts }),
  });
}
