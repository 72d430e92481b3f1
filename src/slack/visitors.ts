import type { BlockAction, RespondFn, SlashCommand, ViewSubmitAction } from '@slack/bolt';
import type { World } from '../ports.ts';
import { traceIn } from './modal-metadata.ts';
import type { Visitor } from './whisper.ts';

/** Who typed a command, and where. */
export function commandVisitor(command: SlashCommand, respond: RespondFn): Visitor {
  return {
    user: command.user_id,
    team: command.team_id,
    trigger: command.trigger_id,
    channel: command.channel_id,
    respond,
  };
}

/** Who pressed something. Their own workspace counts, not the channel's: a channel can be shared. */
export function actionVisitor(body: BlockAction, respond: RespondFn | undefined): Visitor {
  return {
    user: body.user.id,
    team: body.user.team_id ?? body.team?.id,
    trigger: body.trigger_id,
    channel: body.channel?.id,
    respond,
    atHome: body.view?.type === 'home',
    ...traceIn(body.view?.private_metadata),
  };
}

/** Who sent a form, which came from a channel or from the app's home. */
export function submissionVisitor(
  body: ViewSubmitAction,
  channel: string | undefined,
  atHome = false,
): Visitor {
  return {
    user: body.user.id,
    team: body.user.team_id ?? body.team?.id,
    trigger: body.trigger_id,
    channel,
    atHome,
    ...traceIn(body.view.private_metadata),
  };
}

/** The same visitor, about a request: what they do belongs to its trace and is logged with its id. */
export function aboutRequest(world: World, visitor: Visitor, requestId: string | undefined): Visitor {
  if (requestId === undefined) return visitor;
  const traceparent = async () => (await world.requests.find(requestId))?.traceparent;
  return { ...visitor, requestId, traceparent };
}
