import { randomInt } from 'node:crypto';
import { asKastellanError } from '../domain/errors.ts';
import { NotARequester } from '../domain/requests/requesters.ts';
import { quoted } from './access/access-parts.ts';
import type { SlackMessage } from './blocks/blocks.ts';
import { escapeMarkup } from './blocks/escape.ts';
import { EventLoopQueue } from './event-loop-queue.ts';
import type { Front } from './front.ts';
import { recordRefusal } from './refusals.ts';
import { type Actor, replyPrivately } from './reply-privately.ts';
import { requesterMessage } from './requests/requester-message.ts';
import { sentence } from './teaching.ts';

// Slack delivers a second time within minutes, and a signed request is taken for five.
const REMEMBER_MS = 3_600_000;
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

// What no card of ours ever sends.
const MISUSES = new Set(['request.unknown', 'reminder.unknown', 'slack.unreadable-button']);

export interface Guard {
  /**
   * Why this person may not do this, or undefined. Only full members of this workspace may change anything.
   * @throws KastellanError when Slack cannot say who they are
   */
  refusal(actor: Actor, changes: boolean): Promise<SlackMessage | undefined>;
  /**
   * Whether Slack delivers this for the first time, to any process.
   * @throws KastellanError `redis.*`
   */
  isFirst(actor: Actor): Promise<boolean>;
  /** Logs what went wrong and gives the words for the person, plain: sentence, hint, reference. */
  explain(what: string, actor: Actor, thrown: unknown): string;
  /**
   * Runs what a listener does after its acknowledgement, in its turn and once: strangers and second deliveries are kept
   * out, failures are told privately.
   */
  run(what: string, actor: Actor, changes: boolean, task: () => Promise<void>): Promise<void>;
}

/** The one wrapper around everything that people do in Slack. */
export function createGuard(front: Front): Guard {
  const turns = new EventLoopQueue();
  const guard: Guard = {
    isFirst: ({ user, trigger }) => front.world.replays.isFirst('trigger', `${user} ${trigger}`, REMEMBER_MS),
    refusal: (actor, changes) => refusalOf(front, actor, changes),
    explain: (what, actor, thrown) => explain(front, what, actor, thrown),
    run(what, actor, changes, task) {
      const { requestId, traceparent } = actor;
      return front.world.telemetry.traced({ name: what, requestId, traceparent }, async () => {
        await turns.next();
        await runOnce(front, guard, { what, actor, changes }, task);
      });
    },
  };
  return guard;
}

async function runOnce(
  front: Front,
  guard: Guard,
  { what, actor, changes }: { what: string; actor: Actor; changes: boolean },
  task: () => Promise<void>,
): Promise<void> {
  try {
    if (!(await isDoneOnce(guard, actor, changes))) {
      await recordRefusal(front.world, actor.user, { what, why: 'delivered-before' });
      return;
    }
    const refusal = await guard.refusal(actor, changes);
    if (refusal === undefined) return await task();
    await recordRefusal(front.world, actor.user, { what, why: 'stranger' });
    await replyPrivately(front, actor, refusal);
  } catch (thrown) {
    if (thrown instanceof NotARequester) return replyPrivately(front, actor, requesterMessage(thrown));
    const { code } = asKastellanError(thrown);
    if (MISUSES.has(code)) await recordRefusal(front.world, actor.user, { what, why: code });
    const said = escapeMarkup(guard.explain(what, actor, thrown));
    await replyPrivately(front, actor, sentence(said, typedWords(actor)));
  }
}

// Questions change nothing: they are answered even if Redis cannot say whether they were asked before.
async function isDoneOnce(guard: Guard, actor: Actor, changes: boolean): Promise<boolean> {
  return changes ? guard.isFirst(actor) : guard.isFirst(actor).catch(() => true);
}

async function refusalOf(front: Front, actor: Actor, changes: boolean): Promise<SlackMessage | undefined> {
  if (actor.team !== front.teamId) {
    front.log.warn(
      { user: actor.user, team: actor.team ?? null },
      'Somebody of another workspace was refused',
    );
    return sentence('Kastellan answers people of its own workspace only.');
  }
  if (!changes) return undefined;
  const person = await front.world.people.find(actor.user);
  if (person?.kind === 'member') return undefined;
  front.log.warn(
    { user: actor.user, kind: person?.kind ?? 'unknown' },
    'Somebody who is no member was refused',
  );
  return sentence('Only full members of this workspace can ask for changes or decide on them.');
}

// The form is closed by now: what was typed into it must not be lost with it.
function typedWords({ typed }: Actor): string {
  return typed === undefined ? '' : `You wrote: ${quoted(typed)}`;
}

function explain({ log }: Front, what: string, actor: Actor, thrown: unknown): string {
  const reference = Array.from({ length: 5 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  const error = asKastellanError(thrown);
  const fields = { reference, what, user: actor.user, code: error.code };
  if (error.code === 'unexpected') log.error(fields, 'Something in Slack went wrong', thrown);
  else log.warn(fields, error.message);
  return [error.message, error.hint, `Reference ${reference}.`]
    .filter((part) => part !== undefined)
    .join(' ');
}
