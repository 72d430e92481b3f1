import type { CastMember } from '../cast.ts';
import { CHANNELS } from '../cast.ts';
import type { SlackMessage } from '../slack/emulator.ts';
import type { Seen } from '../slack/interactions.ts';
import type { SlackSandbox } from '../slack/start.ts';
import type { View } from '../slack/views.ts';
import type { Transcript } from './transcript.ts';

type Entries = Parameters<SlackSandbox['control']['submitView']>[2];

/** Somebody at a keyboard: every act goes over Slack's own wire formats. */
export class SlackUser {
  readonly #slack: SlackSandbox;
  readonly #script: Transcript;
  readonly member: CastMember;
  /** Epoch seconds of the last act: what came before is no answer to it. */
  #acted = 0;

  constructor(slack: SlackSandbox, script: Transcript, member: CastMember) {
    this.#slack = slack;
    this.#script = script;
    this.member = member;
  }

  async types(text: string): Promise<void> {
    this.#act(`types /kasten ${text}`.trimEnd());
    const { control } = this.#slack;
    await this.#delivers(() => control.runCommand(this.member.slackId, CHANNELS.general, text));
  }

  async opensForm(text: string): Promise<View> {
    await this.types(text);
    return this.#slack.control.untilModal(this.member.slackId);
  }

  /** @returns the mistakes shown at fields, by field */
  async submits(view: View, entries: Entries): Promise<Record<string, string>> {
    this.#act(`sends the form ${JSON.stringify(entries)}`);
    const { control } = this.#slack;
    const { errors = {} } = await this.#delivers(() =>
      control.submitView(this.member.slackId, view.id, entries),
    );
    for (const [field, message] of Object.entries(errors))
      this.#script.reads(this.member.name, `${field}: ${message}`);
    return errors;
  }

  async presses(card: SlackMessage, action: string, channel: string = CHANNELS.approvals): Promise<void> {
    this.#act(`presses ${action}`);
    const { control } = this.#slack;
    await this.#delivers(() => control.click(this.member.slackId, channel, card.ts, action));
  }

  // Slack tells people that the app did not respond, and they do the same again, once. Where the clock jumps, Slack's library
  // believes its connection dead and makes another one: what is done in these milliseconds is lost.
  async #delivers(act: () => Promise<Seen>): Promise<Seen> {
    const seen = await act();
    if (seen.outcome === 'acknowledged' || seen.outcome === 'not_sent') return seen;
    this.#script.reads(this.member.name, `Slack: the app did not respond (${seen.outcome})`);
    const { control } = this.#slack;
    await control.until('the app to be there', () => control.connections > 0 || undefined);
    this.#script.does(this.member.name, 'does the same again');
    return act();
  }

  #act(what: string): void {
    // Whole seconds: the stamps of messages may be no finer.
    this.#acted = Math.floor(Date.now() / 1_000);
    this.#script.does(this.member.name, what);
  }

  /** Waits for a private message that came after the last act and `matches`. */
  async readsPrivately(what: string, matches: RegExp): Promise<string> {
    const { control } = this.#slack;
    const found = await control.until(what, async () => {
      const seen = [
        ...(await control.ephemerals(this.member.slackId)),
        ...(await control.directMessages(this.member.slackId)),
      ];
      return seen.find((message) => Number(message.ts) >= this.#acted && matches.test(textOf(message)));
    });
    this.#script.reads(this.member.name, textOf(found));
    return textOf(found);
  }
}

/** The text that stands for the whole message: what a screen reader says. */
export function textOf(message: SlackMessage): string {
  return message.text ?? '';
}
