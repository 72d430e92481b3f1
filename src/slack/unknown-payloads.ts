import type { App } from '@slack/bolt';
import type { Log } from '../ports/telemetry.ts';
import { payloadKind, payloadName } from './payload.ts';

/**
 * Acknowledges at once what no listener knows, such as `app_rate_limited`
 * (https://docs.slack.dev/reference/events/app_rate_limited). Bolt leaves it without an answer, and Slack ends the
 * subscriptions of an app that does not answer.
 * @param hasFailed whether a listener raised an error over this payload, of which Slack is to tell the person
 */
export function acknowledgeUnknown(app: App, log: Log, hasFailed: (body: object) => boolean): void {
  const listen = app.processEvent.bind(app);
  app.processEvent = async (event) => {
    const { body } = event;
    let isAcknowledged = false;
    const ack: typeof event.ack = async (response) => {
      isAcknowledged = true;
      await event.ack(response);
    };
    // Bolt expects more of a payload than one of a kind that it does not know has to have.
    if (payloadKind(body) !== 'unknown') await listen({ ...event, ack });
    if (isAcknowledged || hasFailed(body)) return;
    log.warn({ payload: payloadName(body) }, 'Slack sent something that Kastellan does not listen to');
    await event.ack();
  };
}
