import { App, type HTTPReceiver, type SocketModeReceiver } from '@slack/bolt';
import { KastellanError } from '../domain/errors.ts';
import type { Secret } from '../domain/secret.ts';
import type { Finding } from '../ports/finding.ts';
import type { World } from '../ports/world.ts';
import { listenToAccess } from './access/access-listeners.ts';
import { listenToGrants } from './access/grant-listeners.ts';
import { listenToCommands } from './command-listeners.ts';
import type { Front } from './front.ts';
import { createGuard } from './guard.ts';
import { createHttpConnection } from './http-connection.ts';
import { createRefusalRecorder } from './refusals.ts';
import { buttonListener } from './requests/buttons.ts';
import { listenToDecisions } from './requests/decision-listeners.ts';
import { reasonListener } from './requests/reason-listener.ts';
import { listenToReminders } from './secrets/reminder-listeners.ts';
import { listenToRotations } from './secrets/rotation-listeners.ts';
import { listenToSetup } from './setup/setup-listeners.ts';
import { type Connection, createSocketConnection } from './socket-connection.ts';
import { listenToAdmins } from './status/admin-listeners.ts';
import { authenticate, slackFindings } from './status/findings.ts';
import { createHome, listenToHome } from './status/home.ts';
import { listenToStatus } from './status/status-listeners.ts';
import { listenToTeardown } from './teardown/teardown-listeners.ts';
import { acknowledgeUnknown } from './unknown-payloads.ts';
import { clientOptions, createFrontClient, type SlackAccess, slackLogger } from './web-clients.ts';
import { listenToWelcome } from './welcome.ts';

export interface SlackFrontOptions extends Omit<SlackAccess, 'botToken'> {
  readonly world: World;
  readonly ask: Front['ask'];
  readonly credentials: {
    readonly botToken: Secret;
    /** Set: Socket Mode. Else the signing secret is needed, and Slack's signed requests are taken. */
    readonly appToken?: Secret | undefined;
    readonly signingSecret?: Secret | undefined;
  };
  /** Slack channel id in which cards are posted. */
  readonly approvalsChannel: string;
  /** Lets the front hear of each request that changed, or whose grant did, in whatever process; absent: it hears of none. */
  readonly onChange?: ((listener: (requestId: string) => void) => void) | undefined;
  /** Where signed requests are taken; port 0 is any free one. */
  readonly host?: string | undefined;
  readonly httpPort?: number | undefined;
}

export interface SlackFront {
  /** @throws KastellanError `slack.token-refused`, `slack.unreachable`, `slack.no-way-in` */
  start(): Promise<void>;
  /** Takes nothing new; what was acknowledged is carried on. */
  stop(): Promise<void>;
  /** Whether Slack can reach this process now. */
  connected(): boolean;
  /** Where signed requests are taken (path `/slack/events`); undefined for Socket Mode. */
  address(): string | undefined;
  /** The token's scopes against those that are needed, each with its fix. */
  findings(): Promise<Finding[]>;
}

/**
 * The front that people see. The same listeners stand behind Socket Mode and signed HTTP.
 * @throws KastellanError `slack.no-way-in`
 */
export async function createSlackFront(options: SlackFrontOptions): Promise<SlackFront> {
  const { world, log, credentials } = options;
  const client = createFrontClient({ ...options, botToken: credentials.botToken }, world.telemetry);
  const { receiver, connection } = connect(options);
  return {
    async start() {
      // Asked here and not by Bolt, which would remember a refusal for ever.
      const auth = await authenticate(client);
      const front: Front = {
        world,
        ask: options.ask,
        client,
        approvalsChannel: options.approvalsChannel,
        log,
        teamId: auth.team_id ?? '',
        botUserId: auth.user_id ?? '',
      };
      buildApp(options, receiver, front, auth.bot_id ?? '');
      try {
        await connection.start();
      } catch (cause) {
        throw new KastellanError({
          code: 'slack.unreachable',
          message: 'Kastellan cannot be connected with Slack.',
          hint: 'For Socket Mode check SLACK_APP_TOKEN and its scope connections:write; for signed HTTP check that the port is free.',
          cause,
        });
      }
      log.info({ team: front.teamId, socketMode: credentials.appToken !== undefined }, 'Slack can be used');
    },
    stop: () => connection.stop(),
    connected: () => connection.connected(),
    address: () => connection.address(),
    findings: () => slackFindings(client, options),
  };
}

type Receiver = SocketModeReceiver | HTTPReceiver;

function connect(options: SlackFrontOptions): { receiver: Receiver; connection: Connection } {
  const { credentials, log } = options;
  const { appToken, signingSecret } = credentials;
  if (appToken !== undefined) return createSocketConnection({ ...options, appToken });
  if (signingSecret === undefined) {
    throw new KastellanError({
      code: 'slack.no-way-in',
      message: 'Slack has no way to reach Kastellan.',
      hint: 'Set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for signed HTTP.',
    });
  }
  return createHttpConnection({
    signingSecret,
    host: options.host ?? '127.0.0.1',
    port: options.httpPort ?? 8080,
    log,
    replays: options.world.replays,
    onRefused: createRefusalRecorder(options.world),
  });
}

function buildApp(options: SlackFrontOptions, receiver: Receiver, front: Front, botId: string): void {
  const { log, credentials } = options;
  const app = new App({
    receiver,
    token: credentials.botToken.reveal(),
    botId,
    botUserId: front.botUserId,
    tokenVerificationEnabled: false,
    convoStore: false,
    extendedErrorHandler: true,
    clientOptions: clientOptions(options),
    logger: slackLogger(log),
  });
  // Listeners tell people themselves what went wrong; what arrives here is a fault in Kastellan or a lost connection.
  const failed = new WeakSet<object>();
  app.error(async ({ error, body }: { error: Error; body: object }) => {
    failed.add(body);
    log.error({ part: 'slack' }, 'Something from Slack was not handled', error);
  });
  acknowledgeUnknown(app, log, (body) => failed.has(body));
  const guard = createGuard(front);
  listenToCommands(app, front, guard);
  listenToTeardown(app, front, guard);
  const home = createHome(front);
  const onButton = buttonListener(app, front, guard, home);
  listenToSetup(app, front, guard, onButton);
  const onReason = reasonListener(app, front, guard, home);
  listenToDecisions(app, front, onButton, onReason);
  listenToStatus(front, onButton);
  listenToAdmins(app, front, guard);
  listenToAccess(app, front, guard, home, onButton);
  listenToGrants(front, onButton, onReason);
  listenToHome(app, front, guard, home);
  options.onChange?.((requestId) => home.changed(requestId));
  listenToRotations(app, front, guard, onButton, onReason);
  listenToReminders(front, onButton, onReason);
  listenToWelcome(app, front);
}
