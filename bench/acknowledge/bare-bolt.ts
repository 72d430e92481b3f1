// The least a Bolt app can do: it acknowledges, and nothing else.
import { App, HTTPReceiver, LogLevel } from '@slack/bolt';

const receiver = new HTTPReceiver({
  signingSecret: process.env['SLACK_SIGNING_SECRET'] ?? '',
  endpoints: ['/slack/events'],
  logLevel: LogLevel.WARN,
});
const app = new App({
  receiver,
  token: 'xoxb-bare',
  botId: 'B0BARE',
  botUserId: 'U0BARE',
  tokenVerificationEnabled: false,
  convoStore: false,
  logLevel: LogLevel.WARN,
});
app.command('/kasten', async ({ ack }) => ack());
await receiver.start({ host: '127.0.0.1', port: Number(process.env['PORT']) });
process.send?.('ready');
