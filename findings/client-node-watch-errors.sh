#!/usr/bin/env bash
# Watch of @kubernetes/client-node 2.0.1 calls back inside the try that is to skip lines which are no JSON: what the callback
# throws vanishes, nothing is logged, done() is told of no error, and the watch goes on as if the change had been dealt with.
# The same error in a listener of an informer, which is built on Watch, is an unhandled rejection, which ends the process.
#
# Seen with Node 24, which has to be on the PATH, and a callback and a listener that throw at their first change of two:
#   Watch: 2 changes delivered, unhandled: none, done with: nothing
#   informer: 2 changes delivered, unhandled: a bug in the listener
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error @kubernetes/client-node@2.0.1 >/dev/null
cat >watch.mjs <<'JS'
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { CoreV1Api, KubeConfig, makeInformer, Watch } from '@kubernetes/client-node';

const path = '/api/v1/namespaces';
const change = (name, resourceVersion) =>
  `${JSON.stringify({ type: 'ADDED', object: { metadata: { name, resourceVersion } } })}\n`;
const server = createServer((request, response) => {
  response.setHeader('content-type', 'application/json');
  const watched = new URL(request.url, 'http://localhost').searchParams.get('resourceVersion');
  if (request.url === path) response.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items: [] }));
  else response.end(watched === '1' ? change('a', '2') + change('b', '3') : '');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const config = new KubeConfig();
config.loadFromOptions({
  clusters: [{ name: 'c', skipTLSVerify: true, server: `http://127.0.0.1:${server.address().port}` }],
  users: [{ name: 'u', token: 'x' }],
  contexts: [{ name: 'c', cluster: 'c', user: 'u' }],
  currentContext: 'c',
});
let unhandled = 'none';
process.on('unhandledRejection', ({ message }) => {
  unhandled = message;
});
let delivered = 0;
const listen = () => {
  delivered += 1;
  if (delivered === 1) throw new Error('a bug in the listener');
};
const error = await new Promise((done) => new Watch(config).watch(path, { resourceVersion: '1' }, listen, done));
await pause(100);
console.log(`Watch: ${delivered} changes delivered, unhandled: ${unhandled}, done with: ${error ?? 'nothing'}`);

delivered = 0;
const api = config.makeApiClient(CoreV1Api);
const informer = makeInformer(config, path, () => api.listNamespace());
informer.on('add', listen);
await informer.start();
await pause(1_000);
await informer.stop();
console.log(`informer: ${delivered} changes delivered, unhandled: ${unhandled}`);
process.exit(0);
JS
seen=$(node watch.mjs)
echo "$seen"
[ "$seen" = $'Watch: 2 changes delivered, unhandled: none, done with: nothing
informer: 2 changes delivered, unhandled: a bug in the listener' ]
