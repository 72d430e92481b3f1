import { randomInt } from 'node:crypto';
import { asKastellanError } from '../domain/errors.ts';
import { NotARequester } from '../domain/requests/requesters.ts';
import type { Limited } from '../ports/limits.ts';
import { quoted } from './access/access-parts.ts';
import type { SlackMessage } from './blocks/blocks.ts';
import { escapeMarkup } from './blocks/escape.ts';
import { EventLoopQueue } from './event-loop-queue.ts';
import type { Front } from './front.ts';
import { limitWords, overLimit } from './limits.ts';
import { recordRefusal } from './refusals.ts';
import { type Actor, replyPrivately } from './reply-privately.ts';
import { requesterMessage } from './requests/requester-message.ts';
import { sentence } from './teaching.ts';

// Slack delivers a second time within minutes, and a signed request is taken for five.
const REMEMBER_MS = 3_600_000;
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

// What no card of ours ever sends.
const MISUSES = new Set(['request.unknown', 'reminder.unknown', 'slack.unreadable-button']);

/** Why something that a person did is not carried out. */
export type Refusal =
  | { readonly why: 'delivered-before' }
  | { readonly why: 'stranger'; readonly message: SlackMessage }
  | {
      readonly why: 'too-much';
      /** Plain text. */
      readonly said: string;
      /** Whether the person was told so lately. */
      readonly isRepeated: boolean;
    };

export interface Guard {
  /**
   * The one door that everything passes that people do: it is done once, within the limits, and only full members of this
   * workspace may change anything. What is refused is written to the audit log.
   * @param what the command, or the id of the button or form
   * @throws KastellanError `redis.*` for what changes something; when Slack cannot say who they are
   */
  admit(what: string, actor: Actor, changes: boolean): Promise<Refusal | undefined>;
  /** Tells a person privately that something is not carried out; who was told lately, and who sent it once, is not. */
  turnAway(actor: Actor, refusal: Refusal): Promise<void>;
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
    admit: (what, actor, changes) => admit(front, what, actor, changes),
    turnAway: (actor, refusal) => turnAway(front, actor, refusal),
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
    const refusal = await guard.admit(what, actor, changes);
    if (refusal === undefined) await task();
    else await guard.turnAway(actor, refusal);
  } catch (thrown) {
    if (thrown instanceof NotARequester) return replyPrivately(front, actor, requesterMessage(thrown));
    const { code } = asKastellanError(thrown);
    if (MISUSES.has(code)) await recordRefusal(front.world, actor.user, { what, why: code });
    const said = escapeMarkup(guard.explain(what, actor, thrown));
    await replyPrivately(front, actor, sentence(said, typedWords(actor)));
  }
}

async function admit(
  front: Front,
  what: string,
  actor: Actor,
  changes: boolean,
): Promise<Refusal | undefined> {
  // Side by side: a form waits for both before it is acknowledged.
  const [first, limited] = await Promise.all([
    isFirst(front, actor, changes),
    overLimit(front, what, actor.user),
  ]);
  const refusal = first
    ? ((limited && tooMuch(limited)) ?? (await strangerAt(front, actor, changes)))
    : { why: 'delivered-before' as const };
  // A flood fills no log: what a person hears once is recorded once.
  if (refusal !== undefined && !(refusal.why === 'too-much' && refusal.isRepeated)) {
    await recordRefusal(front.world, actor.user, { what, why: refusal.why });
  }
  return refusal;
}

// Questions change nothing: they are answered even if Redis cannot say whether they were asked before.
async function isFirst(
  { world: { replays } }: Front,
  { user, trigger }: Actor,
  changes: boolean,
): Promise<boolean> {
  const first = replays.isFirst('trigger', `${user} ${trigger}`, REMEMBER_MS);
  return changes ? first : first.catch(() => true);
}

function tooMuch(limited: Limited): Refusal {
  return { why: 'too-much', said: limitWords(limited), isRepeated: limited.isRepeated };
}

async function turnAway(front: Front, actor: Actor, refusal: Refusal): Promise<void> {
  if (refusal.why === 'stranger') await replyPrivately(front, actor, refusal.message);
  if (refusal.why !== 'too-much' || refusal.isRepeated) return;
  await replyPrivately(front, actor, sentence(escapeMarkup(refusal.said), typedWords(actor)));
}

async function strangerAt(front: Front, actor: Actor, changes: boolean): Promise<Refusal | undefined> {
  const message = await refusalOf(front, actor, changes);
  return message && { why: 'stranger', message };
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
