import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { Secret } from '../../src/domain/secret.ts';
import { type Connection, createSocketConnection } from '../../src/slack/socket-connection.ts';
import { QUIET } from '../support/redis.ts';

let server: Server | undefined;
let sockets: WebSocketServer | undefined;
let connection: Connection | undefined;
afterEach(async () => {
  await connection?.stop();
  for (const socket of sockets?.clients ?? []) socket.terminate();
  server?.closeAllConnections();
  server?.close();
});

/** A Slack that greets each new connection only if this says so. */
async function slackThat(greets: (connection: number) => boolean): Promise<string> {
  const http = createServer((_request, response) => {
    const url = `ws://127.0.0.1:${portOf(http)}/`;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ ok: true, url }));
  });
  server = http;
  sockets = new WebSocketServer({ server: http });
  let connections = 0;
  sockets.on('connection', (socket) => {
    connections += 1;
    if (greets(connections)) socket.send(JSON.stringify({ type: 'hello', num_connections: 1 }));
  });
  await once(http.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${portOf(http)}/api/`;
}

function portOf(http: Server): number {
  return (http.address() as AddressInfo).port;
}

async function connectTo(apiUrl: string): Promise<Connection> {
  const appToken = new Secret('xapp-test');
  ({ connection } = createSocketConnection({ appToken, apiUrl, log: QUIET, helloWithinMs: 500 }));
  return connection;
}

it('gives a connection up that Slack never greets, and says so', async () => {
  const silent = await connectTo(await slackThat(() => false));
  await expect(silent.start()).rejects.toThrow('Slack did not greet the connection within 0.5 s');
  expect(silent.connected()).toBe(false);
});

it('tries again where a new connection in place of a lost one is not greeted', async () => {
  const again = await connectTo(await slackThat((connection) => connection !== 2));
  await again.start();
  expect(again.connected()).toBe(true);
  const isBack = new Promise<void>((resolve) => {
    let greeted = 0;
    sockets?.on('connection', () => {
      greeted += 1;
      if (greeted === 2) resolve();
    });
  });
  for (const socket of sockets?.clients ?? []) socket.terminate();
  await isBack;
});
