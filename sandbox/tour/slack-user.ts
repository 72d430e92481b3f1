import type { CastMember } from '../cast.ts';
import { CHANNELS } from '../cast.ts';
import type { SlackMessage } from '../slack/emulator.ts';
import type { SlackSandbox } from '../slack/start.ts';
import type { View } from '../slack/views.ts';
import type { Transcript } from './transcript.ts';

type Entries = Parameters<SlackSandbox['control']['submitView']>[2];

/** Somebody at a keyboard: every act goes over Slack's own wire formats. */
export class SlackUser {
  readonly #slack: SlackSandbox;
  readonly #script: Transcript;
  readonly member: CastMember;

  constructor(slack: SlackSandbox, script: Transcript, member: CastMember) {
    this.#slack = slack;
    this.#script = script;
    this.member = member;
  }

  async types(text: string): Promise<void> {
    this.#script.does(this.member.name, `types /kasten ${text}`.trimEnd());
    await this.#slack.control.runCommand(this.member.slackId, CHANNELS.general, text);
  }

  async opensForm(text: string): Promise<View> {
    await this.types(text);
    return this.#slack.control.untilModal(this.member.slackId);
  }

  /** @returns the mistakes shown at fields, by field */
  async submits(view: View, entries: Entries): Promise<Record<string, string>> {
    this.#script.does(this.member.name, `sends the form ${JSON.stringify(entries)}`);
    const { errors = {} } = await this.#slack.control.submitView(this.member.slackId, view.id, entries);
    for (const [field, message] of Object.entries(errors))
      this.#script.reads(this.member.name, `${field}: ${message}`);
    return errors;
  }

  async presses(card: SlackMessage, action: string): Promise<void> {
    this.#script.does(this.member.name, `presses ${action}`);
    await this.#slack.control.click(this.member.slackId, CHANNELS.approvals, card.ts, action);
  }

  /** Waits for the newest private message that `matches`. */
  async readsPrivately(what: string, matches: RegExp): Promise<string> {
    const { control } = this.#slack;
    const found = await control.until(what, async () => {
      const seen = [
        ...(await control.ephemerals(this.member.slackId)),
        ...(await control.directMessages(this.member.slackId)),
      ];
      return seen.findLast((message) => matches.test(textOf(message)));
    });
    this.#script.reads(this.member.name, textOf(found));
    return textOf(found);
  }
}

/** The text that stands for the whole message: what a screen reader says. */
export function textOf(message: SlackMessage): string {
  return message.text ?? '';
}
