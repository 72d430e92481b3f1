#!/usr/bin/env bash
# @prometheus-io/client 0.16.1 tells the series of a metric apart by their label values joined with |. Values that hold a |
# themselves can give the same text in another division, and then two series become one: the later is counted under the
# labels of the earlier, and its own never shows. The same holds for counters, gauges and histograms.
#
# Seen with Node 24, which has to be on the PATH, after one count for (read, write|all) and one for (read|write, all):
#   grants_total{role="read",scope="write|all"} 2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error @prometheus-io/client@0.16.1 >/dev/null
cat >count.mjs <<'JS'
import { Counter, Registry } from '@prometheus-io/client';

const registry = new Registry();
const grants = new Counter({
  name: 'grants_total',
  help: 'Grants.',
  labelNames: ['role', 'scope'],
  registers: [registry],
});
grants.inc({ role: 'read', scope: 'write|all' });
grants.inc({ role: 'read|write', scope: 'all' });
const lines = (await registry.metrics()).split('\n');
console.log(lines.filter((line) => line.startsWith('grants_total')).join('\n'));
JS
seen=$(node count.mjs)
echo "$seen"
[ "$seen" = 'grants_total{role="read",scope="write|all"} 2' ]
