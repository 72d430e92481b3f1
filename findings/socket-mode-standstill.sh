#!/usr/bin/env bash
# @slack/socket-mode 3.1.0 gives a sound connection up when its own process stood still for longer than clientPingTimeout
# (five seconds by default): its timer compares the clock with the last pong before the pongs that arrived meanwhile are
# read. Everything that was delivered on the connection and not acknowledged yet is lost. Slack's side, which runs in a
# process of its own here, answered every ping. With 20 seconds the same standstill does no harm.
#
# Seen with Node 24, which has to be on the PATH, undici 7.29.0 and ws 8.21.3:
#   clientPingTimeout 5000: still 6 s, the client closed
#   clientPingTimeout 20000: still 6 s, open
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error @slack/socket-mode@3.1.0 undici@7.29.0 ws@8.21.3 >/dev/null
cat >slack.mjs <<'JS'
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const server = createServer((_request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ ok: true, url: `ws://127.0.0.1:${server.address().port}/` }));
});
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket) => {
  socket.send(JSON.stringify({ type: 'hello', num_connections: 1 }));
});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
JS
cat >client.mjs <<'JS'
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { LogLevel, SocketModeClient } from '@slack/socket-mode';

const slack = fork('slack.mjs');
const [port] = await once(slack, 'message');
for (const clientPingTimeout of [5_000, 20_000]) {
  const client = new SocketModeClient({
    appToken: 'xapp-nobody',
    autoReconnectEnabled: false,
    clientPingTimeout,
    clientOptions: { slackApiUrl: `http://127.0.0.1:${port}/api/` },
    logLevel: LogLevel.ERROR,
  });
  let state = 'open';
  client.on('close', () => {
    state = 'the client closed';
  });
  await client.start();
  // Long enough for a first ping and its pong.
  await pause(clientPingTimeout / 3 + 1_000);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 6_000);
  await pause(1_000);
  console.log(`clientPingTimeout ${clientPingTimeout}: still 6 s, ${state}`);
  if (state === 'open') await client.disconnect();
}
slack.kill();
process.exit(0);
JS
seen=$(node client.mjs)
echo "$seen"
[ "$seen" = $'clientPingTimeout 5000: still 6 s, the client closed\nclientPingTimeout 20000: still 6 s, open' ]
