import { CAST, CHANNELS } from '../cast.ts';
import type { SlackMessage } from '../slack/emulator.ts';
import type { World } from '../world.ts';
import { type SignInResult, signIn } from './k10-visitor.ts';
import { SlackUser, textOf } from './slack-user.ts';
import type { Transcript } from './transcript.ts';

const HOUR_MS = 3_600_000;

/**
 * Walks through access for a time on a cluster that is set up, to its end: somebody who may do nothing asks, is given the
 * rights, signs in with them, and cannot any more once their time is over.
 * @param sandbox its Kastellan lives in the sandbox's time, so that nobody has to wait for an hour
 */
export async function walkAccess(sandbox: World, script: Transcript): Promise<void> {
  const walk = new AccessWalk(sandbox, script);
  const card = await walk.asked();
  await walk.given(card);
  await walk.ended(card);
}

class AccessWalk {
  readonly #sandbox: World;
  readonly #script: Transcript;
  readonly #asker: SlackUser;
  readonly #approver: SlackUser;

  constructor(sandbox: World, script: Transcript) {
    this.#sandbox = sandbox;
    this.#script = script;
    this.#asker = new SlackUser(sandbox.slack, script, CAST.outsider);
    this.#approver = new SlackUser(sandbox.slack, script, CAST.approver);
  }

  async asked(): Promise<SlackMessage> {
    const script = this.#script;
    script.chapter('Access for a time: asked for, and decided by somebody else');
    const before = this.#writes();
    const form = await this.#asker.opensForm('access');
    const errors = await this.#asker.submits(form, { level: 'admin', reason: ' ' });
    script.proves('a reason is wanted, at its field', 'reason' in errors, errors);
    await this.#asker.submits(form, { level: 'admin', reason: 'Restore shop-db, ticket OPS-412' });
    const card = await this.#card(
      'the card',
      (text) => text.includes('OPS-412') && text.includes('Waits for'),
    );
    script.reads('Everybody', textOf(card));
    script.proves(
      'nothing was written before the approval',
      this.#writes() === before,
      this.#writes() - before,
    );
    await this.#asker.presses(card, 'request.approve');
    await this.#asker.readsPrivately('a refusal', /You asked for this yourself/);
    return card;
  }

  async given(asked: SlackMessage): Promise<void> {
    const script = this.#script;
    script.chapter('Given once Entra shows it');
    await this.#approver.presses(asked, 'request.approve');
    const card = await this.#same(asked, /Granted until/);
    script.reads('Everybody', textOf(card));
    await this.#asker.readsPrivately('what to do now', /Sign out of Kasten and in again now/);
    const visit = await this.#signsIn();
    script.proves('they sign in at K10 with the rights', may(visit), visit);
    await this.#asker.types('access admin 1h the same again');
    await this.#asker.readsPrivately('that they have it', /has \*admin\* on .* already/);
  }

  async ended(asked: SlackMessage): Promise<void> {
    const script = this.#script;
    script.chapter('Taken back at its end');
    this.#sandbox.clock.moveOn(HOUR_MS + 1_000);
    script.does('Everybody', 'waits for an hour, which the sandbox skips');
    const card = await this.#same(asked, /Access ended/);
    script.reads('Everybody', textOf(card));
    script.proves(
      'the card says that it was removed and checked',
      /removed from .* and checked/.test(textOf(card)),
    );
    script.proves(
      'and what an open session still lasts',
      /still open can last/.test(textOf(card)),
      textOf(card),
    );
    const visit = await this.#signsIn();
    script.proves('they sign in without the rights', visit.signedIn && !may(visit), visit);
  }

  async #signsIn(): Promise<SignInResult> {
    this.#script.does(CAST.outsider.name, 'opens the dashboard and signs in to Entra');
    return signIn(this.#sandbox.dashboard, CAST.outsider);
  }

  #same(card: SlackMessage, matches: RegExp): Promise<SlackMessage> {
    return this.#card(`the card to say ${matches}`, (text, { ts }) => ts === card.ts && matches.test(text));
  }

  /** Taking access back may take as long as a worker needs to hear of it; every look is waited for, not slept for. */
  async #card(what: string, isIt: (text: string, card: SlackMessage) => boolean): Promise<SlackMessage> {
    const { control } = this.#sandbox.slack;
    const look = async () =>
      (await control.messages(CHANNELS.approvals)).findLast((card) => isIt(textOf(card), card));
    for (let patience = 0; patience < 5; patience += 1) {
      const found = await control.until(what, look).catch(() => undefined);
      if (found !== undefined) return found;
    }
    throw new Error(`Waited in vain for ${what}`);
  }

  #writes(): number {
    const { requestLog } = this.#sandbox.entra;
    return requestLog.filter(({ method, url }) => method !== 'GET' && url.startsWith('/v1.0')).length;
  }
}

function may(visit: SignInResult): boolean {
  return visit.signedIn && visit.who.rights['backup'] === true && visit.who.rights['pods'] === true;
}
