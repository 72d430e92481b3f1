#!/usr/bin/env bash
# @kubernetes/client-node 2.0.1 makes a new pool of connections for every call: calls one after the other, through one API
# object, never share a connection, so that each greets the API server anew (with TLS, a whole handshake). The same ten
# requests through the platform's fetch take one or two.
#
# Seen with Node 24, which has to be on the PATH:
#   client-node: 10 calls, 10 connections
#   fetch: 10 calls, at most 2 connections
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error @kubernetes/client-node@2.0.1 >/dev/null
cat >calls.mjs <<'JS'
import { createServer } from 'node:http';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';

let connections = 0;
const server = createServer((_request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } }));
});
server.on('connection', () => {
  connections += 1;
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}`;
const config = new KubeConfig();
config.loadFromOptions({
  clusters: [{ name: 'c', skipTLSVerify: true, server: url }],
  users: [{ name: 'u', token: 'x' }],
  contexts: [{ name: 'c', cluster: 'c', user: 'u' }],
  currentContext: 'c',
});
const api = config.makeApiClient(CoreV1Api);
for (const [what, call] of [
  ['client-node', () => api.readNamespace({ name: 'a' })],
  ['fetch', async () => (await fetch(`${url}/api/v1/namespaces/a`)).text()],
]) {
  connections = 0;
  for (let count = 0; count < 10; count += 1) await call();
  console.log(`${what}: 10 calls, ${connections <= 2 ? 'at most 2' : connections} connections`);
}
process.exit(0);
JS
seen=$(node calls.mjs)
echo "$seen"
[ "$seen" = $'client-node: 10 calls, 10 connections\nfetch: 10 calls, at most 2 connections' ]
