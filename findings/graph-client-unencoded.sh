#!/usr/bin/env bash
# @microsoft/microsoft-graph-client 3.0.7 puts what filter(), search() and query() are given into the address as it is, so
# that a group called R&D, "Team #1" or "C++" is not what the service reads: & and # cut the condition off, and + becomes a
# space, which asks for another name without an error. Values have to go through encodeURIComponent first.
#
# Seen with Node 24, which has to be on the PATH; what a server reads as $filter:
#   R&D: displayName eq 'R
#   Team #1: displayName eq 'Team
#   C++: displayName eq 'C  '
#   C++, encoded by hand: displayName eq 'C++'
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error @microsoft/microsoft-graph-client@3.0.7 >/dev/null
cat >names.mjs <<'JS'
import { createServer } from 'node:http';
import graph from '@microsoft/microsoft-graph-client';

let filter;
const server = createServer((request, response) => {
  filter = new URL(request.url, 'http://localhost').searchParams.get('$filter');
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ value: [] }));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const client = graph.Client.init({
  baseUrl: `http://127.0.0.1:${server.address().port}`,
  authProvider: (done) => done(null, 'x'),
});
for (const [what, name] of [
  ['R&D', 'R&D'],
  ['Team #1', 'Team #1'],
  ['C++', 'C++'],
  ['C++, encoded by hand', encodeURIComponent('C++')],
]) {
  await client.api('/groups').filter(`displayName eq '${name}'`).get();
  console.log(`${what}: ${filter.trimEnd()}`);
}
process.exit(0);
JS
seen=$(node names.mjs)
echo "$seen"
[ "$seen" = $'R&D: displayName eq \'R\nTeam #1: displayName eq \'Team\nC++: displayName eq \'C  \'
C++, encoded by hand: displayName eq \'C++\'' ]
