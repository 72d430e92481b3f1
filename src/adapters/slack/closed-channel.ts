import type { ClosedChannel } from '../../ports/messenger.ts';
import { slackProblem } from './slack-problem.ts';

/** @see https://docs.slack.dev/reference/methods/chat.postMessage#errors */
const CLOSED: Readonly<Record<string, ClosedChannel>> = {
  is_archived: 'archived',
  channel_not_found: 'missing',
  not_in_channel: 'not-a-member',
  restricted_action: 'read-only',
  restricted_action_read_only_channel: 'read-only',
  restricted_action_thread_only_channel: 'read-only',
};

/** Why nothing can be posted in a channel, as Slack's refusal says; undefined where it refused something else. */
export function closedChannel(thrown: unknown): ClosedChannel | undefined {
  const problem = slackProblem(thrown);
  return problem?.kind === 'refused' ? CLOSED[problem.error] : undefined;
}
