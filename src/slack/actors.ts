import type { BlockAction, RespondFn, SlashCommand, ViewSubmitAction } from '@slack/bolt';
import type { World } from '../ports/world.ts';
import { traceIn } from './modal-metadata.ts';
import type { Actor } from './reply-privately.ts';

/** Who typed a command, and where. */
export function commandActor(command: SlashCommand, respond: RespondFn): Actor {
  return {
    user: command.user_id,
    team: command.team_id,
    trigger: command.trigger_id,
    channel: command.channel_id,
    respond,
  };
}

/** Who pressed something. Their own workspace counts, not the channel's: a channel can be shared. */
export function actionActor(body: BlockAction, respond: RespondFn | undefined): Actor {
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
): Actor {
  return {
    user: body.user.id,
    team: body.user.team_id ?? body.team?.id,
    trigger: body.trigger_id,
    formId: body.view.id,
    channel,
    atHome,
    ...traceIn(body.view.private_metadata),
  };
}

/** What makes a request that is sent twice one request: the form, or the command. */
export function submissionOf({ formId, trigger }: Actor): string {
  return formId ?? trigger;
}

/** The same visitor, about a request: what they do belongs to its trace and is logged with its id. */
export function aboutRequest(
  world: Pick<World, 'requests'>,
  actor: Actor,
  requestId: string | undefined,
): Actor {
  if (requestId === undefined) return actor;
  const traceparent = async () =>
    (await world.requests.find(requestId))?.traceparent ?? (await actor.traceparent?.());
  return { ...actor, requestId, traceparent };
}
