#!/usr/bin/env bash
# ClientCertificateCredential of @azure/identity 4.14.1 reads its PEM file at every getToken and still signs with the first
# certificate that it read, for as long as the object lives: renewing the file in place does not help once the old
# certificate ends. Only a new credential takes the new one. That the file is read shows when it is gone: then not even a
# token that is kept is given out. Entra is a function here; no call leaves the process.
#
# Seen with Node 24 and openssl, which have to be on the PATH:
#   first token: signed with old
#   file renewed, next token: signed with old
#   file renewed, new credential: signed with new
#   file gone, kept token: ENOENT
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error @azure/identity@4.14.1 @azure/core-rest-pipeline@1.24.0 >/dev/null
for name in old new; do
  openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=$name" -days 30 -keyout "$name.key" -out "$name.crt" 2>/dev/null
  cat "$name.key" "$name.crt" >"$name.pem"
done
cat >tokens.mjs <<'JS'
import { X509Certificate } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { createHttpHeaders } from '@azure/core-rest-pipeline';
import { ClientCertificateCredential } from '@azure/identity';

const names = new Map(
  ['old', 'new'].map((name) => {
    const { fingerprint256 } = new X509Certificate(readFileSync(`${name}.crt`));
    return [Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url'), name];
  }),
);
let signedWith;
const httpClient = {
  async sendRequest(request) {
    const { origin } = new URL(request.url);
    const assertion = new URLSearchParams(String(request.body ?? '')).get('client_assertion');
    if (assertion !== null) {
      const header = JSON.parse(Buffer.from(assertion.split('.')[0], 'base64url').toString());
      signedWith = names.get(header['x5t#S256']);
    }
    const answer =
      assertion === null
        ? {
            issuer: `${origin}/t/v2.0`,
            authorization_endpoint: `${origin}/t/authorize`,
            token_endpoint: `${origin}/t/token`,
            end_session_endpoint: `${origin}/t/logout`,
            jwks_uri: `${origin}/t/keys`,
          }
        : { token_type: 'Bearer', expires_in: 3600, access_token: 'x' };
    const headers = createHttpHeaders({ 'content-type': 'application/json' });
    return { request, status: 200, headers, bodyAsText: JSON.stringify(answer) };
  },
};
const connect = () =>
  new ClientCertificateCredential(
    '11111111-1111-4111-8111-111111111111',
    '22222222-2222-4222-8222-222222222222',
    { certificatePath: 'used.pem' },
    { httpClient, disableInstanceDiscovery: true },
  );
async function see(what, credential, scope) {
  signedWith = 'nothing';
  const outcome = await credential.getToken(scope).then(
    () => `signed with ${signedWith}`,
    (error) => error.code ?? error.name,
  );
  console.log(`${what}: ${outcome}`);
}
copyFileSync('old.pem', 'used.pem');
const credential = connect();
await see('first token', credential, 'https://graph.microsoft.com/.default');
copyFileSync('new.pem', 'used.pem');
await see('file renewed, next token', credential, 'https://vault.azure.net/.default');
await see('file renewed, new credential', connect(), 'https://vault.azure.net/.default');
rmSync('used.pem');
await see('file gone, kept token', credential, 'https://graph.microsoft.com/.default');
JS
seen=$(node tokens.mjs)
echo "$seen"
[ "$seen" = $'first token: signed with old\nfile renewed, next token: signed with old
file renewed, new credential: signed with new\nfile gone, kept token: ENOENT' ]
