#!/usr/bin/env bash
# @peculiar/x509 2.2.0 cannot be loaded by itself: importing it throws until the program has imported reflect-metadata, which
# its package.json names neither as a dependency nor as a peer dependency. The words come from a dependency of a dependency.
#
# Seen with Node 24, which has to be on the PATH:
#   alone: tsyringe requires a reflect polyfill.
#   declared: false
#   with reflect-metadata: loaded
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error @peculiar/x509@2.2.0 reflect-metadata@0.2.2 >/dev/null
cat >load.mjs <<'JS'
import { readFileSync } from 'node:fs';

const alone = await import('@peculiar/x509').then(
  () => 'loaded',
  ({ message }) => message.split('. ')[0] + '.',
);
console.log(`alone: ${alone}`);
const { dependencies = {}, peerDependencies = {} } = JSON.parse(
  readFileSync('node_modules/@peculiar/x509/package.json', 'utf8'),
);
console.log(`declared: ${'reflect-metadata' in { ...dependencies, ...peerDependencies }}`);
JS
cat >with.mjs <<'JS'
import 'reflect-metadata';

const { X509CertificateGenerator } = await import('@peculiar/x509');
console.log(`with reflect-metadata: ${typeof X509CertificateGenerator === 'function' ? 'loaded' : 'not there'}`);
JS
seen=$(node load.mjs && node with.mjs)
echo "$seen"
[ "$seen" = $'alone: tsyringe requires a reflect polyfill.\ndeclared: false\nwith reflect-metadata: loaded' ]
